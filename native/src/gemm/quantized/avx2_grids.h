/**
 * The types of grids.h in 256-bit vectors, for AVX2 and AVX-512: superblocks are taken apart, which takes a
 * vector or two where grids.h has a loop, and become quants.
 */
#ifndef MYELIN_SRC_GEMM_QUANTIZED_AVX2_GRIDS_H
#define MYELIN_SRC_GEMM_QUANTIZED_AVX2_GRIDS_H

#include <immintrin.h>
#include <string.h>

#include "grids.h"

/** A superblock taken apart. */
typedef struct {
    uint16_t index[64] __attribute__((aligned(64)));
    uint8_t signs[32] __attribute__((aligned(32)));
    int16_t scales[16] __attribute__((aligned(32)));
    float d;
} avx2_grid_block;

/** Takes a superblock apart. */
typedef void (*avx2_split_fn)(const char *w, avx2_grid_block *out);

/** Stores; what follows loads words of it, which the compiler would take from registers, more slowly. */
INLINE void store_vector(void *to, __m256i v) {
    _mm256_store_si256(to, v);
    __asm__("" : "+m"(*(char(*)[32])to));
}

INLINE int32_t word_at(const void *p) {
    int32_t v;
    memcpy(&v, p, sizeof v);
    return v;
}

INLINE float scale_of_half(const char *p) {
    half_t h;
    memcpy(&h, p, sizeof h);
    return _cvtsh_ss(h);
}

/** Scales from their stored values, in the low halves of 8 words or in all. */
INLINE void store_scales(avx2_grid_block *out, __m256i v) {
    store_vector(out->scales, _mm256_or_si256(_mm256_add_epi16(v, v), _mm256_set1_epi16(1)));
}

INLINE __m256i twice(__m256i words) {
    return _mm256_or_si256(words, _mm256_slli_epi32(words, 16));
}

/** 16 nibbles as scales. */
INLINE void store_nibble_scales(avx2_grid_block *out, const char *nibbles) {
    const __m256i v = _mm256_cvtepu8_epi32(_mm_loadl_epi64((const void *)nibbles));
    store_scales(out,
                 _mm256_and_si256(_mm256_or_si256(v, _mm256_slli_epi32(v, 12)), _mm256_set1_epi32(0xf000f)));
}

/** Bytes of 7 signs with an eighth, so that the number of ones is even. */
INLINE void store_even_signs(avx2_grid_block *out, __m256i seven) {
    const __m256i odd = _mm256_broadcastsi128_si256(
        _mm_setr_epi8(0, -128, -128, 0, -128, 0, 0, -128, -128, 0, 0, -128, 0, -128, -128, 0));
    const __m256i low_four = _mm256_set1_epi8(15);
    const __m256i low = _mm256_shuffle_epi8(odd, _mm256_and_si256(seven, low_four));
    const __m256i high = _mm256_shuffle_epi8(odd, _mm256_and_si256(_mm256_srli_epi16(seven, 4), low_four));
    store_vector(out->signs, _mm256_or_si256(seven, _mm256_xor_si256(low, high)));
}

/** Words of 4 times 7 signs and a scale. */
INLINE void split_words(avx2_grid_block *out, __m256i words) {
    const __m256i s0 = _mm256_and_si256(words, _mm256_set1_epi32(0x7f));
    const __m256i s1 = _mm256_and_si256(_mm256_slli_epi32(words, 1), _mm256_set1_epi32(0x7f00));
    const __m256i s2 = _mm256_and_si256(_mm256_slli_epi32(words, 2), _mm256_set1_epi32(0x7f0000));
    const __m256i s3 = _mm256_and_si256(_mm256_slli_epi32(words, 3), _mm256_set1_epi32(0x7f000000));
    store_even_signs(out, _mm256_or_si256(_mm256_or_si256(s0, s1), _mm256_or_si256(s2, s3)));
    store_scales(out, twice(_mm256_srli_epi32(words, 28)));
}

INLINE __m256i load_vector(const char *p) {
    return _mm256_loadu_si256((const void *)p);
}

/** Stores 16 indices: low bytes, and the high bits in place. */
INLINE void store_indices(avx2_grid_block *out, size_t at, const char *low, __m256i high) {
    const __m256i v = _mm256_cvtepu8_epi16(_mm_loadu_si128((const void *)low));
    store_vector(out->index + at, _mm256_or_si256(v, high));
}

INLINE __m256i broadcast_8_bytes(const char *p) {
    int64_t v;
    memcpy(&v, p, sizeof v);
    return _mm256_set1_epi64x(v);
}

/** Four lanes of 16 bits for each byte from i to i + 3; the bytes are in each half. */
INLINE __m256i each_byte_four_times(__m256i bytes, int i) {
    const __m256i at = _mm256_setr_epi64x((int64_t)0x8000800080008000, (int64_t)0x8001800180018001,
                                          (int64_t)0x8002800280028002, (int64_t)0x8003800380038003);
    return _mm256_shuffle_epi8(bytes, _mm256_add_epi16(at, _mm256_set1_epi16((short)i)));
}

