/* The reference: plain C for any machine. */
#include <math.h>
#include <string.h>

#include "activations.h"

/** The largest magnitude; NaN if one is, which fmaxf would drop. */
static float largest(int64_t n, const float *x) {
    float most = 0;
    for (int64_t i = 0; i < n && !isnan(most); i++) {
        const float size = fabsf(x[i]);
        most = size <= most ? most : size;
    }
    return most;
}

/** Quantises n values with one scale, and sums the quants in groups. */
static float quantize_block(int n, const float *x, int group, int8_t *q, int32_t *sums) {
    const float d = activation_scale(largest(n, x));
    const float inverse = activation_inverse(d);
    for (int g = 0; g < n / group; g++) {
        sums[g] = 0;
        for (int i = g * group; i < (g + 1) * group && !isnan(d); i++) {
            q[i] = (int8_t)lrintf(x[i] * inverse);
            sums[g] -= q[i];
        }
    }
    return d;
}

static void quantize_32(int64_t k, const float *x, segment *out, int64_t stride) {
    for (int64_t at = 0; at < k; at += SEGMENT, out += stride) {
        const int blocks = (int)(k - at < SEGMENT ? (k - at) / 32 : BLOCKS);
        memset(out, 0, sizeof *out);
        for (int b = 0; b < blocks; b++) {
            out->d[b] = quantize_block(32, x + at + 32 * b, 32, out->q + 32 * b, out->sum + b);
        }
    }
}

static void quantize_256(int64_t k, const float *x, segment *out, int64_t stride) {
    for (int64_t at = 0; at < k; at += SEGMENT, out += stride) {
        memset(out, 0, sizeof *out);
        const float d = quantize_block(SEGMENT, x + at, 16, out->q, out->sum);
        for (int b = 0; b < BLOCKS; b++) {
            out->d[b] = d;
            out->pairs[b] = (int16_t)(-out->sum[2 * b] - out->sum[2 * b + 1]);
        }
    }
}

const activation_table activations_scalar = {
    .quantize = {[ACTIVATIONS_32] = quantize_32, [ACTIVATIONS_256] = quantize_256},
};
