/**
 * Reads 8 rows of W at a time from the format of the file: a transpose of 4-byte words. For AVX2 and AVX-
 * VNNI; needs AVX2 and F16C.
 */
#ifndef MYELIN_SRC_GEMM_QUANTIZED_AVX2_BLOCKS_H
#define MYELIN_SRC_GEMM_QUANTIZED_AVX2_BLOCKS_H

#include <immintrin.h>
#include <string.h>

#include "common.h"

enum { LANES = 8 };

/** Declares the function of a type that is read row by row. */
#define AVX2_WIDE_TYPE(type, name, ...) \
    void avx2_pack_##name(const char *w, size_t stride, int blocks, panel *out);

EACH_WIDE_TYPE(AVX2_WIDE_TYPE)
EACH_WIDE_BLOCK_TYPE(AVX2_WIDE_TYPE)

/** The function of a type that is read by planes, by the name of the table of the instruction set. */
#define GEMV_PLANES_NAME(table, name) PASTE_GEMV(table, name)
#define PASTE_GEMV(table, name) table##_gemv_##name
#define DECLARE_PLANES(type, name) void GEMV_PLANES_NAME(TABLE, name)(GEMV_PARAMETERS);

/** Declares the functions of a type of grids.h. */
#define AVX2_GRID_TYPE(type, name, ...)                                          \
    void avx2_pack_##name(const char *w, size_t stride, int blocks, panel *out); \
    void avx2_rows_##name(const gemm_args *args, int64_t from, int64_t to);

EACH_GRID_TYPE(AVX2_GRID_TYPE)

/** The fifth row, in a register of its own: multiples of the stride up to 7 would need too many registers. */
INLINE const char *fifth_row(const char *p, size_t stride) {
    const char *q = p + 4 * stride;
    __asm__("" : "+r"(q));
    return q;
}

/** 16 bytes at p and 16 bytes at q. */
INLINE __m256i two_rows(const char *p, const char *q) {
    const __m128i high = _mm_loadu_si128((const void *)q);
    return _mm256_inserti128_si256(_mm256_castsi128_si256(_mm_loadu_si128((const void *)p)), high, 1);
}

/** Transposes 16 bytes of each row: out[j] has bytes 4 j to 4 j + 3 of row 0, row 1 ... */
INLINE void transpose(const char *p, size_t stride, __m256i out[4]) {
    const char *q = fifth_row(p, stride);
    const __m256i r0 = two_rows(p, q);
    const __m256i r1 = two_rows(p + stride, q + stride);
    const __m256i r2 = two_rows(p + 2 * stride, q + 2 * stride);
    const __m256i r3 = two_rows(p + 3 * stride, q + 3 * stride);
    const __m256i low01 = _mm256_unpacklo_epi32(r0, r1);
    const __m256i high01 = _mm256_unpackhi_epi32(r0, r1);
    const __m256i low23 = _mm256_unpacklo_epi32(r2, r3);
    const __m256i high23 = _mm256_unpackhi_epi32(r2, r3);
    out[0] = _mm256_unpacklo_epi64(low01, low23);
    out[1] = _mm256_unpackhi_epi64(low01, low23);
    out[2] = _mm256_unpacklo_epi64(high01, high23);
    out[3] = _mm256_unpackhi_epi64(high01, high23);
}

INLINE int word(const char *p) {
    int v;
    memcpy(&v, p, sizeof v);
    return v;
}

INLINE short half_word(const char *p) {
    short v;
    memcpy(&v, p, sizeof v);
    return v;
}

#define FOUR_ROWS(f, p) f(p), f(p + stride), f(p + 2 * stride), f(p + 3 * stride)

INLINE __m256i words(const char *p, size_t stride) {
    const char *q = fifth_row(p, stride);
    return _mm256_setr_epi32(FOUR_ROWS(word, p), FOUR_ROWS(word, q));
}

INLINE __m128i half_words(const char *p, size_t stride) {
    const char *q = fifth_row(p, stride);
    return _mm_setr_epi16(FOUR_ROWS(half_word, p), FOUR_ROWS(half_word, q));
}

