/**
 * Superblocks of 8 rows, read in four parts of 64 weights, each of two groups of 32 or four of 16. A part is
 * loaded, then its groups are unpacked one after the other, to use no more than 16 registers.
 */
#ifndef MYELIN_SRC_GEMM_QUANTIZED_AVX2_SUPERBLOCKS_H
#define MYELIN_SRC_GEMM_QUANTIZED_AVX2_SUPERBLOCKS_H

#include "avx2_blocks.h"

enum { PART_REGISTERS = 12 /* most registers that a part is loaded to */ };

/** Reads what all parts share. */
typedef void (*prepare_fn)(const char *w, size_t stride, __m256i extra[8]);

/** Loads the bytes of a part, transposed. */
typedef void (*load_part_fn)(const char *w, size_t stride, size_t part, __m256i bytes[PART_REGISTERS]);

/** Unpacks a group; group is a constant, part is not. */
typedef void (*unpack_group_fn)(const __m256i bytes[PART_REGISTERS], const __m256i extra[8], size_t part,
                                int group, __m256i q[8]);

/** Reads the scales and mins of a panel, rows from `at` on; leaves its quants alone. */
typedef void (*read_scales_fn)(const char *w, size_t stride, panel *out, size_t at);

INLINE void prepare_none(const char *w, size_t stride, __m256i extra[8]) {
    (void)w;
    (void)stride;
    (void)extra;
}

/** The low halves of 8 words, f16 converted to f32. */
INLINE __m256 halves(__m256i v) {
    const __m256i low = _mm256_and_si256(v, _mm256_set1_epi32(0xffff));
    const __m256i packed = _mm256_permute4x64_epi64(_mm256_packus_epi32(low, low), 0x08);
    return _mm256_cvtph_ps(_mm256_castsi256_si128(packed));
}

/** Shuffles the bytes of each word: byte i becomes the byte that bits 8 i to 8 i + 7 name; 0x80: zero. */
INLINE __m256i shuffle_words(__m256i v, uint32_t bytes) {
    const int next = 0x04040404; /* added to 0x80 it gives a zero too */
    const int i = (int)bytes;
    return _mm256_shuffle_epi8(v, _mm256_setr_epi32(i, i + next, i + 2 * next, i + 3 * next, i, i + next,
                                                    i + 2 * next, i + 3 * next));
}

/** Byte i of each word. */
INLINE __m256 unsigned_byte(__m256i v, uint32_t i) {
    return _mm256_cvtepi32_ps(shuffle_words(v, 0x80808000 | i));
}

/** Byte i of each word, signed, times 2^24: two instructions, where sign extension takes one more. */
INLINE __m256 signed_byte(__m256i v, uint32_t i) {
    return _mm256_cvtepi32_ps(shuffle_words(v, 0x808080 | i << 24));
}

/** Bytes i and i + 1 of each word, each as 16 bits. */
INLINE __m256i byte_pair(__m256i v, uint32_t i) {
    return shuffle_words(v, 0x80008000 | (i + 1) << 16 | i);
}

/** Reads the first 16 bytes of q4_K and q5_K: d, dmin, packed scales and mins; see q4_k_unpack_scales(). */
INLINE void scales_q4_k(const char *w, size_t stride, panel *out, size_t at) {
    __m256i head[4];
    transpose(w, stride, head);
    const __m256 d = halves(head[0]);
    _mm256_store_ps(out->dmin + at, halves(_mm256_srli_epi32(head[0], 16)));
    const __m256i six = _mm256_set1_epi8(0x3f);
    const __m256i two = _mm256_set1_epi8(0x30);
    const __m256i scale[2] = {
        _mm256_and_si256(head[1], six),
        _mm256_or_si256(low_nibbles(head[3]), _mm256_and_si256(_mm256_srli_epi32(head[1], 2), two)),
    };
    const __m256i min[2] = {
        _mm256_and_si256(head[2], six),
        _mm256_or_si256(high_nibbles(head[3]), _mm256_and_si256(_mm256_srli_epi32(head[2], 2), two)),
    };
#pragma GCC unroll 8
    for (int b = 0; b < BLOCKS; b++) {
        _mm256_store_ps(out->d[b] + at, _mm256_mul_ps(d, unsigned_byte(scale[b / 4], (uint32_t)b % 4)));
    }
#pragma GCC unroll 4
    for (int b = 0; b < BLOCKS / 2; b++) {
        _mm256_store_si256((void *)out->mins[b][at], byte_pair(min[b / 2], 2 * ((uint32_t)b % 2)));
    }
}

