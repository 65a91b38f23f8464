#include "activations.h"

#include "kernels.h"

namespace myelin {
namespace {

__global__ void __launch_bounds__(ACTIVATION_THREADS)
    quantize_kernel(const float *__restrict__ x, int64_t values, uint8_t *__restrict__ q,
                    scale_and_sum *__restrict__ scales) {
    quantize_thread(x, values, q, scales);
}

__global__ void __launch_bounds__(ACTIVATION_THREADS)
    convert_to_f16_kernel(const float *__restrict__ x, int64_t k, int64_t padded,
                          uint8_t *__restrict__ halves, float *__restrict__ inverse) {
    __shared__ float parts[ACTIVATION_THREADS / 32];
    convert_to_f16_thread(x, k, padded, halves, inverse, parts);
}

}  // namespace

cudaError_t quantize_activations(const float *x, int64_t k, int64_t m, uint8_t *q, scale_and_sum *scales,
                                 cudaStream_t stream) {
    const int64_t blocks = (k * m + ACTIVATION_THREADS - 1) / ACTIVATION_THREADS;
    quantize_kernel<<<(unsigned)blocks, ACTIVATION_THREADS, 0, stream>>>(x, k * m, q, scales);
    return cudaGetLastError();
}

cudaError_t convert_activations_to_f16(const float *x, int64_t k, int64_t padded, int64_t m, uint8_t *halves,
                                       float *inverse, cudaStream_t stream) {
    convert_to_f16_kernel<<<(unsigned)m, ACTIVATION_THREADS, 0, stream>>>(x, k, padded, halves, inverse);
    return cudaGetLastError();
}

}  // namespace myelin
