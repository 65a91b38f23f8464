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

/** Quantises n values with one scale; neg_sums has the negated sum of each group of quants. */
static float quantize_values(int n, const float *x, int group_size, int8_t *q, int32_t *neg_sums) {
    const float d = activation_scale(max_magnitude(n, x));
    const float inverse = activation_inverse(d);
    for (int g = 0; g < n / group_size; g++) {
        neg_sums[g] = 0;
        for (int i = g * group_size; i < (g + 1) * group_size && !isnan(d); i++) {
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
            out->d[b] = quantize_values(32, x + at + 32 * b, 32, out->q + 32 * b, out->neg_sums + b);
        }
    }
}

static void quantize_256(int64_t k, const float *x, activation_block *out, int64_t stride) {
    for (int64_t at = 0; at < k; at += K_BLOCK, out += stride) {
        memset(out, 0, sizeof *out);
        const float d = quantize_values(K_BLOCK, x + at, 16, out->q, out->neg_sums);
        for (int b = 0; b < BLOCKS; b++) {
            out->d[b] = d;
            out->sums_32[b] = (int16_t)(-out->neg_sums[2 * b] - out->neg_sums[2 * b + 1]);
        }
    }
}

const activation_quantizer quantize_activations_scalar = {
    .quantize = {[ACTIVATIONS_32] = quantize_32, [ACTIVATIONS_256] = quantize_256},
};
