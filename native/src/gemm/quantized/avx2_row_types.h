/** How a K-block of each type in blocks of 32 is read: dot products with rows of X, scales and minimums. */
#ifndef MYELIN_SRC_GEMM_QUANTIZED_AVX2_ROW_TYPES_H
#define MYELIN_SRC_GEMM_QUANTIZED_AVX2_ROW_TYPES_H

#include "avx2_row_blocks.h"

/* ---- scales --------------------------------------------------------------------------------------- */

INLINE __m128i load_16(const char *p) {
    return _mm_loadu_si128((const void *)p);
}

INLINE __m256i load_32(const char *p) {
    return _mm256_loadu_si256((const void *)p);
}

/** Words `apart` bytes from each other, a constant: word i is in the 16 bytes at (apart - 2) * i. */
INLINE __m128i words_apart(const char *p, const size_t apart) {
    const size_t step = apart - 2;
    const __m128i a = _mm_blend_epi16(load_16(p), load_16(p + step), 0x02);
    const __m128i b = _mm_blend_epi16(load_16(p + 2 * step), load_16(p + 3 * step), 0x08);
    const __m128i c = _mm_blend_epi16(load_16(p + 4 * step), load_16(p + 5 * step), 0x20);
    const __m128i d = _mm_blend_epi16(load_16(p + 6 * step), load_16(p + 7 * step), 0x80);
    return _mm_blend_epi16(_mm_blend_epi16(a, b, 0x0c), _mm_blend_epi16(c, d, 0xc0), 0xf0);
}

/** The same for 18 bytes: two of the 16 bytes are contiguous. */
INLINE __m128i words_18_apart(const char *p) {
    const __m256i a = _mm256_blend_epi16(load_32(p), load_32(p + 32), 0x0c);
    const __m256i b = _mm256_blend_epi16(load_32(p + 64), load_32(p + 96), 0xc0);
    const __m256i c = _mm256_blend_epi16(a, b, 0xf0);
    return _mm_blend_epi16(_mm256_castsi256_si128(c), _mm256_extracti128_si256(c, 1), 0xaa);
}

/** Four words of 32 bits: word i is in the 16 bytes at (apart - 4) * i. */
INLINE __m128i four_words_apart(const char *p, const size_t apart) {
    const size_t step = apart - 4;
    const __m128i a = _mm_blend_epi32(load_16(p), load_16(p + step), 0x2);
    const __m128i b = _mm_blend_epi32(load_16(p + 2 * step), load_16(p + 3 * step), 0x8);
    return _mm_blend_epi32(a, b, 0xc);
}

INLINE scale_and_min scales_only(__m128i d) {
    return (scale_and_min){_mm256_cvtph_ps(d), _mm256_setzero_ps()};
}

/** Scale and minimum at the beginning of blocks of block_bytes. */
INLINE scale_and_min scales_and_mins(const char *w, const size_t block_bytes) {
    const __m128i high = four_words_apart(w + 4 * block_bytes, block_bytes);
    __m256i v = _mm256_inserti128_si256(_mm256_castsi128_si256(four_words_apart(w, block_bytes)), high, 1);
    const __m128i d_then_m = _mm_setr_epi8(0, 1, 4, 5, 8, 9, 12, 13, 2, 3, 6, 7, 10, 11, 14, 15);
    v = _mm256_permute4x64_epi64(_mm256_shuffle_epi8(v, _mm256_broadcastsi128_si256(d_then_m)), 0xd8);
    return (scale_and_min){_mm256_cvtph_ps(_mm256_castsi256_si128(v)),
                           _mm256_cvtph_ps(_mm256_extracti128_si256(v, 1))};
}

INLINE scale_and_min row_scales_q4_0(const char *w) {
    return scales_only(words_18_apart(w));
}

INLINE scale_and_min row_scales_q4_1(const char *w) {
    return scales_and_mins(w, sizeof(block_q4_1));
}

INLINE scale_and_min row_scales_q5_0(const char *w) {
    return scales_only(words_apart(w, sizeof(block_q5_0)));
}

INLINE scale_and_min row_scales_q5_1(const char *w) {
    return scales_and_mins(w, sizeof(block_q5_1));
}

