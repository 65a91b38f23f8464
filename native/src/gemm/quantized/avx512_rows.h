/** Reads 16 rows of W at a time: a transpose of 4-byte words. For every type, for packing and for GEMV. */
#ifndef MYELIN_SRC_GEMM_QUANTIZED_AVX512_ROWS_H
#define MYELIN_SRC_GEMM_QUANTIZED_AVX512_ROWS_H

#include "avx512.h"

/** 16 K-blocks: number 4 j + i is at w[i] + j * step. */
typedef struct {
    const char *w[4];
    size_t step;
} sixteen_blocks;

/** One of each of 16 rows. */
INLINE sixteen_blocks blocks_of_rows(const char *w, size_t stride) {
    return (sixteen_blocks){{w, w + stride, w + 2 * stride, w + 3 * stride}, 4 * stride};
}

INLINE const char *block_at(const sixteen_blocks *from, size_t i) {
    return from->w[i % 4] + i / 4 * from->step;
}

/** 16 bytes, from `at` on, of each of the K-blocks i, i + 4, i + 8 and i + 12. */
INLINE __m512i every_fourth_block(const sixteen_blocks *from, size_t at, size_t i) {
    __m512i v = _mm512_castsi128_si512(_mm_loadu_si128((const void *)(block_at(from, i) + at)));
    v = _mm512_inserti32x4(v, _mm_loadu_si128((const void *)(block_at(from, i + 4) + at)), 1);
    v = _mm512_inserti32x4(v, _mm_loadu_si128((const void *)(block_at(from, i + 8) + at)), 2);
    return _mm512_inserti32x4(v, _mm_loadu_si128((const void *)(block_at(from, i + 12) + at)), 3);
}

/** Transposes 16 bytes of each K-block: out[j] has bytes 4 j to 4 j + 3 of number 0, 1 ... */
INLINE void transpose_blocks(const sixteen_blocks *from, size_t at, __m512i out[4]) {
    const __m512i r0 = every_fourth_block(from, at, 0);
    const __m512i r1 = every_fourth_block(from, at, 1);
    const __m512i r2 = every_fourth_block(from, at, 2);
    const __m512i r3 = every_fourth_block(from, at, 3);
    const __m512i low01 = _mm512_unpacklo_epi32(r0, r1);
    const __m512i high01 = _mm512_unpackhi_epi32(r0, r1);
    const __m512i low23 = _mm512_unpacklo_epi32(r2, r3);
    const __m512i high23 = _mm512_unpackhi_epi32(r2, r3);
    out[0] = _mm512_unpacklo_epi64(low01, low23);
    out[1] = _mm512_unpackhi_epi64(low01, low23);
    out[2] = _mm512_unpacklo_epi64(high01, high23);
    out[3] = _mm512_unpackhi_epi64(high01, high23);
}

/** 16 bytes of each of the rows i, i + 4, i + 8 and i + 12. */
INLINE __m512i every_fourth(const char *p, size_t stride, size_t i) {
    const sixteen_blocks rows = blocks_of_rows(p, stride);
    return every_fourth_block(&rows, 0, i);
}

/** Transposes 16 bytes of each row: out[j] has bytes 4 j to 4 j + 3 of row 0, row 1 ... */
INLINE void transpose(const char *p, size_t stride, __m512i out[4]) {
    const sixteen_blocks rows = blocks_of_rows(p, stride);
    transpose_blocks(&rows, 0, out);
}

INLINE __m512i words(const char *p, size_t stride) {
    uint32_t v[PANEL_ROWS] __attribute__((aligned(64)));
    for (size_t i = 0; i < PANEL_ROWS; i++) {
        memcpy(v + i, p + i * stride, sizeof *v);
    }
    return _mm512_load_si512(v);
}

INLINE short half_word(const char *p) {
    short v;
    memcpy(&v, p, sizeof v);
    return v;
}

#define HALF_WORD(i) half_word(block_at(from, i) + at)

/** The half word at `at` of each K-block. */
INLINE __m256i half_words_of_blocks(const sixteen_blocks *from, size_t at) {
    /* inserted one by one: through memory, the load would wait for 16 stores */
    const __m128i low = _mm_setr_epi16(HALF_WORD(0), HALF_WORD(1), HALF_WORD(2), HALF_WORD(3), HALF_WORD(4),
                                       HALF_WORD(5), HALF_WORD(6), HALF_WORD(7));
    const __m128i high = _mm_setr_epi16(HALF_WORD(8), HALF_WORD(9), HALF_WORD(10), HALF_WORD(11),
                                        HALF_WORD(12), HALF_WORD(13), HALF_WORD(14), HALF_WORD(15));
    return _mm256_setr_m128i(low, high);
}

INLINE __m256i half_words(const char *p, size_t stride) {
    const sixteen_blocks rows = blocks_of_rows(p, stride);
    return half_words_of_blocks(&rows, 0);
}

INLINE __m512 scales(const char *p, size_t stride) {
    return _mm512_cvtph_ps(half_words(p, stride));
}

INLINE __m512i low_nibbles(__m512i v) {
    return _mm512_and_si512(v, _mm512_set1_epi8(15));
}

INLINE __m512i high_nibbles(__m512i v) {
    return low_nibbles(_mm512_srli_epi16(v, 4));
}

/** 6-bit scales minus 32. */
INLINE __m512 scale_of_6_bits(__m512i low, __m512i high) {
    const __m512i l = _mm512_and_si512(low, _mm512_set1_epi32(15));
    const __m512i h = _mm512_slli_epi32(_mm512_and_si512(high, _mm512_set1_epi32(3)), 4);
    return _mm512_cvtepi32_ps(_mm512_sub_epi32(_mm512_or_si512(l, h), _mm512_set1_epi32(32)));
}

/** Prefetches bytes, a constant, to the L2 cache. */
INLINE void prefetch_l2(const char *prefetch, const size_t bytes) {
#pragma GCC unroll 16
    for (size_t i = 0; i < bytes; i += 64) {
        _mm_prefetch(prefetch + i, _MM_HINT_T1);
    }
}

/**
 * Prefetches the next K-block of some rows from the L2 to the L1 cache: 16 rows are more streams than the
 * hardware prefetcher follows.
 */
INLINE void prefetch_l1(const char *w, size_t stride, int row, const int rows, const size_t segment_bytes) {
#pragma GCC unroll 4
    for (int i = 0; i < rows; i++) {
        const char *next = w + (size_t)(row + i) * stride + segment_bytes;
#pragma GCC unroll 8
        for (size_t j = 0; j < segment_bytes; j += 64) {
            _mm_prefetch(next + j, _MM_HINT_T0);
        }
    }
}

/** The dot product of `steps` steps of 16 rows of W and one row of X, added to start. */
INLINE __m512i dot_product(const int steps, __m512i start, const __m512i *q, const int8_t *x) {
    __m512i sum[2] = {start, _mm512_setzero_si512()};
#pragma GCC unroll 8
    for (int j = 0; j < steps; j++) {
        int32_t v;
        memcpy(&v, x + 4 * j, sizeof v);
        sum[j % 2] = _mm512_dpbusd_epi32(sum[j % 2], q[j], _mm512_set1_epi32(v));
    }
    return _mm512_add_epi32(sum[0], sum[1]);
}

#define EACH_X(r) _Pragma("GCC unroll 8") for (int r = 0; r < n; r++)

INLINE __m512 *sums_at(float *y, int r) {
    return (__m512 *)(void *)(y + r * STRIP_ROWS);
}

#endif
