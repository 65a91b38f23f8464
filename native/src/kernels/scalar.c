#include <math.h>

#include "half.h"
#include "kernels.h"
#include "q4_k.h"

static float largest(int64_t n, const float *x) {
    float most = 0;
    for (int64_t i = 0; i < n; i++) {
        most = fmaxf(most, fabsf(x[i]));
    }
    return most;
}

/** Quantises n values with one scale, and sums the quants in groups. */
static float quantize_block(int64_t n, const float *x, int group, int8_t *qs, int16_t *sums) {
    const float d = largest(n, x) / 127.0f;
    const float inverse = d > 0 ? 1.0f / d : 0.0f;
    for (int64_t g = 0; g < n / group; g++) {
        int32_t sum = 0;
        for (int64_t i = g * group; i < (g + 1) * group; i++) {
            qs[i] = (int8_t)lrintf(x[i] * inverse);
            sum += qs[i];
        }
        sums[g] = (int16_t)sum;
    }
    return d;
}

static void quantize_32(int64_t k, const float *x, activations row) {
    for (int64_t b = 0; b < k / 32; b++) {
        row.d[b] = quantize_block(32, x + 32 * b, 32, row.qs + 32 * b, row.sums + b);
    }
}

static void quantize_256(int64_t k, const float *x, activations row) {
    for (int64_t b = 0; b < k / 256; b++) {
        row.d[b] = quantize_block(256, x + 256 * b, 16, row.qs + 256 * b, row.sums + 16 * b);
    }
}

static float row_q4_0(int64_t k, const void *weights, activations row) {
    const block_q4_0 *w = weights;
    float sum = 0;
    for (int64_t b = 0; b < k / 32; b++) {
        const int8_t *q = row.qs + 32 * b;
        int32_t s = -8 * row.sums[b];
        for (int i = 0; i < 16; i++) {
            s += (w[b].qs[i] & 15) * q[i] + (w[b].qs[i] >> 4) * q[i + 16];
        }
        sum += half_to_float(w[b].d) * row.d[b] * (float)s;
    }
    return sum;
}

static float row_q8_0(int64_t k, const void *weights, activations row) {
    const block_q8_0 *w = weights;
    float sum = 0;
    for (int64_t b = 0; b < k / 32; b++) {
        int32_t s = 0;
        for (int i = 0; i < 32; i++) {
            s += w[b].qs[i] * row.qs[32 * b + i];
        }
        sum += half_to_float(w[b].d) * row.d[b] * (float)s;
    }
    return sum;
}

static float row_q4_k(int64_t k, const void *weights, activations row) {
    const block_q4_k *w = weights;
    float sum = 0;
    for (int64_t b = 0; b < k / 256; b++) {
        uint8_t scales[8];
        uint8_t mins[8];
        q4_k_unpack(w[b].scales, scales, mins);
        int32_t products = 0;
        int32_t offsets = 0;
        for (int g = 0; g < 8; g++) {
            const int8_t *q = row.qs + 256 * b + 32 * g;
            const uint8_t *nibbles = w[b].qs + 32 * (g / 2);
            int32_t s = 0;
            for (int i = 0; i < 32; i++) {
                s += (g % 2 == 0 ? nibbles[i] & 15 : nibbles[i] >> 4) * q[i];
            }
            products += scales[g] * s;
            offsets += mins[g] * (row.sums[16 * b + 2 * g] + row.sums[16 * b + 2 * g + 1]);
        }
        sum +=
            row.d[b] * (half_to_float(w[b].d) * (float)products - half_to_float(w[b].dmin) * (float)offsets);
    }
    return sum;
}

static float row_q6_k(int64_t k, const void *weights, activations row) {
    const block_q6_k *w = weights;
    float sum = 0;
    for (int64_t b = 0; b < k / 256; b++) {
        int32_t products = 0;
        for (int i = 0; i < 256; i++) {
            const int half = i / 128;
            const int group = i % 128 / 32;
            const int l = i % 32;
            const int low = w[b].ql[64 * half + l + 32 * (group & 1)] >> (group >= 2 ? 4 : 0) & 15;
            const int high = w[b].qh[32 * half + l] >> (2 * group) & 3;
            const int q = (low | high << 4) - 32;
            products += w[b].scales[i / 16] * q * row.qs[256 * b + i];
        }
        sum += half_to_float(w[b].d) * row.d[b] * (float)products;
    }
    return sum;
}

/** Defines dot_NAME, which does rows one after the other. */
#define DEFINE_DOT(name)                                                                                 \
    static void dot_##name(int64_t k, const void *weights, size_t stride, int64_t rows, activations row, \
                           float *y) {                                                                   \
        for (int64_t i = 0; i < rows; i++) {                                                             \
            y[i] = row_##name(k, (const char *)weights + (size_t)i * stride, row);                       \
        }                                                                                                \
    }

DEFINE_DOT(q4_0)
DEFINE_DOT(q8_0)
DEFINE_DOT(q4_k)
DEFINE_DOT(q6_k)

const kernel_table kernels_scalar = {
    .name = "scalar",
    .quantize = {[ACTIVATIONS_32] = quantize_32, [ACTIVATIONS_256] = quantize_256},
    .dot = {[TYPE_Q4_0] = dot_q4_0, [TYPE_Q8_0] = dot_q8_0, [TYPE_Q4_K] = dot_q4_k, [TYPE_Q6_K] = dot_q6_k},
};