INLINE scale_and_min row_scales_q8_0(const char *w) {
    return scales_only(words_apart(w, sizeof(block_q8_0)));
}

INLINE scale_and_min row_scales_iq4_nl(const char *w) {
    return scales_only(words_18_apart(w));
}

INLINE scale_and_min row_scales_iq4_xs(const char *w) {
    const __m256i nibble = _mm256_setr_epi32(0, 4, 8, 12, 16, 20, 24, 28);
    const __m256i pair = _mm256_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14);
    const __m256i low = _mm256_set1_epi32(word(w + offsetof(block_iq4_xs, scales_l)));
    const __m256i high = _mm256_set1_epi32((uint16_t)half_word(w + offsetof(block_iq4_xs, scales_h)));
    const __m256 scale = scale_of_6_bits(_mm256_srlv_epi32(low, nibble), _mm256_srlv_epi32(high, pair));
    const __m256 d = _mm256_cvtph_ps(_mm_set1_epi16(half_word(w)));
    return (scale_and_min){_mm256_mul_ps(d, scale), _mm256_setzero_ps()};
}

INLINE scale_and_min row_scales_mxfp4(const char *w) {
    /* each word has e in its low byte */
    const __m128i e = _mm_and_si128(words_apart(w, sizeof(block_mxfp4)), _mm_set1_epi16(255));
    return (scale_and_min){e8m0_to_float(_mm256_cvtepu16_epi32(e)), _mm256_setzero_ps()};
}

/* ---- dot products --------------------------------------------------------------------------------- */

/** Quants of 32 bytes of X. */
INLINE __m256i load_x(const row_x *x, size_t i) {
    return _mm256_load_si256((const void *)(x->q + 32 * i));
}

INLINE __m256i subtract_zero(const int zero_shift, const row_x *x, __m256i dots) {
    return zero_shift == HAS_MIN ? dots : _mm256_add_epi32(dots, _mm256_load_si256((const void *)x->zero));
}

/**
 * The dot products of quants of at most 15 or 31, in the order BY_NIBBLES. AVX2: four products of 31 * 127
 * fit 16 bits when two registers are added, eight when these are folded; of 15 * 127 sixteen.
 */
INLINE void dots_by_nibbles(const size_t n, const size_t max_q, const int zero_shift, const __m256i q[8],
                            const row_x *x, __m256i dots[MAX_ROW_N]) {
#pragma GCC unroll 4
    for (size_t r = 0; r < n; r++) {
        __m256i v[4];
#pragma GCC unroll 4
        for (size_t j = 0; j < 4; j++) {
            v[j] = multiply_quants(q[2 * j], load_x(x + r, 2 * j));
            v[j] = multiply_add_quants(v[j], q[2 * j + 1], load_x(x + r, 2 * j + 1));
        }
        const __m256i a = fold_32(v[0], v[1]);
        const __m256i b = fold_32(v[2], v[3]);
        const __m256i sum = max_q <= 15 ? wide(fold_64(a, b)) : wide_fold_64(wide(a), wide(b));
        dots[r] = subtract_zero(zero_shift, x + r, sum);
    }
}

/** Eight registers of nibbles of blocks j and j + 4; the blocks are block_bytes apart. */
INLINE void row_nibbles(const char *qs, const size_t block_bytes, __m256i q[8]) {
#pragma GCC unroll 4
    for (size_t j = 0; j < 4; j++) {
        const __m256i b = two_rows(qs + block_bytes * j, qs + block_bytes * (j + 4));
        q[2 * j] = low_nibbles(b);
        q[2 * j + 1] = high_nibbles(b);
    }
}

INLINE void row_dots_q4_0(const size_t n, const char *w, const row_x *x, __m256i dots[MAX_ROW_N]) {
    __m256i q[8];
    row_nibbles(w + offsetof(block_q4_0, qs), sizeof(block_q4_0), q);
    dots_by_nibbles(n, 15, 3, q, x, dots);
}

INLINE void row_dots_q4_1(const size_t n, const char *w, const row_x *x, __m256i dots[MAX_ROW_N]) {
    __m256i q[8];
    row_nibbles(w + offsetof(block_q4_1, qs), sizeof(block_q4_1), q);
    dots_by_nibbles(n, 15, HAS_MIN, q, x, dots);
}

