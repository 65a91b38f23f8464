/**
 * GEMV of whole rows of superblocks. A row is read in groups of eight superblocks; X is arranged for that
 * once a call. The sums of the groups of eight rows are kept, then transposed and added in the order of k.
 * The superblocks that a row has beyond its groups are copied, and multiplied together with those of other
 * rows.
 */
#ifndef MYELIN_SRC_GEMM_QUANTIZED_AVX2_ROW_SUPERBLOCKS_H
#define MYELIN_SRC_GEMM_QUANTIZED_AVX2_ROW_SUPERBLOCKS_H

#include "avx2_row_groups.h"

enum {
    MAX_GROUPS = 32, /* of a slice, of all rows of X */
    MAX_SUPERBLOCK_BYTES = sizeof(block_q6_k),
};

/** Consecutive K-blocks of X, as many as fit. */
typedef struct {
    const gemm_args *args;
    int64_t first;         /* K-block */
    int groups;            /* of eight K-blocks, which are the lanes */
    int rest;              /* K-blocks beyond the groups; their lanes are rows of W, with the same X */
    group_x x[MAX_GROUPS]; /* [groups][n], then [rest][n] */
} x_slice;

/** The sums of eight rows of W and a row of X: [row][lane] of a group, [0][row] of a K-block beyond them. */
typedef float group_sums[LANES][LANES];

/** Arranges eight K-blocks of a row of X, stride apart. */
static void arrange_group(const weight_type *type, const activation_block *x, size_t stride, group_x *out) {
    const char *p = (const void *)x;
    __m256i v[16];
    for (size_t i = 0; i < K_BLOCK / 16; i++) {
        transpose(p + 16 * i, stride, v);
#pragma GCC unroll 4
        for (size_t j = 0; j < 4; j++) {
            _mm256_store_si256((void *)out->q[4 * i + j], v[j]);
        }
    }
    for (size_t i = 0; i < 4; i++) {
        transpose(p + offsetof(activation_block, neg_sums) + 16 * i, stride, v + 4 * i);
    }
    if (type->panel == PANEL_SUPER_32_MIN) {
        transpose(p + offsetof(activation_block, sums_32), stride, v);
    }
    for (size_t i = 0; i < 16; i++) {
        if (type->panel == PANEL_SUPER_16) {
            _mm256_store_si256((void *)out->start[i], _mm256_slli_epi32(v[i], type->zero_shift));
        } else if (type->panel == PANEL_SUPER_32_MIN && i < 4) {
            _mm256_store_si256((void *)out->sums[i], v[i]);
        } else if (type->panel == PANEL_SUPER_16_MIN && i % 2 == 0) {
            const __m256i odd = _mm256_slli_epi32(v[i + 1], 16);
            _mm256_store_si256((void *)out->sums[i / 2], _mm256_blend_epi16(v[i], odd, 0xaa));
        }
    }
    for (size_t i = 0; i < LANES; i++) {
        memcpy(out->d + i, p + i * stride + offsetof(activation_block, d), sizeof *out->d);
    }
}

static void arrange_slice(x_slice *slice) {
    const gemm_args *args = slice->args;
    const weight_type *type = &weight_types[args->type];
    const activation_block *x = args->x + slice->first * args->n;
    group_x *out = slice->x;
    for (int g = 0; g < slice->groups; g++, x += LANES * args->n) {
        for (int64_t r = 0; r < args->n; r++) {
            arrange_group(type, x + r, (size_t)args->n * sizeof *x, out++);
        }
    }
    for (int64_t i = 0; i < slice->rest * args->n; i++) {
        arrange_group(type, x + i, 0, out++);
    }
}

