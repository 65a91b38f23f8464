/**
 * The GPU instructions that kernels use beyond arithmetic: indices, barriers, asynchronous copies,
 * warp operations. A C++ compiler sees declarations only; the tests define them and run the kernels
 * on the host.
 */
#ifndef MYELIN_CUDA_SRC_INSTRUCTIONS_H
#define MYELIN_CUDA_SRC_INSTRUCTIONS_H

#include "portable.h"

#if defined(__CUDACC__)
#define MYELIN_DEVICE __device__ __forceinline__
#else
#define MYELIN_DEVICE inline
#endif

namespace myelin {

#if defined(__CUDACC__)

MYELIN_DEVICE int thread_index() {
    return (int)threadIdx.x;
}

MYELIN_DEVICE int64_t block_index() {
    return blockIdx.x;
}

MYELIN_DEVICE int64_t grid_size() {
    return gridDim.x;
}

MYELIN_DEVICE void block_barrier() {
    __syncthreads();
}

MYELIN_DEVICE void warp_barrier() {
    __syncwarp();
}

/** The value of the lane whose index is this one's xor bits. */
MYELIN_DEVICE uint32_t shuffle_xor(uint32_t value, int bits) {
    return __shfl_xor_sync(0xffffffffu, value, bits);
}

/** Ends a thread's group of copies, which may be empty. */
MYELIN_DEVICE void cp_async_commit() {
    asm volatile("cp.async.commit_group;" ::: "memory");
}

/** Waits for a thread's own copies, except the last N groups; other threads see them after a barrier. */
template <int N>
MYELIN_DEVICE void cp_async_wait() {
    asm volatile("cp.async.wait_group %0;" ::"n"(N) : "memory");
}

/** ldmatrix.x4: four matrices of 8 x 8 halves; each lane gives the address of a row, eight lanes per matrix.
 */
MYELIN_DEVICE void ldmatrix_x4(const uint8_t *row, uint32_t (&r)[4]) {
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
                 : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
                 : "r"((uint32_t)__cvta_generic_to_shared(row))
                 : "memory");
}

/** mma.m16n8k16: sum += A [16, 16] times B [16, 8] in f16, summed in f32. */
MYELIN_DEVICE void mma(const uint32_t (&a)[4], uint32_t b0, uint32_t b1, float (&sum)[4]) {
    asm volatile(
        "mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, "
        "{%0, %1, %2, %3};"
        : "+f"(sum[0]), "+f"(sum[1]), "+f"(sum[2]), "+f"(sum[3])
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}

#else

int thread_index();
int64_t block_index();
int64_t grid_size();
void block_barrier();
void warp_barrier();
uint32_t shuffle_xor(uint32_t value, int bits);
void cp_async_commit();
void cp_async_wait_all_but(int groups);
void ldmatrix_x4(const uint8_t *row, uint32_t (&r)[4]);
void mma(const uint32_t (&a)[4], uint32_t b0, uint32_t b1, float (&sum)[4]);

template <int N>
inline void cp_async_wait() {
    cp_async_wait_all_but(N);
}

#endif

MYELIN_DEVICE float shuffle_xor(float value, int bits) {
#if defined(__CUDACC__)
    return __shfl_xor_sync(0xffffffffu, value, bits);
#else
    uint32_t word;
    memcpy(&word, &value, 4);
    return bits_to_float(shuffle_xor(word, bits));
#endif
}

}  // namespace myelin

#endif
