/* The reference: plain C for any machine. */
#include <math.h>
#include <string.h>

#include "activations.h"

/** The largest magnitude; NaN if a value is NaN, which fmaxf() would drop. */
static float max_magnitude(int64_t n, const float *x) {
    float max = 0;
    for (int64_t i = 0; i < n && !isnan(max); i++) {
        const float magnitude = fabsf(x[i]);
        max = magnitude <= max ? max : magnitude;
    }
    return max;
}

/** Quantises n values with one scale; neg_sums has the negated sum of each 16 quants. */
static float quantize_values(int n, const float *x, int8_t *q, int32_t *neg_sums) {
    const float d = activation_scale(max_magnitude(n, x));
    const float inverse = activation_inverse(d);
    for (int g = 0; g < n / 16; g++) {
        neg_sums[g] = 0;
        for (int i = 16 * g; i < 16 * (g + 1) && !isnan(d); i++) {
            q[i] = (int8_t)lrintf(x[i] * inverse);
            neg_sums[g] -= q[i];
        }
    }
    return d;
}

static void quantize_32(int64_t k, const float *x, activation_block *out, int64_t stride) {
    for (int64_t at = 0; at < k; at += K_BLOCK, out += stride) {
        const int blocks = (int)(k - at < K_BLOCK ? (k - at) / 32 : BLOCKS);
        memset(out, 0, sizeof *out);
        for (int b = 0; b < blocks; b++) {
            int32_t neg_sums[2];
            out->d[b] = quantize_values(32, x + at + 32 * b, out->q + 32 * b, neg_sums);
            out->neg_sums[b] = neg_sums[0] + neg_sums[1];
            out->half_sums[b] = (int16_t)-neg_sums[0];
        }
    }
}

static void quantize_256(int64_t k, const float *x, activation_block *out, int64_t stride) {
    for (int64_t at = 0; at < k; at += K_BLOCK, out += stride) {
        memset(out, 0, sizeof *out);
        const float d = quantize_values(K_BLOCK, x + at, out->q, out->neg_sums);
        for (int b = 0; b < BLOCKS; b++) {
            out->d[b] = d;
            out->sums_32[b] = (int16_t)(-out->neg_sums[2 * b] - out->neg_sums[2 * b + 1]);
            out->sum = (int16_t)(out->sum + out->sums_32[b]);
        }
    }
}

const activation_quantizer quantize_activations_scalar = {
    .quantize = {[ACTIVATIONS_32] = quantize_32, [ACTIVATIONS_256] = quantize_256},
};