INLINE void load_nibbles(const char *qs, size_t stride, size_t part, __m256i bytes[PART_REGISTERS]) {
    transpose(qs + 32 * part, stride, bytes);
    transpose(qs + 32 * part + 16, stride, bytes + 4);
}

INLINE void load_q4_k(const char *w, size_t stride, size_t part, __m256i bytes[PART_REGISTERS]) {
    load_nibbles(w + offsetof(block_q4_k, qs), stride, part, bytes);
}

INLINE void unpack_q4_k(const __m256i bytes[PART_REGISTERS], const __m256i extra[8], size_t part, int group,
                        __m256i q[8]) {
    (void)extra;
    (void)part;
#pragma GCC unroll 8
    for (int j = 0; j < 8; j++) {
        q[j] = group == 0 ? low_nibbles(bytes[j]) : high_nibbles(bytes[j]);
    }
}

INLINE void prepare_q5_k(const char *w, size_t stride, __m256i extra[8]) {
    transpose(w + offsetof(block_q5_k, qh), stride, extra);
    transpose(w + offsetof(block_q5_k, qh) + 16, stride, extra + 4);
}

INLINE void load_q5_k(const char *w, size_t stride, size_t part, __m256i bytes[PART_REGISTERS]) {
    load_nibbles(w + offsetof(block_q5_k, qs), stride, part, bytes);
}

INLINE void unpack_q5_k(const __m256i bytes[PART_REGISTERS], const __m256i extra[8], size_t part, int group,
                        __m256i q[8]) {
    unpack_q4_k(bytes, extra, part, group, q);
    const __m128i bit = _mm_cvtsi32_si128(2 * (int)part + group);
#pragma GCC unroll 8
    for (int j = 0; j < 8; j++) {
        const __m256i fifth = _mm256_and_si256(_mm256_srl_epi32(extra[j], bit), _mm256_set1_epi8(1));
        q[j] = _mm256_or_si256(q[j], _mm256_slli_epi32(fifth, 4));
    }
}

/** Stores the scales of 16 blocks, signed bytes, times d. */
INLINE void store_scales(__m256 d, const __m256i scale[4], panel *out, size_t at) {
    const __m256 small_d = _mm256_mul_ps(d, _mm256_set1_ps(0x1p-24f)); /* exact */
#pragma GCC unroll 16
    for (int b = 0; b < 16; b++) {
        const __m256 s = signed_byte(scale[b / 4], (uint32_t)b % 4);
        _mm256_store_ps(out->d[b] + at, _mm256_mul_ps(small_d, s));
    }
}

INLINE void scales_q6_k(const char *w, size_t stride, panel *out, size_t at) {
    __m256i scale[4];
    transpose(w + offsetof(block_q6_k, scales), stride, scale);
    store_scales(scales(w + offsetof(block_q6_k, d), stride), scale, out, at);
}

INLINE void load_q6_k(const char *w, size_t stride, size_t part, __m256i bytes[PART_REGISTERS]) {
    const char *ql = w + 64 * (part / 2) + 16 * (part % 2);
    transpose(ql, stride, bytes);
    transpose(ql + 32, stride, bytes + 4);
    transpose(w + offsetof(block_q6_k, qh) + 16 * part, stride, bytes + 8);
}

INLINE void unpack_q6_k(const __m256i bytes[PART_REGISTERS], const __m256i extra[8], size_t part, int group,
                        __m256i q[8]) {
    (void)extra;
    (void)part;
#pragma GCC unroll 4
    for (int j = 0; j < 4; j++) {
        const __m256i low = bytes[4 * (group % 2) + j];
        const __m256i bits = bytes[8 + j];
        const __m256i high = group == 0   ? _mm256_slli_epi32(bits, 4)
                             : group == 1 ? _mm256_slli_epi32(bits, 2)
                             : group == 2 ? bits
                                          : _mm256_srli_epi32(bits, 2);
        q[j] = _mm256_or_si256(group < 2 ? low_nibbles(low) : high_nibbles(low),
                               _mm256_and_si256(high, _mm256_set1_epi8(0x30)));
    }
}

