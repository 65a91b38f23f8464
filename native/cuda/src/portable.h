/**
 * Arithmetic and memory instructions of the GPU, with a portable C++ version of each: the tests run the
 * kernels' own source on the host.
 */
#ifndef MYELIN_CUDA_SRC_PORTABLE_H
#define MYELIN_CUDA_SRC_PORTABLE_H

#include <cmath>
#include <cstdint>
#include <cstring>

#if defined(__CUDACC__)
#include <cuda_fp16.h>
#define MYELIN_HD __host__ __device__ __forceinline__
#else
#define MYELIN_HD inline
#endif
#if defined(__CUDA_ARCH__)
#define MYELIN_UNROLL _Pragma("unroll")
#else
#define MYELIN_UNROLL
#endif

namespace myelin {

/** 16 bytes, the widest memory access. */
struct alignas(16) words4 {
    uint32_t w[4];
};

/** The low 32 bits of high:low >> shift, 0 <= shift < 32. */
MYELIN_HD uint32_t funnel_right(uint32_t low, uint32_t high, uint32_t shift) {
#if defined(__CUDA_ARCH__)
    return __funnelshift_r(low, high, shift);
#else
    return (uint32_t)(((uint64_t)high << 32 | low) >> shift);
#endif
}

/** sum plus the dot product of four int8 pairs. */
MYELIN_HD int32_t dot4(uint32_t a, uint32_t b, int32_t sum) {
#if defined(__CUDA_ARCH__)
    return __dp4a((int32_t)a, (int32_t)b, sum);
#else
    for (int i = 0; i < 4; i++) {
        sum += (int8_t)(a >> 8 * i) * (int8_t)(b >> 8 * i);
    }
    return sum;
#endif
}

/** Byte i of four int8 as a float: builds 2^23 + 128 + value and subtracts the constant. */
MYELIN_HD float byte_to_float(uint32_t bytes, int i) {
#if defined(__CUDA_ARCH__)
    return __uint_as_float(__byte_perm(bytes ^ 0x80808080u, 0x4b000000u, 0x7440u | (uint32_t)i)) - 8388736.0f;
#else
    return (float)(int8_t)(bytes >> 8 * i);
#endif
}

MYELIN_HD float bits_to_float(uint32_t bits) {
#if defined(__CUDA_ARCH__)
    return __uint_as_float(bits);
#else
    float value;
    memcpy(&value, &bits, 4);
    return value;
#endif
}

MYELIN_HD float half_to_float(uint16_t h) {
#if defined(__CUDA_ARCH__)
    return __half2float(__ushort_as_half(h));
#else
    const uint32_t sign = (uint32_t)(h & 0x8000) << 16;
    const uint32_t exponent = (h >> 10) & 0x1f;
    const uint32_t fraction = h & 0x3ff;
    uint32_t bits;
    if (exponent == 0) {
        const float value = (float)fraction * 0x1p-24f;
        memcpy(&bits, &value, 4);
        bits |= sign;
    } else {
        bits = sign | (exponent == 31 ? 0x7f800000u : (exponent + 112) << 23) | fraction << 13;
    }
    return bits_to_float(bits);
#endif
}

/** Rounds to nearest, ties to even; values that are too large become infinite. */
MYELIN_HD uint16_t float_to_half(float value) {
#if defined(__CUDA_ARCH__)
    return __half_as_ushort(__float2half_rn(value));
#else
    uint32_t bits;
    memcpy(&bits, &value, 4);
    const uint16_t sign = (uint16_t)(bits >> 16 & 0x8000);
    const float magnitude = std::fabs(value);
    if (value != value) {
        return 0x7fff;
    }
    if (magnitude >= 65520.0f) {
        return (uint16_t)(sign | 0x7c00);
    }
    if (magnitude == 0.0f) {
        return sign;
    }
    int exponent = 0;
    (void)std::frexp(magnitude, &exponent);
    const int place = exponent - 11 < -24 ? -24 : exponent - 11;
    const auto units = (uint32_t)std::nearbyint(std::ldexp((double)magnitude, -place));
    /* A carry out of the fraction increments the exponent, as it must. */
    return (uint16_t)(sign | (units + ((uint32_t)(place + 24) << 10)));
#endif
}

/** Two floats as halves, the first in the low bits. */
MYELIN_HD uint32_t floats_to_halves(float low, float high) {
    return (uint32_t)float_to_half(low) | (uint32_t)float_to_half(high) << 16;
}

MYELIN_HD uint16_t load16(const uint8_t *at) {
    uint16_t value;
#if defined(__CUDA_ARCH__)
    value = *reinterpret_cast<const uint16_t *>(at);
#else
    memcpy(&value, at, 2);
#endif
    return value;
}

MYELIN_HD void store16(uint8_t *at, uint16_t value) {
#if defined(__CUDA_ARCH__)
    *reinterpret_cast<uint16_t *>(at) = value;
#else
    memcpy(at, &value, 2);
#endif
}

MYELIN_HD uint32_t load32(const uint8_t *at) {
    uint32_t value;
#if defined(__CUDA_ARCH__)
    value = *reinterpret_cast<const uint32_t *>(at);
#else
    memcpy(&value, at, 4);
#endif
    return value;
}

MYELIN_HD void store32(uint8_t *at, uint32_t value) {
#if defined(__CUDA_ARCH__)
    *reinterpret_cast<uint32_t *>(at) = value;
#else
    memcpy(at, &value, 4);
#endif
}

MYELIN_HD words4 load128(const uint8_t *at) {
    words4 value;
#if defined(__CUDA_ARCH__)
    const uint4 v = *reinterpret_cast<const uint4 *>(at);
    value.w[0] = v.x;
    value.w[1] = v.y;
    value.w[2] = v.z;
    value.w[3] = v.w;
#else
    memcpy(&value, at, 16);
#endif
    return value;
}

MYELIN_HD void store128(uint8_t *at, const words4 &value) {
#if defined(__CUDA_ARCH__)
    *reinterpret_cast<uint4 *>(at) = make_uint4(value.w[0], value.w[1], value.w[2], value.w[3]);
#else
    memcpy(at, &value, 16);
#endif
}

#if !defined(__CUDACC__)
/** Defined by the tests, which choose when the copy is done. */
void emulated_cp_async_16(uint8_t *shared, const uint8_t *global, int bytes);
#endif

/**
 * Starts copying the first bytes of an aligned group of 16 to shared memory; the others become zero
 * and are not read. 0 <= bytes <= 16.
 */
MYELIN_HD void cp_async_16(uint8_t *shared, const uint8_t *global, int bytes) {
#if defined(__CUDA_ARCH__)
    asm volatile(
        "cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"((uint32_t)__cvta_generic_to_shared(shared)),
        "l"(__cvta_generic_to_global(global)), "r"(bytes)
        : "memory");
#elif defined(__CUDACC__)
    /* nvcc compiles this for the host too, where it is not called. */
    (void)shared;
    (void)global;
    (void)bytes;
#else
    emulated_cp_async_16(shared, global, bytes);
#endif
}

}  // namespace myelin

#endif
