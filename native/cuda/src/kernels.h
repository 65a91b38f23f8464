/** The kernels, as functions that start them on a stream; what they return is CUDA's. */
#ifndef MYELIN_CUDA_SRC_KERNELS_H
#define MYELIN_CUDA_SRC_KERNELS_H

#include <cuda_runtime_api.h>

#include "decode.h"
#include "prefill.h"

namespace myelin {

/** Most positions of decode_quantised() and decode_f16(); MYELIN_CUDA_DECODE_POSITIONS of the interface. */
constexpr int DECODE_POSITIONS = 8;

/** x f32 [k, m] to q int8 [k, m] and scales [k / 32, m]; k a multiple of 32. */
cudaError_t quantise_activations(const float *x, int64_t k, int64_t m, uint8_t *q, scale_and_sum *scales,
                                 cudaStream_t stream);

/** x f32 [k, m] to halves f16 [padded, m], times a power of two per position; inverse [m] takes it back. */
cudaError_t halve_activations(const float *x, int64_t k, int64_t padded, int64_t m, uint8_t *halves,
                              float *inverse, cudaStream_t stream);

/** y f32 [n, m], 1 <= m <= 8, of quantised weights [k, n]; processors: of the device. */
cudaError_t decode_quantised(int type, int processors, int64_t k, int64_t n, int m, const uint8_t *weights,
                             const uint8_t *q, const scale_and_sum *scales, float *y, cudaStream_t stream);

/** y f32 [n, m], 1 <= m <= 8, of weights f16 [k, n] and x f32 [k, m]. */
cudaError_t decode_f16(int processors, int64_t k, int64_t n, int m, const uint8_t *weights, const float *x,
                       float *y, cudaStream_t stream);

/** y f32 [n, m] of any type; inverse [m] multiplies each position. */
cudaError_t prefill(int type, const prefill_problem &problem, const float *inverse, float *y,
                    cudaStream_t stream);

}  // namespace myelin

#endif