INLINE __m256 scales(const char *p, size_t stride) {
    return _mm256_cvtph_ps(half_words(p, stride));
}

INLINE __m256i low_nibbles(__m256i v) {
    return _mm256_and_si256(v, _mm256_set1_epi8(15));
}

INLINE __m256i high_nibbles(__m256i v) {
    return low_nibbles(_mm256_srli_epi16(v, 4));
}

/*
 * ---- blocks of 32: 8 registers, each with a step of every row --------------------------------------------
 */

/** How a nibble becomes a quant. */
enum coding { PLAIN, CODEBOOK, FIFTH_BIT };

/** Bits 4 j to 4 j + 3 of each word, each as the fifth bit of a byte. */
INLINE __m256i fifth_bits(__m256i qh, int j) {
    const int byte = j / 2;
    const __m128i of_word = _mm_setr_epi8(
        (char)byte, (char)byte, (char)byte, (char)byte, (char)(byte + 4), (char)(byte + 4), (char)(byte + 4),
        (char)(byte + 4), (char)(byte + 8), (char)(byte + 8), (char)(byte + 8), (char)(byte + 8),
        (char)(byte + 12), (char)(byte + 12), (char)(byte + 12), (char)(byte + 12));
    const __m256i bit = _mm256_set1_epi32(j % 2 == 0 ? 0x08040201 : (int)0x80402010);
    const __m256i bytes = _mm256_shuffle_epi8(qh, _mm256_broadcastsi128_si256(of_word));
    const __m256i is_set = _mm256_cmpeq_epi8(_mm256_and_si256(bytes, bit), bit);
    return _mm256_and_si256(is_set, _mm256_set1_epi8(16));
}

/** Reads 16 bytes of nibbles of each row; extra is the codebook or the fifth bits. */
INLINE void read_nibbles(const enum coding coding, const char *p, size_t stride, __m256i extra,
                         __m256i q[8]) {
    __m256i bytes[4];
    transpose(p, stride, bytes);
#pragma GCC unroll 4
    for (int j = 0; j < 4; j++) {
        q[j] = low_nibbles(bytes[j]);
        q[j + 4] = high_nibbles(bytes[j]);
        if (coding == CODEBOOK) {
            q[j] = _mm256_shuffle_epi8(extra, q[j]);
            q[j + 4] = _mm256_shuffle_epi8(extra, q[j + 4]);
        } else if (coding == FIFTH_BIT) {
            q[j] = _mm256_or_si256(q[j], fifth_bits(extra, j));
            q[j + 4] = _mm256_or_si256(q[j + 4], fifth_bits(extra, j + 4));
        }
    }
}

INLINE __m256i codebook(const uint8_t values[16]) {
    return _mm256_broadcastsi128_si256(_mm_loadu_si128((const void *)values));
}

/** The scales of a block of all rows, and the minimums if the type has them. */
typedef struct {
    __m256 d;
    __m256 m;
} scale_and_min;

/** Reads block b of a K-block of 8 rows. */
typedef scale_and_min (*read_32_fn)(const char *w, size_t stride, size_t b, __m256i q[8]);

INLINE scale_and_min read_q4_0(const char *w, size_t stride, size_t b, __m256i q[8]) {
    w += b * sizeof(block_q4_0);
    read_nibbles(PLAIN, w + offsetof(block_q4_0, qs), stride, _mm256_setzero_si256(), q);
    return (scale_and_min){scales(w, stride), _mm256_setzero_ps()};
}

INLINE scale_and_min read_q4_1(const char *w, size_t stride, size_t b, __m256i q[8]) {
    w += b * sizeof(block_q4_1);
    read_nibbles(PLAIN, w + offsetof(block_q4_1, qs), stride, _mm256_setzero_si256(), q);
    return (scale_and_min){scales(w, stride), scales(w + offsetof(block_q4_1, m), stride)};
}

