/* GEMV of whole rows of the types of grids.h, also for AVX-VNNI and AVX-512. Compiled with AVX2, FMA and
 * F16C. */
#include "avx2_grids.h"
#include "avx2_blocks.h"

/** The scales of 32 weights, for the products of pairs of them. */
INLINE __m256i scales_32(const avx2_grid_block *block, size_t b) {
    const __m256i both = _mm256_set1_epi32(word_at(block->scales + 2 * b));
    return _mm256_shuffle_epi8(both, _mm256_setr_epi64x(0x0100010001000100, 0x0100010001000100,
                                                        0x0302030203020302, 0x0302030203020302));
}

/** The scales times the negated sums of the activations times the zero point. */
INLINE __m256i zero_offset(const avx2_grid_block *block, const activation_block *x, const int zero_shift) {
    const __m256i *sums = (const void *)x->neg_sums;
    const __m256i packed = _mm256_packs_epi32(_mm256_loadu_si256(sums), _mm256_loadu_si256(sums + 1));
    const __m256i scales = _mm256_loadu_si256((const void *)block->scales);
    const __m256i in_order = _mm256_permute4x64_epi64(packed, 0xd8);
    return _mm256_slli_epi32(_mm256_madd_epi16(scales, in_order), zero_shift);
}

/** The sum in the first lane. */
INLINE __m128i sum_of_lanes(__m256i v) {
    __m128i s = _mm_add_epi32(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));
    s = _mm_add_epi32(s, _mm_shuffle_epi32(s, 0x4e));
    return _mm_add_epi32(s, _mm_shuffle_epi32(s, 0xb1));
}

enum { MAX_ROW_N = 4 };

#define EACH_X(r) _Pragma("GCC unroll 4") for (int r = 0; r < n; r++)

/** Adds the dot products of a superblock to y. */
INLINE void multiply_block(const int n, const avx2_grid_block *block, const void *grid, const int entry,
                           const int zero_shift, const int is_delta, const activation_block *x,
                           __m128 y[MAX_ROW_N]) {
    __m256i sum[MAX_ROW_N];
    EACH_X(r) {
        sum[r] = zero_offset(block, x + r, zero_shift);
    }
#pragma GCC unroll 8
    for (size_t b = 0; b < BLOCKS; b++) {
        const __m256i q = quants(block, b, grid, entry, zero_shift, is_delta);
        const __m256i scales = scales_32(block, b);
        EACH_X(r) {
            const __m256i v = _mm256_loadu_si256((const void *)(x[r].q + 32 * b));
            sum[r] = _mm256_add_epi32(sum[r], _mm256_madd_epi16(_mm256_maddubs_epi16(q, v), scales));
        }
    }
    EACH_X(r) {
        const __m128 s = _mm_mul_ss(_mm_cvtepi32_ps(sum_of_lanes(sum[r])), _mm_load_ss(&block->d));
        y[r] = _mm_fmadd_ss(s, _mm_load_ss(x[r].d), y[r]);
    }
}

/* in bytes; to the L1 cache, since memory is not the limit: from further ahead to L2 is 0.9 of the speed */
enum { GRID_PREFETCH_DISTANCE = 2048 };

/** Prefetches as many bytes, a constant, as a superblock has. */
INLINE void prefetch_block(const char *w, const size_t bytes) {
#pragma GCC unroll 2
    for (size_t i = 0; i < bytes; i += 64) {
        _mm_prefetch(w + GRID_PREFETCH_DISTANCE + i, _MM_HINT_T0);
    }
}

/**
 * Rows of W times n rows of X. A superblock is taken apart while the one before it is multiplied: one after
 * the other they would be a chain longer than what a CPU looks ahead.
 */
INLINE void multiply_rows(const int n, avx2_split_fn split, const void *grid, const int entry,
                          const int zero_shift, const int is_delta, const size_t block_bytes,
                          const gemm_args *args, int64_t from, int64_t to) {
    const int64_t blocks = args->k / K_BLOCK;
    avx2_grid_block block[2];
    const char *w = args->w + (size_t)from * args->w_stride;
    split(w, block);
    size_t i = 0;
    for (int64_t row = from; row < to; row++) {
        const activation_block *x = args->x;
        __m128 y[MAX_ROW_N];
        EACH_X(r) {
            y[r] = _mm_setzero_ps();
        }
        for (int64_t kb = 0; kb < blocks; kb++, i++, x += args->n) {
            const char *next =
                kb + 1 < blocks ? w + block_bytes : args->w + (size_t)(row + 1) * args->w_stride;
            prefetch_block(w, block_bytes);
            if (kb + 1 < blocks || row + 1 < to) {
                split(next, block + (i + 1) % 2);
            }
            multiply_block(n, block + i % 2, grid, entry, zero_shift, is_delta, x, y);
            w = next;
        }
        EACH_X(r) {
            _mm_store_ss(args->y + scatter_row(args, r) * args->y_stride + row, y[r]);
        }
    }
}

#define DEFINE_ROWS(type, name, grid, entry, zero_shift, is_delta)                            \
    void avx2_rows_##name(const gemm_args *args, int64_t from, int64_t to) {                  \
        const int n = (int)args->n;                                                           \
        CALL_WITH_N_TO_4(multiply_rows, avx2_split_##name, grid, entry, zero_shift, is_delta, \
                         sizeof(block_##name), args, from, to)                                \
    }

EACH_GRID_TYPE(DEFINE_ROWS)
