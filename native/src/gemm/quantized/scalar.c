/* The reference: plain C for any machine. */
#include <math.h>
#include <string.h>

#include "common.h"

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
    .multiply =
        {
            [PANEL_32] = multiply_32,
            [PANEL_32_MIN] = multiply_32_min,
            [PANEL_SUPER_32_MIN] = multiply_super_32_min,
            [PANEL_SUPER_16] = multiply_super_16,
            [PANEL_SUPER_16_MIN] = multiply_super_16_min,
        },
};