/** Adds the fifth bits: 32 of each block. */
INLINE void add_fifth_bits(const char *qh, const size_t block_bytes, __m256i q[8]) {
    const __m256i bit = _mm256_set1_epi64x((long long)0x8040201008040201);
#pragma GCC unroll 4
    for (size_t j = 0; j < 4; j++) {
        const __m256i bits = _mm256_blend_epi32(_mm256_set1_epi32(word(qh + block_bytes * j)),
                                                _mm256_set1_epi32(word(qh + block_bytes * (j + 4))), 0xf0);
#pragma GCC unroll 2
        for (size_t high = 0; high < 2; high++) {
            const __m256i of_byte = _mm256_setr_epi64x(0, 0x0101010101010101, 0, 0x0101010101010101);
            const __m256i of_high = _mm256_setr_epi64x(0x0202020202020202, 0x0303030303030303,
                                                       0x0202020202020202, 0x0303030303030303);
            const __m256i bytes = _mm256_shuffle_epi8(bits, high ? of_high : of_byte);
            const __m256i is_set = _mm256_cmpeq_epi8(_mm256_and_si256(bytes, bit), bit);
            q[2 * j + high] =
                _mm256_or_si256(q[2 * j + high], _mm256_and_si256(is_set, _mm256_set1_epi8(16)));
        }
    }
}

INLINE void row_dots_q5_0(const size_t n, const char *w, const row_x *x, __m256i dots[MAX_ROW_N]) {
    __m256i q[8];
    row_nibbles(w + offsetof(block_q5_0, qs), sizeof(block_q5_0), q);
    add_fifth_bits(w + offsetof(block_q5_0, qh), sizeof(block_q5_0), q);
    dots_by_nibbles(n, 31, 4, q, x, dots);
}

INLINE void row_dots_q5_1(const size_t n, const char *w, const row_x *x, __m256i dots[MAX_ROW_N]) {
    __m256i q[8];
    row_nibbles(w + offsetof(block_q5_1, qs), sizeof(block_q5_1), q);
    add_fifth_bits(w + offsetof(block_q5_1, qh), sizeof(block_q5_1), q);
    dots_by_nibbles(n, 31, HAS_MIN, q, x, dots);
}

INLINE void row_dots_mxfp4(const size_t n, const char *w, const row_x *x, __m256i dots[MAX_ROW_N]) {
    __m256i q[8];
    row_nibbles(w + offsetof(block_mxfp4, qs), sizeof(block_mxfp4), q);
#pragma GCC unroll 8
    for (size_t i = 0; i < 8; i++) {
        q[i] = _mm256_shuffle_epi8(codebook(CODEBOOK_E2M1), q[i]);
    }
    dots_by_nibbles(n, 31, 4, q, x, dots);
}

/**
 * Sums of four products of signed weights, 32 bits each. AVX2: magnitudes times activations with the sign of
 * the weight, of which two products are at most 2 * 128 * 127. AVX-VNNI: weights plus 128.
 */
INLINE __m256i multiply_signed(__m256i w, __m256i x) {
#if HAS_VNNI
    return multiply_quants(_mm256_xor_si256(w, _mm256_set1_epi8((char)0x80)), x);
#else
    return wide(multiply_quants(_mm256_abs_epi8(w), _mm256_sign_epi8(x, w)));
#endif
}

/** The zero point of multiply_signed(). */
enum { SIGNED_SHIFT = 7 };

INLINE __m256i subtract_signed_zero(const row_x *x, __m256i dots) {
    return HAS_VNNI ? subtract_zero(SIGNED_SHIFT, x, dots) : dots;
}

