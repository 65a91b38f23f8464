#include "kernels.h"

namespace myelin {
namespace {

template <int TYPE, int COLUMNS>
__global__ void __launch_bounds__(PREFILL_THREADS, 2)
    prefill_kernel(const prefill_problem p, const float *__restrict__ inverse, float *__restrict__ y) {
    extern __shared__ __align__(16) uint8_t shared[];
    prefill_thread<TYPE, COLUMNS>(p, inverse, y, shared);
}

template <int TYPE, int COLUMNS>
cudaError_t launch(const prefill_problem &p, const float *inverse, float *y, cudaStream_t stream) {
    const int64_t blocks = (p.n + TILE_ROWS - 1) / TILE_ROWS * ((p.m + COLUMNS - 1) / COLUMNS);
    if (blocks > INT32_MAX) {
        return cudaErrorInvalidValue;
    }
    constexpr int bytes = shared_bytes<TYPE, COLUMNS>();
    const auto kernel = prefill_kernel<TYPE, COLUMNS>;
    const cudaError_t error =
        cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, bytes);
    if (error != cudaSuccess) {
        return error;
    }
    kernel<<<(unsigned)blocks, PREFILL_THREADS, bytes, stream>>>(p, inverse, y);
    return cudaGetLastError();
}

template <int TYPE>
cudaError_t launch(const prefill_problem &p, const float *inverse, float *y, cudaStream_t stream) {
    return p.m <= 32 ? launch<TYPE, 32>(p, inverse, y, stream) : launch<TYPE, 128>(p, inverse, y, stream);
}

}  // namespace

cudaError_t prefill(int type, const prefill_problem &problem, const float *inverse, float *y,
                    cudaStream_t stream) {
    switch (type) {
        case TYPE_F16:
            return launch<TYPE_F16>(problem, inverse, y, stream);
        case TYPE_Q4_0:
            return launch<TYPE_Q4_0>(problem, inverse, y, stream);
        case TYPE_Q8_0:
            return launch<TYPE_Q8_0>(problem, inverse, y, stream);
        case TYPE_Q4_K:
            return launch<TYPE_Q4_K>(problem, inverse, y, stream);
        case TYPE_Q6_K:
            return launch<TYPE_Q6_K>(problem, inverse, y, stream);
        default:
            return cudaErrorInvalidValue;
    }
}

}  // namespace myelin
