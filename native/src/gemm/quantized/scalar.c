/* The reference: plain C for any machine. */
#include <math.h>
#include <string.h>

#include "common.h"
#include "gemm/float/float_gemm.h"

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

void unpack_columns(const kernel_type *type, const char *w, size_t stride, int blocks, panel *out) {
    column c = {0};
    for (int i = 0; i < COLUMNS; i++) {
        type->column(w + (size_t)i * stride, blocks, &c);
        for (int j = 0; j < 32 * blocks / 4; j++) {
            memcpy(out->q[j][i], c.q + 4 * j, 4);
        }
        for (int b = 0; b < 16; b++) {
            out->d[b][i] = c.d[b];
        }
        for (int b = 0; type->kind == PANEL_32_MIN && b < BLOCKS; b++) {
            out->m[b][i] = c.m[b];
        }
        for (int b = 0; type->kind != PANEL_32_MIN && b < 16; b++) {
            out->min[b / 2][i][b % 2] = c.min[b];
        }
        out->dmin[i] = c.dmin;
    }
}

/** The products of so many weights of a column from k on, each less zero. */
static int32_t dot(const panel *w, int c, const segment *x, int k, int n, int zero) {
    int32_t s = 0;
    for (int i = k; i < k + n; i++) {
        s += (w->q[i / 4][c][i % 4] - zero) * x->q[i];
    }
    return s;
}

static float column_32(const panel *w, int c, const segment *x, int blocks, int zero, float y) {
    for (int b = 0; b < blocks; b++) {
        y = fmaf((float)dot(w, c, x, 32 * b, 32, zero), w->d[b][c] * x->d[b], y);
    }
    return y;
}

static float column_32_min(const panel *w, int c, const segment *x, int blocks, int zero, float y) {
    (void)zero;
    for (int b = 0; b < blocks; b++) {
        y = fmaf((float)dot(w, c, x, 32 * b, 32, 0), w->d[b][c] * x->d[b], y);
        y = fmaf(w->m[b][c], (float)-x->sum[b] * x->d[b], y);
    }
    return y;
}

static float column_super_32_min(const panel *w, int c, const segment *x, int blocks, int zero, float y) {
    (void)blocks;
    (void)zero;
    int32_t offset = 0;
    for (int b = 0; b < BLOCKS; b++) {
        offset += w->min[b / 2][c][b % 2] * x->pairs[b];
    }
    float sum = (float)offset * -w->dmin[c];
    for (int b = 0; b < BLOCKS; b++) {
        sum = fmaf((float)dot(w, c, x, 32 * b, 32, 0), w->d[b][c], sum);
    }
    return fmaf(sum, x->d[0], y);
}

static float column_super_16(const panel *w, int c, const segment *x, int blocks, int zero, float y) {
    (void)blocks;
    float sum = 0;
    for (int i = 0; i < 16; i++) {
        const int b = super_16_order(i);
        sum = fmaf((float)dot(w, c, x, 16 * b, 16, zero), w->d[b][c], sum);
    }
    return fmaf(sum, x->d[0], y);
}

static float column_super_16_min(const panel *w, int c, const segment *x, int blocks, int zero, float y) {
    (void)blocks;
    (void)zero;
    int32_t offset = 0;
    for (int b = 0; b < 16; b++) {
        offset += w->min[b / 2][c][b % 2] * x->sum[b];
    }
    const float sum = fmaf((float)dot(w, c, x, 0, SEGMENT, 0), w->d[0][c], (float)offset * w->dmin[c]);
    return fmaf(sum, x->d[0], y);
}

/** Defines multiply_NAME, which does one element after the other. */
#define DEFINE_MULTIPLY(name)                                                                           \
    static void multiply_##name(const panel w[PANELS], const segment *x, int64_t positions, int blocks, \
                                int zero_shift, float *y) {                                             \
        for (int64_t m = 0; m < positions; m++) {                                                       \
            for (int c = 0; c < PANELS * COLUMNS; c++, y++) {                                           \
                *y = column_##name(w + c / COLUMNS, c % COLUMNS, x + m, blocks, 1 << zero_shift, *y);   \
            }                                                                                           \
        }                                                                                               \
    }

DEFINE_MULTIPLY(32)
DEFINE_MULTIPLY(32_min)
DEFINE_MULTIPLY(super_32_min)
DEFINE_MULTIPLY(super_16)
DEFINE_MULTIPLY(super_16_min)

const kernel_table kernels_scalar = {
    .name = "scalar",
    .rows = &rows_scalar,
    .attend = attend_scalar,
    .quantize = {[ACTIVATIONS_32] = quantize_32, [ACTIVATIONS_256] = quantize_256},
    .multiply =
        {
            [PANEL_32] = multiply_32,
            [PANEL_32_MIN] = multiply_32_min,
            [PANEL_SUPER_32_MIN] = multiply_super_32_min,
            [PANEL_SUPER_16] = multiply_super_16,
            [PANEL_SUPER_16_MIN] = multiply_super_16_min,
        },
    .floats = &scalar_floats,
};
