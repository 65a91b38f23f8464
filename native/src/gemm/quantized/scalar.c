/* The reference: plain C for any machine. */
#include <math.h>
#include <string.h>

#include "common.h"

void pack_panel_by_row(const weight_type *type, const char *w, size_t w_stride, int blocks, panel *out) {
    dequantized_block row = {0};
    for (int i = 0; i < PANEL_ROWS; i++) {
        type->dequantize(w + (size_t)i * w_stride, blocks, &row);
        for (int j = 0; j < 32 * blocks / 4; j++) {
            memcpy(out->q[j][i], row.q + 4 * j, 4);
        }
        for (int b = 0; b < 16; b++) {
            out->d[b][i] = row.d[b];
        }
        for (int b = 0; type->panel == PANEL_32_MIN && b < BLOCKS; b++) {
            out->m[b][i] = row.m[b];
        }
        for (int b = 0; type->panel != PANEL_32_MIN && b < 16; b++) {
            out->mins[b / 2][i][b % 2] = row.mins[b];
        }
        out->dmin[i] = row.dmin;
    }
}

/** The dot product of count weights of row r, from k on, each minus zero. */
static int32_t dot(const panel *w, int r, const activation_block *x, int k, int count, int zero) {
    int32_t s = 0;
    for (int i = k; i < k + count; i++) {
        s += (w->q[i / 4][r][i % 4] - zero) * x->q[i];
    }
    return s;
}

static float dot_32(const panel *w, int r, const activation_block *x, int blocks, int zero, float y) {
    for (int b = 0; b < blocks; b++) {
        y = fmaf((float)dot(w, r, x, 32 * b, 32, zero), w->d[b][r] * x->d[b], y);
    }
    return y;
}

static float dot_16(const panel *w, int r, const activation_block *x, int blocks, int zero, float y) {
    for (int b = 0; b < 2 * blocks; b++) {
        y = fmaf((float)dot(w, r, x, 16 * b, 16, zero), w->d[b][r] * x->d[b / 2], y);
    }
    return y;
}

static float dot_32_min(const panel *w, int r, const activation_block *x, int blocks, int zero, float y) {
    (void)zero;
    for (int b = 0; b < blocks; b++) {
        y = fmaf((float)dot(w, r, x, 32 * b, 32, 0), w->d[b][r] * x->d[b], y);
        y = fmaf(w->m[b][r], (float)-x->neg_sums[b] * x->d[b], y);
    }
    return y;
}

static float dot_super_32_min(const panel *w, int r, const activation_block *x, int blocks, int zero,
                              float y) {
    (void)blocks;
    (void)zero;
    int32_t offset = 0;
    for (int b = 0; b < BLOCKS; b++) {
        offset += w->mins[b / 2][r][b % 2] * x->sums_32[b];
    }
    float sum = (float)offset * -w->dmin[r];
    for (int b = 0; b < BLOCKS; b++) {
        sum = fmaf((float)dot(w, r, x, 32 * b, 32, 0), w->d[b][r], sum);
    }
    return fmaf(sum, x->d[0], y);
}

static float dot_super_16(const panel *w, int r, const activation_block *x, int blocks, int zero, float y) {
    (void)blocks;
    float sum = 0;
    for (int i = 0; i < 16; i++) {
        const int b = superblock_16_order(i);
        sum = fmaf((float)dot(w, r, x, 16 * b, 16, zero), w->d[b][r], sum);
    }
    return fmaf(sum, x->d[0], y);
}

static float dot_super_256(const panel *w, int r, const activation_block *x, int blocks, int zero, float y) {
    (void)blocks;
    return fmaf((float)dot(w, r, x, 0, K_BLOCK, zero) * w->d[0][r], x->d[0], y);
}

static float dot_super_16_min(const panel *w, int r, const activation_block *x, int blocks, int zero,
                              float y) {
    (void)blocks;
    (void)zero;
    int32_t offset = 0;
    for (int b = 0; b < 16; b++) {
        offset += w->mins[b / 2][r][b % 2] * x->neg_sums[b];
    }
    const float sum = fmaf((float)dot(w, r, x, 0, K_BLOCK, 0), w->d[0][r], (float)offset * w->dmin[r]);
    return fmaf(sum, x->d[0], y);
}

static float dot_super_16_int(const panel *w, int r, const activation_block *x, int blocks, int zero,
                              float y) {
    (void)blocks;
    int32_t sum = 0;
    for (int b = 0; b < 16; b++) {
        sum += w->scales[b / 2][r][b % 2] * dot(w, r, x, 16 * b, 16, zero);
    }
    return fmaf((float)sum * w->d[0][r], x->d[0], y);
}

/** Defines multiply_NAME, which computes one output after the other. */
#define DEFINE_MULTIPLY(name)                                                                            \
    static void multiply_##name(const panel w[PANELS], const activation_block *x, int64_t n, int blocks, \
                                int zero_shift, prefetch_range next, float *y) {                         \
        (void)next;                                                                                      \
        for (int64_t j = 0; j < n; j++) {                                                                \
            for (int r = 0; r < STRIP_ROWS; r++, y++) {                                                  \
                *y = dot_##name(w + r / PANEL_ROWS, r % PANEL_ROWS, x + j, blocks, 1 << zero_shift, *y); \
            }                                                                                            \
        }                                                                                                \
    }

DEFINE_MULTIPLY(32)
DEFINE_MULTIPLY(16)
DEFINE_MULTIPLY(32_min)
DEFINE_MULTIPLY(super_32_min)
DEFINE_MULTIPLY(super_16)
DEFINE_MULTIPLY(super_256)
DEFINE_MULTIPLY(super_16_min)
DEFINE_MULTIPLY(super_16_int)

const quantized_gemm_table quantized_gemm_scalar = {
    .multiply =
        {
            [PANEL_32] = multiply_32,
            [PANEL_16] = multiply_16,
            [PANEL_32_MIN] = multiply_32_min,
            [PANEL_SUPER_32_MIN] = multiply_super_32_min,
            [PANEL_SUPER_16] = multiply_super_16,
            [PANEL_SUPER_256] = multiply_super_256,
            [PANEL_SUPER_16_MIN] = multiply_super_16_min,
            [PANEL_SUPER_16_INT] = multiply_super_16_int,
        },
};
