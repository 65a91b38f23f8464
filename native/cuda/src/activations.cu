#include "activations.h"

#include "kernels.h"

namespace myelin {
namespace {

__global__ void __launch_bounds__(ACTIVATION_THREADS)
    quantise_kernel(const float *__restrict__ x, int64_t values, uint8_t *__restrict__ q,
                    scale_and_sum *__restrict__ scales) {
    quantise_thread(x, values, q, scales);
}

__global__ void __launch_bounds__(ACTIVATION_THREADS)
    halve_kernel(const float *__restrict__ x, int64_t k, int64_t padded, uint8_t *__restrict__ halves,
                 float *__restrict__ inverse) {
    __shared__ float parts[ACTIVATION_THREADS / 32];
    halve_thread(x, k, padded, halves, inverse, parts);
}

}  // namespace

cudaError_t quantise_activations(const float *x, int64_t k, int64_t m, uint8_t *q, scale_and_sum *scales,
                                 cudaStream_t stream) {
    const int64_t blocks = (k * m + ACTIVATION_THREADS - 1) / ACTIVATION_THREADS;
    quantise_kernel<<<(unsigned)blocks, ACTIVATION_THREADS, 0, stream>>>(x, k * m, q, scales);
    return cudaGetLastError();
}

cudaError_t halve_activations(const float *x, int64_t k, int64_t padded, int64_t m, uint8_t *halves,
                              float *inverse, cudaStream_t stream) {
    halve_kernel<<<(unsigned)m, ACTIVATION_THREADS, 0, stream>>>(x, k, padded, halves, inverse);
    return cudaGetLastError();
}

}  // namespace myelin
