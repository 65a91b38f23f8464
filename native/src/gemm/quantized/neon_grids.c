/* GEMV of whole rows of the types of grids.h. Compiled with dotprod. */
#include "neon_grids.h"

#include <math.h>

enum {
    MAX_ROW_N = 4,
    PREFETCH_DISTANCE = 4096, /* bytes */
};

#define EACH_X(r) _Pragma("GCC unroll 4") for (int r = 0; r < n; r++)

/** The scales times the negated sums of the activations times the zero point. */
INLINE int32x4_t zero_offset(const grid_block *block, const activation_block *x, const int zero_shift) {
    int32x4_t sum = vdupq_n_s32(0);
#pragma GCC unroll 4
    for (int i = 0; i < 16; i += 4) {
        sum = vmlaq_s32(sum, vmovl_s16(vld1_s16(block->scales + i)), vld1q_s32(x->neg_sums + i));
    }
    return vshlq_n_s32(sum, zero_shift);
}

/** Adds the dot products of a superblock to y. */
INLINE void multiply_block(const int n, const grid_block *block, const void *grid, const int entry,
                           const int zero_shift, const int is_delta, const activation_block *x,
                           float y[MAX_ROW_N]) {
    int32x4_t sum[MAX_ROW_N];
    EACH_X(r) {
        sum[r] = zero_offset(block, x + r, zero_shift);
    }
#pragma GCC unroll 16
    for (size_t g = 0; g < 16; g++) {
        const uint8x16_t q = grid_quants(block, g, grid, entry, zero_shift, is_delta);
        EACH_X(r) {
            const int32x4_t dot = neon_sdot(vdupq_n_s32(0), q, vld1q_s8(x[r].q + 16 * g));
            sum[r] = vmlaq_n_s32(sum[r], dot, block->scales[g]);
        }
    }
    EACH_X(r) {
        y[r] = fmaf((float)vaddvq_s32(sum[r]) * block->d, x[r].d[0], y[r]);
    }
}

/** Rows of W times n rows of X. A superblock is taken apart while the one before it is multiplied. */
INLINE void multiply_rows(const int n, split_fn split, const void *grid, const int entry,
                          const int zero_shift, const int is_delta, const size_t block_bytes,
                          const gemm_args *args, int64_t from, int64_t to) {
    const int64_t blocks = args->k / K_BLOCK;
    grid_block block[2];
    const char *w = args->w + (size_t)from * args->w_stride;
    split(w, block);
    size_t i = 0;
    for (int64_t row = from; row < to; row++) {
        const activation_block *x = args->x;
        float y[MAX_ROW_N] = {0};
        for (int64_t kb = 0; kb < blocks; kb++, i++, x += args->n) {
            const char *row_after = args->w + (size_t)(row + 1) * args->w_stride;
            const char *next = kb + 1 < blocks ? w + block_bytes : row_after;
            __builtin_prefetch(w + PREFETCH_DISTANCE);
            __builtin_prefetch(w + PREFETCH_DISTANCE + 64);
            if (kb + 1 < blocks || row + 1 < to) {
                split(next, block + (i + 1) % 2);
            }
            multiply_block(n, block + i % 2, grid, entry, zero_shift, is_delta, x, y);
            w = next;
        }
        EACH_X(r) {
            args->y[scatter_row(args, r) * args->y_stride + row] = y[r];
        }
    }
}

#define DEFINE_ROWS(type, name, grid, entry, zero_shift, is_delta)                       \
    static void rows_##name(const gemm_args *args, int64_t from, int64_t to) {           \
        const int n = (int)args->n;                                                      \
        CALL_WITH_N_TO_4(multiply_rows, split_##name, grid, entry, zero_shift, is_delta, \
                         sizeof(block_##name), args, from, to)                           \
    }

EACH_GRID_TYPE(DEFINE_ROWS)

#define ROWS_OF_GRID(type, name, ...) [TYPE_##type] = {rows_##name, MAX_ROW_N},

const row_gemv row_gemv_neon[TYPE_COUNT] = {EACH_GRID_TYPE(ROWS_OF_GRID)};
