/**
 * Activations to K-blocks, for every SIMD instruction set. A file that includes this defines
 *
 *   max_magnitude(n, x)            the largest magnitude of n values, a multiple of 32; NaN if one is NaN
 *   quantize_16(x, inverse, q)     rounds 16 values to nearest, ties to even; returns their sum
 */
#include <string.h>

#include "activations.h"

static void quantize_32(int64_t k, const float *x, activation_block *out, int64_t stride) {
    for (int64_t at = 0; at < k; at += K_BLOCK, out += stride) {
        const int blocks = (int)(k - at < K_BLOCK ? (k - at) / 32 : BLOCKS);
        memset(out, 0, sizeof *out);
        for (int b = 0; b < blocks; b++) {
            const float *v = x + at + 32 * b;
            const float d = activation_scale(max_magnitude(32, v));
            out->d[b] = d;
            if (isnan(d)) {
                continue; /* the quants stay 0 */
            }
            const float inverse = activation_inverse(d);
            const int32_t low = quantize_16(v, inverse, out->q + 32 * b);
            const int32_t high = quantize_16(v + 16, inverse, out->q + 32 * b + 16);
            out->neg_sums[b] = -low - high;
            out->half_sums[b] = (int16_t)low;
        }
    }
}

static void quantize_256(int64_t k, const float *x, activation_block *out, int64_t stride) {
    for (int64_t at = 0; at < k; at += K_BLOCK, out += stride) {
        memset(out, 0, sizeof *out);
        const float d = activation_scale(max_magnitude(K_BLOCK, x + at));
        for (int b = 0; b < BLOCKS; b++) {
            out->d[b] = d;
        }
        if (isnan(d)) {
            continue; /* the quants stay 0 */
        }
        const float inverse = activation_inverse(d);
        for (int b = 0; b < BLOCKS; b++) {
            const int32_t low = quantize_16(x + at + 32 * b, inverse, out->q + 32 * b);
            const int32_t high = quantize_16(x + at + 32 * b + 16, inverse, out->q + 32 * b + 16);
            out->neg_sums[2 * b] = -low;
            out->neg_sums[2 * b + 1] = -high;
            out->sums_32[b] = (int16_t)(low + high);
            out->sum = (int16_t)(out->sum + low + high);
        }
    }
}