/** The last 16 bytes of a block end in d and dmin. */
INLINE void scales_q2_k(const char *w, size_t stride, panel *out, size_t at) {
    __m256i tail[4];
    __m256i packed[4];
    transpose(w + sizeof(block_q2_k) - 16, stride, tail);
    transpose(w, stride, packed);
    _mm256_store_ps(out->d[0] + at, halves(tail[3]));
    _mm256_store_ps(out->dmin + at, halves(_mm256_srli_epi32(tail[3], 16)));
#pragma GCC unroll 8
    for (int b = 0; b < BLOCKS; b++) {
        _mm256_store_si256((void *)out->mins[b][at],
                           byte_pair(high_nibbles(packed[b / 2]), 2 * ((uint32_t)b % 2)));
    }
}

INLINE void prepare_q2_k(const char *w, size_t stride, __m256i extra[8]) {
    __m256i packed[4];
    transpose(w, stride, packed);
#pragma GCC unroll 4
    for (int j = 0; j < 4; j++) {
        extra[j] = low_nibbles(packed[j]);
    }
}

INLINE void load_q2_k(const char *w, size_t stride, size_t part, __m256i bytes[PART_REGISTERS]) {
    transpose(w + offsetof(block_q2_k, qs) + 16 * part, stride, bytes);
}

/** The scale of a group as 16 bits, in both halves of each word or in the low half only. */
INLINE __m256i scale_q2_k(const __m256i scales[4], size_t part, int group, const int twice) {
    /* the index of the byte for each word; an index with the high bit set gives zero */
    const __m128i words = _mm_setr_epi32((int)0x80008000, (int)0x80048004, (int)0x80088008, (int)0x800c800c);
    const __m128i once = twice ? words : _mm_or_si128(words, _mm_set1_epi32(0x800000));
    const __m256i byte = _mm256_set1_epi32(0x10001 * (2 * (group % 2) + (int)(part % 2)));
    const __m256i at = _mm256_or_si256(_mm256_broadcastsi128_si256(once), byte);
    return _mm256_shuffle_epi8(scales[2 * (part / 2) + (size_t)group / 2], at);
}

/** Quants times their scales: at most 45, so a 16-bit multiplication does two of them. */
INLINE void unpack_q2_k(const __m256i bytes[PART_REGISTERS], const __m256i extra[8], size_t part, int group,
                        __m256i q[8]) {
    const __m256i scale = scale_q2_k(extra, part, group, 1);
#pragma GCC unroll 4
    for (int j = 0; j < 4; j++) {
        const __m256i two = _mm256_and_si256(_mm256_srli_epi32(bytes[j], 2 * group), _mm256_set1_epi8(3));
        q[j] = _mm256_mullo_epi16(two, scale);
    }
}

INLINE void scales_q3_k(const char *w, size_t stride, panel *out, size_t at) {
    const char *packed = w + offsetof(block_q3_k, scales);
    const __m256i low[2] = {words(packed, stride), words(packed + 4, stride)};
    const __m256i high = words(packed + 8, stride);
    __m256i scale[4];
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++) {
        const __m256i l = i < 2 ? low_nibbles(low[i]) : high_nibbles(low[i % 2]);
        const __m256i h = _mm256_and_si256(_mm256_srli_epi32(high, 2 * i), _mm256_set1_epi8(3));
        const __m256i six = _mm256_or_si256(l, _mm256_slli_epi32(h, 4));
        scale[i] = _mm256_sub_epi8(six, _mm256_set1_epi8(32));
    }
    store_scales(scales(w + offsetof(block_q3_k, d), stride), scale, out, at);
}

INLINE void prepare_q3_k(const char *w, size_t stride, __m256i extra[8]) {
    transpose(w, stride, extra);
    transpose(w + 16, stride, extra + 4);
}

INLINE void load_q3_k(const char *w, size_t stride, size_t part, __m256i bytes[PART_REGISTERS]) {
    transpose(w + offsetof(block_q3_k, qs) + 16 * part, stride, bytes);
}

INLINE void unpack_q3_k(const __m256i bytes[PART_REGISTERS], const __m256i extra[8], size_t part, int group,
                        __m256i q[8]) {
    const __m128i bit = _mm_cvtsi32_si128(4 * (int)(part / 2) + group);
#pragma GCC unroll 4
    for (int j = 0; j < 4; j++) {
        const __m256i low = _mm256_and_si256(_mm256_srli_epi32(bytes[j], 2 * group), _mm256_set1_epi8(3));
        const __m256i third = _mm256_srl_epi32(extra[4 * (part % 2) + (size_t)j], bit);
        const __m256i high = _mm256_slli_epi32(_mm256_and_si256(third, _mm256_set1_epi8(1)), 2);
        q[j] = _mm256_or_si256(low, high);
    }
}

#endif
