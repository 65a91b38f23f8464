/** Functions that launch the kernels on a stream; they return CUDA's error. */
#ifndef MYELIN_CUDA_SRC_KERNELS_H
#define MYELIN_CUDA_SRC_KERNELS_H

#include <cuda_runtime_api.h>

#include "decode.h"
#include "prefill.h"

namespace myelin {

/** Maximum number of positions of decode_quantized() and decode_f16(), as MYELIN_CUDA_DECODE_POSITIONS. */
constexpr int DECODE_POSITIONS = 8;

/** x f32 [k, m] to q int8 [k, m] and scales [k / 32, m]; k is a multiple of 32. */
cudaError_t quantize_activations(const float *x, int64_t k, int64_t m, uint8_t *q, scale_and_sum *scales,
                                 cudaStream_t stream);

/** x f32 [k, m] to halves f16 [padded, m], scaled by a power of two per position; inverse [m] undoes it. */
cudaError_t convert_activations_to_f16(const float *x, int64_t k, int64_t padded, int64_t m, uint8_t *halves,
                                       float *inverse, cudaStream_t stream);

/** y f32 [n, m], 1 <= m <= 8, of quantised weights [k, n]; processors: multiprocessors of the device. */
cudaError_t decode_quantized(int type, int processors, int64_t k, int64_t n, int m, const uint8_t *weights,
                             const uint8_t *q, const scale_and_sum *scales, float *y, cudaStream_t stream);

/** y f32 [n, m], 1 <= m <= 8, of weights f16 [k, n] and x f32 [k, m]. */
cudaError_t decode_f16(int processors, int64_t k, int64_t n, int m, const uint8_t *weights, const float *x,
                       float *y, cudaStream_t stream);

/** y f32 [n, m], weights of any type; each position is multiplied by its inverse [m]. */
cudaError_t prefill(int type, const prefill_problem &problem, const float *inverse, float *y,
                    cudaStream_t stream);

}  // namespace myelin

#endif