INLINE scale_and_min read_q5_0(const char *w, size_t stride, size_t b, __m256i q[8]) {
    w += b * sizeof(block_q5_0);
    const __m256i qh = words(w + offsetof(block_q5_0, qh), stride);
    read_nibbles(FIFTH_BIT, w + offsetof(block_q5_0, qs), stride, qh, q);
    return (scale_and_min){scales(w, stride), _mm256_setzero_ps()};
}

INLINE scale_and_min read_q5_1(const char *w, size_t stride, size_t b, __m256i q[8]) {
    w += b * sizeof(block_q5_1);
    const __m256i qh = words(w + offsetof(block_q5_1, qh), stride);
    read_nibbles(FIFTH_BIT, w + offsetof(block_q5_1, qs), stride, qh, q);
    return (scale_and_min){scales(w, stride), scales(w + offsetof(block_q5_1, m), stride)};
}

INLINE scale_and_min read_q8_0(const char *w, size_t stride, size_t b, __m256i q[8]) {
    w += b * sizeof(block_q8_0);
    transpose(w + offsetof(block_q8_0, qs), stride, q);
    transpose(w + offsetof(block_q8_0, qs) + 16, stride, q + 4);
#pragma GCC unroll 8
    for (int j = 0; j < 8; j++) {
        q[j] = _mm256_xor_si256(q[j], _mm256_set1_epi8((char)0x80));
    }
    return (scale_and_min){scales(w, stride), _mm256_setzero_ps()};
}

INLINE scale_and_min read_iq4_nl(const char *w, size_t stride, size_t b, __m256i q[8]) {
    w += b * sizeof(block_iq4_nl);
    read_nibbles(CODEBOOK, w + offsetof(block_iq4_nl, qs), stride, codebook(CODEBOOK_IQ4), q);
    return (scale_and_min){scales(w, stride), _mm256_setzero_ps()};
}

/** 6-bit scales minus 32. */
INLINE __m256 scale_of_6_bits(__m256i low, __m256i high) {
    const __m256i l = _mm256_and_si256(low, _mm256_set1_epi32(15));
    const __m256i h = _mm256_slli_epi32(_mm256_and_si256(high, _mm256_set1_epi32(3)), 4);
    return _mm256_cvtepi32_ps(_mm256_sub_epi32(_mm256_or_si256(l, h), _mm256_set1_epi32(32)));
}

INLINE scale_and_min read_iq4_xs(const char *w, size_t stride, size_t b, __m256i q[8]) {
    const char *qs = w + offsetof(block_iq4_xs, qs) + 16 * b;
    read_nibbles(CODEBOOK, qs, stride, codebook(CODEBOOK_IQ4), q);
    const __m256i low = words(w + offsetof(block_iq4_xs, scales_l), stride);
    const __m256i high = _mm256_cvtepu16_epi32(half_words(w + offsetof(block_iq4_xs, scales_h), stride));
    const __m256 scale =
        scale_of_6_bits(_mm256_srli_epi32(low, 4 * (int)b), _mm256_srli_epi32(high, 2 * (int)b));
    return (scale_and_min){_mm256_mul_ps(scales(w, stride), scale), _mm256_setzero_ps()};
}

/** 2^(e - 128), subnormal for e < 2. */
INLINE __m256 e8m0_to_float(__m256i e) {
    const __m256i normal = _mm256_slli_epi32(_mm256_sub_epi32(e, _mm256_set1_epi32(1)), 23);
    const __m256i small = _mm256_sllv_epi32(_mm256_set1_epi32(0x200000), e);
    const __m256i is_small = _mm256_cmpgt_epi32(_mm256_set1_epi32(2), e);
    return _mm256_castsi256_ps(_mm256_blendv_epi8(normal, small, is_small));
}

INLINE scale_and_min read_mxfp4(const char *w, size_t stride, size_t b, __m256i q[8]) {
    w += b * sizeof(block_mxfp4);
    read_nibbles(CODEBOOK, w + offsetof(block_mxfp4, qs), stride, codebook(CODEBOOK_E2M1), q);
    const __m256i e = _mm256_and_si256(words(w, stride), _mm256_set1_epi32(255));
    return (scale_and_min){e8m0_to_float(e), _mm256_setzero_ps()};
}

#endif
