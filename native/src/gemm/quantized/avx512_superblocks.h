/** Reads the scales and mins of 16 superblocks. */
#ifndef MYELIN_SRC_GEMM_QUANTIZED_AVX512_SUPERBLOCKS_H
#define MYELIN_SRC_GEMM_QUANTIZED_AVX512_SUPERBLOCKS_H

#include "avx512_rows.h"

/** The scales and mins of a panel, its other fields are left alone. */
typedef void (*read_scales_fn)(const sixteen_blocks *w, panel *out);

/** The byte at bit a of each word and the next byte, each as 16 bits. */
INLINE __m512i byte_pair(__m512i v, unsigned a) {
    const __m512i byte = _mm512_set1_epi32(255);
    const __m512i first = _mm512_and_si512(_mm512_srli_epi32(v, a), byte);
    return _mm512_or_si512(first, _mm512_slli_epi32(_mm512_and_si512(_mm512_srli_epi32(v, a + 8), byte), 16));
}

/** Reads the first 16 bytes of q4_K and q5_K: d, dmin, packed scales and mins; see q4_k_unpack_scales(). */
INLINE void scales_q4_k(const sixteen_blocks *w, panel *out) {
    __m512i head[4];
    transpose_blocks(w, 0, head);
    const __m512 d = _mm512_cvtph_ps(_mm512_cvtepi32_epi16(head[0]));
    _mm512_store_ps(out->dmin, _mm512_cvtph_ps(_mm512_cvtepi32_epi16(_mm512_srli_epi32(head[0], 16))));
    const __m512i six = _mm512_set1_epi8(0x3f);
    const __m512i two = _mm512_set1_epi8(0x30);
    const __m512i scale[2] = {
        _mm512_and_si512(head[1], six),
        _mm512_or_si512(low_nibbles(head[3]), _mm512_and_si512(_mm512_srli_epi32(head[1], 2), two)),
    };
    const __m512i min[2] = {
        _mm512_and_si512(head[2], six),
        _mm512_or_si512(high_nibbles(head[3]), _mm512_and_si512(_mm512_srli_epi32(head[2], 2), two)),
    };
#pragma GCC unroll 8
    for (int b = 0; b < BLOCKS; b++) {
        const __m512i s = _mm512_and_si512(_mm512_srli_epi32(scale[b / 4], (unsigned)(8 * (b % 4))),
                                           _mm512_set1_epi32(255));
        _mm512_store_ps(out->d[b], _mm512_mul_ps(d, _mm512_cvtepi32_ps(s)));
    }
#pragma GCC unroll 4
    for (int b = 0; b < BLOCKS / 2; b++) {
        _mm512_store_si512(out->mins[b], byte_pair(min[b / 2], 16 * (unsigned)(b % 2)));
    }
}

INLINE void scales_q6_k(const sixteen_blocks *w, panel *out) {
    const __m512 d = _mm512_cvtph_ps(half_words_of_blocks(w, offsetof(block_q6_k, d)));
    __m512i scale[4];
    transpose_blocks(w, offsetof(block_q6_k, scales), scale);
#pragma GCC unroll 16
    for (int b = 0; b < 16; b++) {
        const __m512i up = _mm512_slli_epi32(scale[b / 4], (unsigned)(24 - 8 * (b % 4)));
        _mm512_store_ps(out->d[b], _mm512_mul_ps(d, _mm512_cvtepi32_ps(_mm512_srai_epi32(up, 24))));
    }
}

INLINE void scales_q3_k(const sixteen_blocks *w, panel *out) {
    __m512i tail[4]; /* two bytes of quants, the scales, d */
    transpose_blocks(w, sizeof(block_q3_k) - 16, tail);
    __m512i packed[3];
#pragma GCC unroll 3
    for (int i = 0; i < 3; i++) {
        packed[i] = _mm512_or_si512(_mm512_srli_epi32(tail[i], 16), _mm512_slli_epi32(tail[i + 1], 16));
    }
    const __m512 d = _mm512_cvtph_ps(_mm512_cvtepi32_epi16(_mm512_srli_epi32(tail[3], 16)));
#pragma GCC unroll 16
    for (int g = 0; g < 16; g++) {
        const unsigned byte = 8 * (unsigned)(g % 4);
        const __m512 scale = scale_of_6_bits(_mm512_srli_epi32(packed[g / 4 % 2], byte + (g < 8 ? 0 : 4)),
                                             _mm512_srli_epi32(packed[2], byte + 2 * (unsigned)(g / 4)));
        _mm512_store_ps(out->d[g], _mm512_mul_ps(d, scale));
    }
}

/** What belongs to a superblock-block as a whole; scales and mins are bytes, group g's is byte g % 4 of g
 * / 4. */
typedef struct {
    __m512 d;
    __m512 dmin;
    __m512i scale[4];
    __m512i min[BLOCKS]; /* as in a panel */
} head_q2_k;

/** Bytes a and b of each word, each as 16 bits; 128 selects zero. */
INLINE __m512i bytes_of_words(__m512i v, int a, int b) {
    const __m512i words = _mm512_broadcast_i32x4(_mm_setr_epi32(0, 0x040004, 0x080008, 0x0c000c));
    const __m512i at = _mm512_set1_epi32(a | b << 16 | (int)0x80008000);
    return _mm512_shuffle_epi8(v, _mm512_or_si512(words, at));
}

/** The last 16 bytes of a block end in d and dmin. */
INLINE head_q2_k read_head_q2_k(const sixteen_blocks *w) {
    __m512i tail[4];
    __m512i packed[4];
    head_q2_k head;
    transpose_blocks(w, sizeof(block_q2_k) - 16, tail);
    transpose_blocks(w, 0, packed);
    head.d = _mm512_cvtph_ps(_mm512_cvtepi32_epi16(tail[3]));
    head.dmin = _mm512_cvtph_ps(_mm512_cvtepi32_epi16(_mm512_srli_epi32(tail[3], 16)));
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++) {
        const __m512i mins = high_nibbles(packed[i]);
        head.scale[i] = low_nibbles(packed[i]);
        head.min[2 * i] = bytes_of_words(mins, 0, 1);
        head.min[2 * i + 1] = bytes_of_words(mins, 2, 3);
    }
    return head;
}

#endif