INLINE void row_dots_q8_0(const size_t n, const char *w, const row_x *x, __m256i dots[MAX_ROW_N]) {
    __m256i half[MAX_ROW_N][2];
    const char *qs = w + offsetof(block_q8_0, qs);
#pragma GCC unroll 2
    for (size_t h = 0; h < 2; h++) {
        __m256i pair[MAX_ROW_N][2];
#pragma GCC unroll 2
        for (size_t p = 0; p < 2; p++) {
            const size_t b = 4 * h + 2 * p;
            const __m256i w0 = load_32(qs + b * sizeof(block_q8_0));
            const __m256i w1 = load_32(qs + (b + 1) * sizeof(block_q8_0));
#pragma GCC unroll 4
            for (size_t r = 0; r < n; r++) {
                pair[r][p] = wide_fold_32(multiply_signed(w0, load_x(x + r, b)),
                                          multiply_signed(w1, load_x(x + r, b + 1)));
            }
        }
#pragma GCC unroll 4
        for (size_t r = 0; r < n; r++) {
            half[r][h] = wide_fold_64(pair[r][0], pair[r][1]);
        }
    }
#pragma GCC unroll 4
    for (size_t r = 0; r < n; r++) {
        dots[r] = subtract_signed_zero(x + r, wide_fold_128(half[r][0], half[r][1]));
    }
}

/** Nibbles of iq4_nl and iq4_xs. */
INLINE void dots_by_codebook(const size_t n, const char *qs, const size_t block_bytes, const row_x *x,
                             __m256i dots[MAX_ROW_N]) {
    const __m256i values = _mm256_xor_si256(codebook(CODEBOOK_IQ4), _mm256_set1_epi8((char)0x80));
    __m256i q[8];
    row_nibbles(qs, block_bytes, q);
#pragma GCC unroll 8
    for (size_t i = 0; i < 8; i++) {
        q[i] = _mm256_shuffle_epi8(values, q[i]);
    }
#pragma GCC unroll 4
    for (size_t r = 0; r < n; r++) {
        __m256i v[4];
#pragma GCC unroll 4
        for (size_t j = 0; j < 4; j++) {
            v[j] = _mm256_add_epi32(multiply_signed(q[2 * j], load_x(x + r, 2 * j)),
                                    multiply_signed(q[2 * j + 1], load_x(x + r, 2 * j + 1)));
        }
        const __m256i sum = wide_fold_64(wide_fold_32(v[0], v[1]), wide_fold_32(v[2], v[3]));
        dots[r] = subtract_signed_zero(x + r, sum);
    }
}

INLINE void row_dots_iq4_nl(const size_t n, const char *w, const row_x *x, __m256i dots[MAX_ROW_N]) {
    dots_by_codebook(n, w + offsetof(block_iq4_nl, qs), sizeof(block_iq4_nl), x, dots);
}

INLINE void row_dots_iq4_xs(const size_t n, const char *w, const row_x *x, __m256i dots[MAX_ROW_N]) {
    dots_by_codebook(n, w + offsetof(block_iq4_xs, qs), 16, x, dots);
}

/** Defines the function of a type. */
#define DEFINE_ROWS_32(name, order, bytes, zero_shift)                                                       \
    static void row_gemv_##name(const gemm_args *args, int64_t from, int64_t to) {                           \
        switch (args->n) {                                                                                   \
            CASES_TO_3(multiply_rows_32, order, bytes, zero_shift, row_dots_##name, row_scales_##name, args, \
                       from, to)                                                                             \
            default:                                                                                         \
                __builtin_unreachable();                                                                     \
        }                                                                                                    \
    }

DEFINE_ROWS_32(q4_0, BY_NIBBLES, BLOCKS * sizeof(block_q4_0), 3)
DEFINE_ROWS_32(q4_1, BY_NIBBLES, BLOCKS * sizeof(block_q4_1), HAS_MIN)
DEFINE_ROWS_32(q5_0, BY_NIBBLES, BLOCKS * sizeof(block_q5_0), 4)
DEFINE_ROWS_32(q5_1, BY_NIBBLES, BLOCKS * sizeof(block_q5_1), HAS_MIN)
DEFINE_ROWS_32(q8_0, IN_ORDER, BLOCKS * sizeof(block_q8_0), SIGNED_SHIFT)
DEFINE_ROWS_32(iq4_nl, BY_NIBBLES, BLOCKS * sizeof(block_iq4_nl), SIGNED_SHIFT)
DEFINE_ROWS_32(iq4_xs, BY_NIBBLES, sizeof(block_iq4_xs), SIGNED_SHIFT)
DEFINE_ROWS_32(mxfp4, BY_NIBBLES, BLOCKS * sizeof(block_mxfp4), 4)

#endif