/** The same for words of 16 bits. */
INLINE __m256i each_word_four_times(__m256i words, int i) {
    const __m256i at =
        _mm256_setr_epi64x(0x0100010001000100, 0x0302030203020302, 0x0504050405040504, 0x0706070607060706);
    return _mm256_shuffle_epi8(words, _mm256_add_epi8(at, _mm256_set1_epi8((char)(2 * i))));
}

/** The first of four lanes is shifted by a, the next by b ... */
INLINE __m256i four_factors(int a, int b, int c, int d) {
    return _mm256_set1_epi64x((int64_t)(1ull << a | 1ull << (b + 16) | 1ull << (c + 32) | 1ull << (d + 48)));
}

/** Bits 3 l to 3 l + 2 of lane l of four. */
INLINE __m256i three_bits(__m256i lanes) {
    const __m256i v = _mm256_mulhi_epu16(_mm256_add_epi16(lanes, lanes), four_factors(15, 12, 9, 6));
    return _mm256_and_si256(v, _mm256_set1_epi16(7));
}

INLINE void avx2_split_iq2_xxs(const char *w, avx2_grid_block *out) {
    const char *qs = w + offsetof(block_iq2_xxs, qs);
    const __m256i parts = _mm256_setr_epi32(0, 2, 4, 6, 1, 3, 5, 7);
    const __m256i low = _mm256_permutevar8x32_epi32(load_vector(qs), parts);
    const __m256i high = _mm256_permutevar8x32_epi32(load_vector(qs + 32), parts);
    store_vector(out->index, _mm256_cvtepu8_epi16(_mm256_castsi256_si128(low)));
    store_vector(out->index + 16, _mm256_cvtepu8_epi16(_mm256_castsi256_si128(high)));
    split_words(out, _mm256_permute2x128_si256(low, high, 0x31));
    out->d = scale_of_half(w) * 0.125f;
}

INLINE void avx2_split_iq2_xs(const char *w, avx2_grid_block *out) {
    const char *qs = w + offsetof(block_iq2_xs, qs);
    const __m256i v[2] = {load_vector(qs), load_vector(qs + 32)};
    store_vector(out->index, _mm256_and_si256(v[0], _mm256_set1_epi16(511)));
    store_vector(out->index + 16, _mm256_and_si256(v[1], _mm256_set1_epi16(511)));
    const __m256i seven = _mm256_packus_epi16(_mm256_srli_epi16(v[0], 9), _mm256_srli_epi16(v[1], 9));
    store_even_signs(out, _mm256_permute4x64_epi64(seven, 0xd8));
    store_nibble_scales(out, w + offsetof(block_iq2_xs, scales));
    out->d = scale_of_half(w) * 0.125f;
}

INLINE void avx2_split_iq2_s(const char *w, avx2_grid_block *out) {
    const __m256i qh = broadcast_8_bytes(w + offsetof(block_iq2_s, qh));
#pragma GCC unroll 2
    for (int i = 0; i < 2; i++) {
        const __m256i v = _mm256_mullo_epi16(each_byte_four_times(qh, 4 * i), four_factors(8, 6, 4, 2));
        store_indices(out, 16 * (size_t)i, w + offsetof(block_iq2_s, qs) + 16 * i,
                      _mm256_and_si256(v, _mm256_set1_epi16(0x300)));
    }
    store_vector(out->signs, load_vector(w + offsetof(block_iq2_s, signs)));
    store_nibble_scales(out, w + offsetof(block_iq2_s, scales));
    out->d = scale_of_half(w) * 0.125f;
}

INLINE void avx2_split_iq3_xxs(const char *w, avx2_grid_block *out) {
    split_words(out, load_vector(w + offsetof(block_iq3_xxs, signs_and_scales)));
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++) {
        store_indices(out, 16 * (size_t)i, w + offsetof(block_iq3_xxs, qs) + 16 * i, _mm256_setzero_si256());
    }
    out->d = scale_of_half(w) * 0.25f;
}

INLINE void avx2_split_iq3_s(const char *w, avx2_grid_block *out) {
    const __m256i qh = broadcast_8_bytes(w + offsetof(block_iq3_s, qh));
    /* eight lanes for each of two bytes */
    const __m256i at = _mm256_setr_m128i(_mm_set1_epi16((short)0x8000), _mm_set1_epi16((short)0x8001));
    const __m256i factors = _mm256_broadcastsi128_si256(_mm_setr_epi16(256, 128, 64, 32, 16, 8, 4, 2));
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++) {
        const __m256i bytes =
            _mm256_shuffle_epi8(qh, _mm256_add_epi16(at, _mm256_set1_epi16((short)(2 * i))));
        store_indices(out, 16 * (size_t)i, w + offsetof(block_iq3_s, qs) + 16 * i,
                      _mm256_and_si256(_mm256_mullo_epi16(bytes, factors), _mm256_set1_epi16(0x100)));
    }
    store_vector(out->signs, load_vector(w + offsetof(block_iq3_s, signs)));
    const __m256i shifts = _mm256_setr_epi32(0, 4, 8, 12, 16, 20, 24, 28);
    const __m256i words =
        _mm256_srlv_epi32(_mm256_set1_epi32(word_at(w + offsetof(block_iq3_s, scales))), shifts);
    store_scales(out, twice(_mm256_and_si256(words, _mm256_set1_epi32(15))));
    out->d = scale_of_half(w);
}

