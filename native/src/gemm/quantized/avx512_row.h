/** Shared by the kernels that read whole rows, for one row of X. */
#ifndef MYELIN_SRC_GEMM_QUANTIZED_AVX512_ROW_H
#define MYELIN_SRC_GEMM_QUANTIZED_AVX512_ROW_H

#include <math.h>

#include "avx512_rows.h"

enum {
    ROWS_AT_ONCE = 4,
    PREFETCH_AHEAD = 4096, /* bytes that are prefetched beyond the next rows */
};

#define UNROLL(i, count) _Pragma("GCC unroll 16") for (int i = 0; i < (count); i++)

/** The address at a distance from w, if next follows end. */
INLINE const char *prefetch_address(const char *w, size_t distance, const char *end, const char *next) {
    const size_t left = (size_t)(end - w);
    return distance < left ? w + distance : next + (distance - left);
}

/** The K-blocks of four rows of W, `at` bytes from their beginning, and what to prefetch meanwhile. Missing
 * rows repeat the last one. */
INLINE void take_four_rows(const gemm_args *args, int64_t row, int64_t to, size_t at,
                           const char *w[ROWS_AT_ONCE], const char **prefetch) {
    const char *first = args->w + (size_t)row * args->w_stride + at;
    const char *end = args->w + (size_t)to * args->w_stride;
    for (int64_t r = 0; r < ROWS_AT_ONCE; r++) {
        w[r] = first + (size_t)(row + r < to ? r : to - 1 - row) * args->w_stride;
    }
    *prefetch = prefetch_address(first, ROWS_AT_ONCE * args->w_stride + PREFETCH_AHEAD, end, args->next_w);
}

/** Bits of a where mask has ones, of b elsewhere. */
INLINE __m512i select_bits(__m512i mask, __m512i a, __m512i b) {
    return _mm512_ternarylogic_epi32(mask, a, b, 0xca);
}

/** Sums of adjacent words of 32 bits, which must fit 16 bits. */
INLINE __m512i add_pairs(__m512i a, __m512i b) {
    return _mm512_madd_epi16(_mm512_packs_epi32(a, b), _mm512_set1_epi16(1));
}

/** The same of sums that need not fit. */
INLINE __m512i add_wide_pairs(__m512i a, __m512i b) {
    const __m512 x = _mm512_castsi512_ps(a);
    const __m512 y = _mm512_castsi512_ps(b);
    return _mm512_add_epi32(_mm512_castps_si512(_mm512_shuffle_ps(x, y, 0x88)),
                            _mm512_castps_si512(_mm512_shuffle_ps(x, y, 0xdd)));
}

#endif
