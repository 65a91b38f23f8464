/** How x is made ready: int8 with a scale per 32 for decoding, halves for prefill. Threads of kernels. */
#ifndef MYELIN_CUDA_SRC_ACTIVATIONS_H
#define MYELIN_CUDA_SRC_ACTIVATIONS_H

#include "instructions.h"

namespace myelin {

/** Threads of a block of both kernels. */
constexpr int ACTIVATION_THREADS = 256;

/** 32 quantised activations: their scale, and it times the sum of q. */
struct alignas(8) scale_and_sum {
    float scale;
    float sum;
};

/** The larger magnitude; a NaN stays. */
MYELIN_HD float larger(float a, float b) {
    return b > a || b != b ? b : a;
}

/** What 32 values of this largest magnitude are multiplied with to be int8; their scale is largest / 127. */
MYELIN_HD float inverse_scale(float largest) {
    const float scale = largest / 127.0f;
    return scale >= 1.17549435e-38f ? 1.0f / scale : 0.0f;
}

/**
 * The power of two, as an exponent, that brings a position's largest magnitude to 2^14 or above and
 * below 2^15, where f16 is precise and far from its ends; 0 for zeroes and what is not finite.
 */
MYELIN_HD int position_exponent(float largest) {
    if (!(largest > 0.0f && largest < INFINITY)) {
        return 0;
    }
    int exponent = 0;
    (void)frexpf(largest, &exponent);
    return 15 - exponent < 126 ? 15 - exponent : 126;
}

MYELIN_DEVICE float warp_largest(float value) {
    MYELIN_UNROLL
    for (int bits = 16; bits > 0; bits /= 2) {
        value = larger(value, shuffle_xor(value, bits));
    }
    return value;
}

/** One value a thread, one scale a warp; values a multiple of 32. */
MYELIN_DEVICE void quantise_thread(const float *x, int64_t values, uint8_t *q, scale_and_sum *scales) {
    const int64_t i = block_index() * ACTIVATION_THREADS + thread_index();
    /* Whole warps leave. */
    if (i >= values) {
        return;
    }
    const float value = x[i];
    const float largest = warp_largest(fabsf(value));
    const float scaled = value * inverse_scale(largest);
    /* Of a NaN any integer will do: the scale is a NaN. */
    const int quant = scaled == scaled ? (int)rintf(scaled) : 0;
    auto sum = (uint32_t)quant;
    MYELIN_UNROLL
    for (int bits = 16; bits > 0; bits /= 2) {
        sum += shuffle_xor(sum, bits);
    }
    q[i] = (uint8_t)quant;
    if (thread_index() % 32 == 0) {
        const float scale = largest / 127.0f;
        scales[i / 32] = {scale, scale * (float)(int)sum};
    }
}

/** One block a position: x f32 [k, m] to halves f16 [padded, m]; parts: a float of shared memory a warp. */
MYELIN_DEVICE void halve_thread(const float *x, int64_t k, int64_t padded, uint8_t *halves, float *inverse,
                                float *parts) {
    x += block_index() * k;
    halves += block_index() * padded * 2;
    float largest = 0;
    for (int64_t i = thread_index(); i < k; i += ACTIVATION_THREADS) {
        largest = larger(largest, fabsf(x[i]));
    }
    largest = warp_largest(largest);
    if (thread_index() % 32 == 0) {
        parts[thread_index() / 32] = largest;
    }
    block_barrier();
    MYELIN_UNROLL
    for (int i = 0; i < ACTIVATION_THREADS / 32; i++) {
        largest = larger(largest, parts[i]);
    }
    const int exponent = position_exponent(largest);
    const float factor = ldexpf(1.0f, exponent);
    for (int64_t i = 2 * thread_index(); i < padded; i += 2 * ACTIVATION_THREADS) {
        const float low = i < k ? x[i] : 0.0f;
        const float high = i + 1 < k ? x[i + 1] : 0.0f;
        store32(halves + 2 * i, floats_to_halves(low * factor, high * factor));
    }
    if (thread_index() == 0) {
        inverse[block_index()] = ldexpf(1.0f, -exponent);
    }
}

}  // namespace myelin

#endif