INLINE void avx2_split_iq1_s(const char *w, avx2_grid_block *out) {
    const __m128i qh = _mm_loadu_si128((const void *)(w + offsetof(block_iq1_s, qh)));
    const __m256i both = _mm256_broadcastsi128_si256(qh);
#pragma GCC unroll 2
    for (int i = 0; i < 2; i++) {
        store_indices(out, 16 * (size_t)i, w + offsetof(block_iq1_s, qs) + 16 * i,
                      _mm256_slli_epi16(three_bits(each_word_four_times(both, 4 * i)), 8));
    }
    const __m256i words = _mm256_cvtepu16_epi32(qh);
    store_vector(out->signs, _mm256_srai_epi32(_mm256_slli_epi32(words, 16), 31));
    store_scales(out, twice(_mm256_and_si256(_mm256_srli_epi32(words, 12), _mm256_set1_epi32(7))));
    out->d = scale_of_half(w) * 0.125f;
}

INLINE void avx2_split_iq1_m(const char *w, avx2_grid_block *out) {
    const __m256i qh =
        _mm256_broadcastsi128_si256(_mm_loadu_si128((const void *)(w + offsetof(block_iq1_m, qh))));
    /* each byte twice */
    const __m256i at = _mm256_setr_epi64x((int64_t)0x8001800180008000, (int64_t)0x8003800380028002,
                                          (int64_t)0x8005800580048004, (int64_t)0x8007800780068006);
    __m256i delta[2];
#pragma GCC unroll 2
    for (int i = 0; i < 2; i++) {
        const __m256i bytes =
            _mm256_shuffle_epi8(qh, _mm256_add_epi16(at, _mm256_set1_epi16((short)(8 * i))));
        const __m256i nibbles = _mm256_mullo_epi16(bytes, four_factors(8, 4, 8, 4));
        store_indices(out, 16 * (size_t)i, w + offsetof(block_iq1_m, qs) + 16 * i,
                      _mm256_and_si256(nibbles, _mm256_set1_epi16(0x700)));
        delta[i] = _mm256_srai_epi16(_mm256_slli_epi16(nibbles, 4), 15);
    }
    store_vector(out->signs, _mm256_permute4x64_epi64(_mm256_packs_epi16(delta[0], delta[1]), 0xd8));
    const char *scales = w + offsetof(block_iq1_m, scales);
    store_scales(out, three_bits(each_word_four_times(broadcast_8_bytes(scales), 0)));
    uint64_t s;
    memcpy(&s, scales, sizeof s);
    const uint64_t d = (s >> 12 & 0xf) | (s >> 24 & 0xf0) | (s >> 36 & 0xf00) | (s >> 48 & 0xf000);
    out->d = _cvtsh_ss((half_t)d) * 0.125f;
}

/** Looks 32 weights up, from weight 32 b on. */
INLINE __m256i entries(const avx2_grid_block *block, size_t b, const void *grid, const int entry) {
    const size_t per_32 = 32 / (size_t)entry;
#define AT(i) of[block->index[per_32 * b + (i)]]
    if (entry == 8) {
        const int64_t *of = grid;
        return _mm256_setr_epi64x(AT(0), AT(1), AT(2), AT(3));
    }
    const int32_t *of = grid;
    return _mm256_setr_epi32(AT(0), AT(1), AT(2), AT(3), AT(4), AT(5), AT(6), AT(7));
#undef AT
}

/** Bytes of ones where the bits of 32 signs are 1. */
INLINE __m256i spread_signs(const uint8_t *signs) {
    const __m256i of_eight =
        _mm256_setr_epi64x(0, 0x0101010101010101, 0x0202020202020202, 0x0303030303030303);
    const __m256i bit = _mm256_set1_epi64x((int64_t)0x8040201008040201);
    const __m256i bytes = _mm256_shuffle_epi8(_mm256_set1_epi32(word_at(signs)), of_eight);
    return _mm256_cmpeq_epi8(_mm256_and_si256(bytes, bit), bit);
}

/** The quants of 32 weights. */
INLINE __m256i quants(const avx2_grid_block *block, size_t b, const void *grid, const int entry,
                      const int zero_shift, const int is_delta) {
    const __m256i v = entries(block, b, grid, entry);
    const __m256i negative = spread_signs(block->signs + 4 * b);
    if (is_delta) {
        return _mm256_add_epi8(v, _mm256_and_si256(negative, _mm256_set1_epi8(-2)));
    }
    /* twice the zero point minus v */
    const __m256i flip = _mm256_and_si256(negative, _mm256_set1_epi8((char)((2 << zero_shift) - 1)));
    return _mm256_sub_epi8(_mm256_xor_si256(v, flip), negative);
}

#endif
