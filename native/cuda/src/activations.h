/** Conversion of x: to int8 with a scale per 32 for decode, to f16 for prefill. */
#ifndef MYELIN_CUDA_SRC_ACTIVATIONS_H
#define MYELIN_CUDA_SRC_ACTIVATIONS_H

#include "instructions.h"

namespace myelin {

/** Threads per block of both kernels. */
constexpr int ACTIVATION_THREADS = 256;

/** Of 32 quantised activations: the scale, and the scale times the sum of q. */
struct alignas(8) scale_and_sum {
    float scale;
    float sum;
};

/** The maximum; NaN if either is NaN. */
MYELIN_HD float max_nan(float a, float b) {
    return b > a || b != b ? b : a;
}

/** The inverse of the scale largest / 127 of 32 values with this largest magnitude. */
MYELIN_HD float inverse_scale(float largest) {
    const float scale = largest / 127.0f;
    return scale >= 1.17549435e-38f ? 1.0f / scale : 0.0f;
}

/**
 * The exponent of the power of two that scales a position's largest magnitude to [2^14, 2^15), where
 * f16 is precise and neither overflows nor underflows; 0 for zeroes and values that are not finite.
 */
MYELIN_HD int position_exponent(float largest) {
    if (!(largest > 0.0f && largest < INFINITY)) {
        return 0;
    }
    int exponent = 0;
    (void)frexpf(largest, &exponent);
    return 15 - exponent < 126 ? 15 - exponent : 126;
}

MYELIN_DEVICE float warp_max(float value) {
    MYELIN_UNROLL
    for (int bits = 16; bits > 0; bits /= 2) {
        value = max_nan(value, shuffle_xor(value, bits));
    }
    return value;
}

/** One value per thread, one scale per warp; values is a multiple of 32. */
MYELIN_DEVICE void quantize_thread(const float *x, int64_t values, uint8_t *q, scale_and_sum *scales) {
    const int64_t i = block_index() * ACTIVATION_THREADS + thread_index();
    /* All threads of a warp return together. */
    if (i >= values) {
        return;
    }
    const float value = x[i];
    const float largest = warp_max(fabsf(value));
    const float scaled = value * inverse_scale(largest);
    /* The scale is NaN then, so any integer will do. */
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

/** One block per position: x f32 [k, m] to halves f16 [padded, m]; parts: shared memory, a float per warp. */
MYELIN_DEVICE void convert_to_f16_thread(const float *x, int64_t k, int64_t padded, uint8_t *halves,
                                         float *inverse, float *parts) {
    x += block_index() * k;
    halves += block_index() * padded * 2;
    float largest = 0;
    for (int64_t i = thread_index(); i < k; i += ACTIVATION_THREADS) {
        largest = max_nan(largest, fabsf(x[i]));
    }
    largest = warp_max(largest);
    if (thread_index() % 32 == 0) {
        parts[thread_index() / 32] = largest;
    }
    block_barrier();
    MYELIN_UNROLL
    for (int i = 0; i < ACTIVATION_THREADS / 32; i++) {
        largest = max_nan(largest, parts[i]);
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