/** Adds the sums of eight rows of W and row r of X to y. */
static __m256 add_sums(const x_slice *slice, group_sums *sums, int64_t r, __m256 y) {
    const int64_t n = slice->args->n;
    const group_x *x = slice->x + r;
    sums += r;
    for (int g = 0; g < slice->groups; g++, sums += n, x += n) {
#pragma GCC unroll 2
        for (size_t first = 0; first < LANES; first += 4) {
            __m256 lanes[4];
            load_columns((*sums)[0], first, lanes);
#pragma GCC unroll 4
            for (size_t i = 0; i < 4; i++) {
                y = _mm256_fmadd_ps(lanes[i], _mm256_broadcast_ss(x->d + first + i), y);
            }
        }
    }
    for (int i = 0; i < slice->rest; i++, sums += n, x += n) {
        y = _mm256_fmadd_ps(_mm256_load_ps((*sums)[0]), _mm256_load_ps(x->d), y);
    }
    return y;
}

/** Multiplies at most eight rows of W. */
static void multiply_8_rows(const x_slice *slice, multiply_group_fn multiply, int64_t row, int64_t rows,
                            prefetcher *ahead) {
    const gemm_args *args = slice->args;
    const int64_t n = args->n;
    const size_t bytes = weight_types[args->type].block_bytes;
    char rests[LANES - 1][LANES * MAX_SUPERBLOCK_BYTES]; /* [K-block][row] */
    group_sums sums[MAX_GROUPS] __attribute__((aligned(32)));
    for (int64_t i = 0; i < rows; i++) {
        const char *w = args->w + (size_t)(row + i) * args->w_stride + (size_t)slice->first * bytes;
        for (int g = 0; g < slice->groups; g++, w += LANES * bytes) {
            multiply(w, slice->x + g * n, ahead, sums[g * n] + i);
        }
        for (int j = 0; j < slice->rest; j++, w += bytes) {
            memcpy(rests[j] + (size_t)i * bytes, w, bytes);
        }
    }
    for (int j = 0; j < slice->rest; j++) {
        const int64_t at = (slice->groups + j) * n;
        memset(rests[j] + (size_t)rows * bytes, 0, (size_t)(LANES - rows) * bytes);
        multiply(rests[j], slice->x + at, ahead, sums[at]);
    }
    for (int64_t r = 0; r < n; r++) {
        float *to = args->y + scatter_row(args, r) * args->y_stride + row;
        float y[LANES] __attribute__((aligned(32))) = {0};
        if (slice->first > 0) {
            memcpy(y, to, (size_t)rows * sizeof *y);
        }
        _mm256_store_ps(y, add_sums(slice, sums, r, _mm256_load_ps(y)));
        memcpy(to, y, (size_t)rows * sizeof *y);
    }
}

static void multiply_superblocks(const multiply_group_fn multiply[MAX_GROUP_N], const gemm_args *args,
                                 int64_t from, int64_t to) {
    const int64_t k_blocks = args->k / K_BLOCK;
    const int64_t most = (MAX_GROUPS / args->n - (LANES - 1)) * LANES;
    x_slice slice;
    slice.args = args;
    for (slice.first = 0; slice.first < k_blocks; slice.first += most) {
        const int64_t left = k_blocks - slice.first;
        const int64_t count = left < most ? left : most;
        slice.groups = (int)(count / LANES);
        slice.rest = (int)(count % LANES);
        arrange_slice(&slice);
        prefetcher ahead = prefetch_rows(args, from, to);
        for (int64_t row = from; row < to; row += LANES) {
            const int64_t rows = to - row < LANES ? to - row : LANES;
            multiply_8_rows(&slice, multiply[args->n - 1], row, rows, &ahead);
        }
    }
}

#define DEFINE_ROW_GEMV_SUPER(name)                                                                         \
    static void row_gemv_##name(const gemm_args *args, int64_t from, int64_t to) {                          \
        static const multiply_group_fn multiply[] = {multiply_group_##name##_1, multiply_group_##name##_2}; \
        multiply_superblocks(multiply, args, from, to);                                                     \
    }

DEFINE_ROW_GEMV_SUPER(q2_k)
DEFINE_ROW_GEMV_SUPER(q3_k)
DEFINE_ROW_GEMV_SUPER(q4_k)
DEFINE_ROW_GEMV_SUPER(q5_k)
DEFINE_ROW_GEMV_SUPER(q6_k)

#endif
