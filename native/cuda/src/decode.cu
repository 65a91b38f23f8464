#include "kernels.h"

namespace myelin {
namespace {

/** Resident blocks per multiprocessor: more positions need more registers, and fewer blocks avoid spills. */
constexpr int resident_blocks(int positions) {
    return positions == 8 ? 4 : positions == 4 ? 5 : 8;
}

template <int TYPE, int M>
__global__ void __launch_bounds__(DECODE_THREADS, resident_blocks(M))
    decode_kernel(int64_t k, int64_t n, int m, int64_t row_bytes, const uint8_t *__restrict__ weights,
                  const uint8_t *__restrict__ q, const scale_and_sum *__restrict__ scales,
                  float *__restrict__ y) {
    __shared__ alignas(16) uint8_t shared[decode_shared<TYPE>::BYTES];
    decode_thread<TYPE, M>(k, n, m, row_bytes, weights, q, scales, y, shared);
}

template <int M>
__global__ void __launch_bounds__(DECODE_THREADS)
    decode_f16_kernel(int64_t k, int64_t n, int m, const uint8_t *__restrict__ weights,
                      const float *__restrict__ x, float *__restrict__ y) {
    decode_f16_thread<M>(k, n, m, weights, x, y);
}

/** The grid for n rows: as many blocks as are resident at a time, so that all of them end at about the same
 * time. */
template <typename K>
cudaError_t grid_for(K kernel, int64_t n, int processors, unsigned *blocks) {
    int resident = 0;
    const cudaError_t error =
        cudaOccupancyMaxActiveBlocksPerMultiprocessor(&resident, kernel, DECODE_THREADS, 0);
    const int64_t all = (n + DECODE_WARPS - 1) / DECODE_WARPS;
    const int64_t most = (int64_t)processors * (resident > 0 ? resident : 1);
    *blocks = (unsigned)(all < most ? all : most);
    return error;
}

template <int TYPE, int M>
cudaError_t launch(int processors, int64_t k, int64_t n, int m, const uint8_t *weights, const uint8_t *q,
                   const scale_and_sum *scales, float *y, cudaStream_t stream) {
    const int64_t row_bytes = k / format<TYPE>::WEIGHTS * format<TYPE>::BYTES;
    unsigned blocks = 0;
    const cudaError_t error = grid_for(decode_kernel<TYPE, M>, n, processors, &blocks);
    if (error != cudaSuccess) {
        return error;
    }
    decode_kernel<TYPE, M><<<blocks, DECODE_THREADS, 0, stream>>>(k, n, m, row_bytes, weights, q, scales, y);
    return cudaGetLastError();
}

template <int TYPE>
cudaError_t launch(int processors, int64_t k, int64_t n, int m, const uint8_t *weights, const uint8_t *q,
                   const scale_and_sum *scales, float *y, cudaStream_t stream) {
    if (m == 1) {
        return launch<TYPE, 1>(processors, k, n, m, weights, q, scales, y, stream);
    }
    if (m == 2) {
        return launch<TYPE, 2>(processors, k, n, m, weights, q, scales, y, stream);
    }
    if (m <= 4) {
        return launch<TYPE, 4>(processors, k, n, m, weights, q, scales, y, stream);
    }
    return launch<TYPE, 8>(processors, k, n, m, weights, q, scales, y, stream);
}

template <int M>
cudaError_t launch_f16(int processors, int64_t k, int64_t n, int m, const uint8_t *weights, const float *x,
                       float *y, cudaStream_t stream) {
    unsigned blocks = 0;
    const cudaError_t error = grid_for(decode_f16_kernel<M>, n, processors, &blocks);
    if (error != cudaSuccess) {
        return error;
    }
    decode_f16_kernel<M><<<blocks, DECODE_THREADS, 0, stream>>>(k, n, m, weights, x, y);
    return cudaGetLastError();
}

}  // namespace

cudaError_t decode_quantized(int type, int processors, int64_t k, int64_t n, int m, const uint8_t *weights,
                             const uint8_t *q, const scale_and_sum *scales, float *y, cudaStream_t stream) {
    switch (type) {
        case TYPE_Q4_0:
            return launch<TYPE_Q4_0>(processors, k, n, m, weights, q, scales, y, stream);
        case TYPE_Q8_0:
            return launch<TYPE_Q8_0>(processors, k, n, m, weights, q, scales, y, stream);
        case TYPE_Q4_K:
            return launch<TYPE_Q4_K>(processors, k, n, m, weights, q, scales, y, stream);
        case TYPE_Q6_K:
            return launch<TYPE_Q6_K>(processors, k, n, m, weights, q, scales, y, stream);
        default:
            return cudaErrorInvalidValue;
    }
}

cudaError_t decode_f16(int processors, int64_t k, int64_t n, int m, const uint8_t *weights, const float *x,
                       float *y, cudaStream_t stream) {
    if (m == 1) {
        return launch_f16<1>(processors, k, n, m, weights, x, y, stream);
    }
    if (m == 2) {
        return launch_f16<2>(processors, k, n, m, weights, x, y, stream);
    }
    if (m <= 4) {
        return launch_f16<4>(processors, k, n, m, weights, x, y, stream);
    }
    return launch_f16<8>(processors, k, n, m, weights, x, y, stream);
}

}  // namespace myelin
