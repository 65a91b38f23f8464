/* Weights in blocks of 32: a block of 16 rows is 8 registers, each with a step of every row. */
#include "avx512_rows.h"

/** How a nibble becomes a quant. */
enum coding { PLAIN, CODEBOOK, FIFTH_BIT };

/** Bits 4 j to 4 j + 3 of each word, each as the fifth bit of a byte. */
INLINE __m512i fifth_bits(__m512i qh, int j) {
    /* a shift for each byte, within 64 bits, which hold two words */
    const uint64_t low = 0x03020100u + 0x04040404u * (uint32_t)j;
    const __m512i at = _mm512_set1_epi64((long long)(low | (low + 0x20202020u) << 32));
    const __m512i bits = _mm512_and_si512(_mm512_multishift_epi64_epi8(at, qh), _mm512_set1_epi8(1));
    return _mm512_slli_epi16(bits, 4);
}

/** Reads 16 bytes of nibbles of each row; extra is the codebook or the fifth bits. */
INLINE void read_nibbles(const enum coding coding, const char *p, size_t stride, __m512i extra,
                         __m512i q[8]) {
    __m512i bytes[4];
    transpose(p, stride, bytes);
#pragma GCC unroll 4
    for (int j = 0; j < 4; j++) {
        q[j] = low_nibbles(bytes[j]);
        q[j + 4] = high_nibbles(bytes[j]);
        if (coding == CODEBOOK) {
            q[j] = _mm512_shuffle_epi8(extra, q[j]);
            q[j + 4] = _mm512_shuffle_epi8(extra, q[j + 4]);
        } else if (coding == FIFTH_BIT) {
            q[j] = _mm512_or_si512(q[j], fifth_bits(extra, j));
            q[j + 4] = _mm512_or_si512(q[j + 4], fifth_bits(extra, j + 4));
        }
    }
}

INLINE __m512i codebook(const uint8_t values[16]) {
    return _mm512_broadcast_i32x4(_mm_loadu_si128((const void *)values));
}

/** The scales of a block of all rows, and the minimums if the type has them. */
typedef struct {
    __m512 d;
    __m512 m;
} scale_and_min;

/** Reads block b of a K-block of 16 rows. */
typedef scale_and_min (*read_32_fn)(const char *w, size_t stride, int b, __m512i q[8]);

/** The first four bytes of each row, by 16-byte loads: 16 loads of two bytes are slower. */
INLINE __m512i first_words(const char *p, size_t stride) {
    const __m512i low01 = _mm512_unpacklo_epi32(every_fourth(p, stride, 0), every_fourth(p, stride, 1));
    const __m512i low23 = _mm512_unpacklo_epi32(every_fourth(p, stride, 2), every_fourth(p, stride, 3));
    return _mm512_unpacklo_epi64(low01, low23);
}

INLINE __m512 low_halves(__m512i words) {
    return _mm512_cvtph_ps(_mm512_cvtepi32_epi16(words));
}

INLINE __m512 high_halves(__m512i words) {
    return low_halves(_mm512_srli_epi32(words, 16));
}

INLINE scale_and_min read_q4_0(const char *w, size_t stride, int b, __m512i q[8]) {
    w += (size_t)b * sizeof(block_q4_0);
    read_nibbles(PLAIN, w + offsetof(block_q4_0, qs), stride, _mm512_setzero_si512(), q);
    return (scale_and_min){low_halves(first_words(w, stride)), _mm512_setzero_ps()};
}

INLINE scale_and_min read_q4_1(const char *w, size_t stride, int b, __m512i q[8]) {
    w += (size_t)b * sizeof(block_q4_1);
    read_nibbles(PLAIN, w + offsetof(block_q4_1, qs), stride, _mm512_setzero_si512(), q);
    const __m512i both = first_words(w, stride);
    return (scale_and_min){low_halves(both), high_halves(both)};
}

INLINE scale_and_min read_q5_0(const char *w, size_t stride, int b, __m512i q[8]) {
    w += (size_t)b * sizeof(block_q5_0);
    const __m512i qh = words(w + offsetof(block_q5_0, qh), stride);
    read_nibbles(FIFTH_BIT, w + offsetof(block_q5_0, qs), stride, qh, q);
    return (scale_and_min){low_halves(first_words(w, stride)), _mm512_setzero_ps()};
}

INLINE scale_and_min read_q5_1(const char *w, size_t stride, int b, __m512i q[8]) {
    w += (size_t)b * sizeof(block_q5_1);
    const __m512i qh = words(w + offsetof(block_q5_1, qh), stride);
    read_nibbles(FIFTH_BIT, w + offsetof(block_q5_1, qs), stride, qh, q);
    const __m512i both = first_words(w, stride);
    return (scale_and_min){low_halves(both), high_halves(both)};
}

INLINE scale_and_min read_q8_0(const char *w, size_t stride, int b, __m512i q[8]) {
    w += (size_t)b * sizeof(block_q8_0);
    transpose(w + offsetof(block_q8_0, qs), stride, q);
    transpose(w + offsetof(block_q8_0, qs) + 16, stride, q + 4);
#pragma GCC unroll 8
    for (int j = 0; j < 8; j++) {
        q[j] = _mm512_xor_si512(q[j], _mm512_set1_epi8((char)0x80));
    }
    return (scale_and_min){low_halves(first_words(w, stride)), _mm512_setzero_ps()};
}

INLINE scale_and_min read_iq4_nl(const char *w, size_t stride, int b, __m512i q[8]) {
    w += (size_t)b * sizeof(block_iq4_nl);
    read_nibbles(CODEBOOK, w + offsetof(block_iq4_nl, qs), stride, codebook(CODEBOOK_IQ4), q);
    return (scale_and_min){low_halves(first_words(w, stride)), _mm512_setzero_ps()};
}

INLINE scale_and_min read_iq4_xs(const char *w, size_t stride, int b, __m512i q[8]) {
    const char *qs = w + offsetof(block_iq4_xs, qs) + 16 * b;
    read_nibbles(CODEBOOK, qs, stride, codebook(CODEBOOK_IQ4), q);
    const __m512i low = words(w + offsetof(block_iq4_xs, scales_l), stride);
    const __m512i high = _mm512_cvtepu16_epi32(half_words(w + offsetof(block_iq4_xs, scales_h), stride));
    const __m512 scale =
        scale_of_6_bits(_mm512_srli_epi32(low, 4 * (unsigned)b), _mm512_srli_epi32(high, 2 * (unsigned)b));
    return (scale_and_min){_mm512_mul_ps(scales(w, stride), scale), _mm512_setzero_ps()};
}

INLINE scale_and_min read_mxfp4(const char *w, size_t stride, int b, __m512i q[8]) {
    w += (size_t)b * sizeof(block_mxfp4);
    read_nibbles(CODEBOOK, w + offsetof(block_mxfp4, qs), stride, codebook(CODEBOOK_E2M1), q);
    /* 2^(e - 128); for e < 2 it is subnormal */
    const __m512i e = _mm512_and_si512(words(w, stride), _mm512_set1_epi32(255));
    const __m512i normal = _mm512_slli_epi32(_mm512_sub_epi32(e, _mm512_set1_epi32(1)), 23);
    const __m512i small = _mm512_sllv_epi32(_mm512_set1_epi32(0x200000), e);
    const __mmask16 is_small = _mm512_cmplt_epi32_mask(e, _mm512_set1_epi32(2));
    const __m512i d = _mm512_mask_mov_epi32(normal, is_small, small);
    return (scale_and_min){_mm512_castsi512_ps(d), _mm512_setzero_ps()};
}

INLINE void pack_blocks(read_32_fn read, const int has_min, const char *w, size_t stride, int blocks,
                        panel *out) {
    for (int b = 0; b < blocks; b++) {
        __m512i q[8];
        const scale_and_min s = read(w, stride, b, q);
#pragma GCC unroll 8
        for (int j = 0; j < 8; j++) {
            _mm512_store_si512(out->q[8 * b + j], q[j]);
        }
        _mm512_store_ps(out->d[b], s.d);
        if (has_min) {
            _mm512_store_ps(out->m[b], s.m);
        }
    }
}

INLINE void gemv_blocks(const int n, read_32_fn read, const size_t block_bytes, const int has_min,
                        const int zero_shift, const char *w, size_t stride, int blocks, const char *prefetch,
                        const activation_block *x, float *y) {
    __m512 f[MAX_GEMV_N];
    EACH_X(r) {
        f[r] = *sums_at(y, r);
    }
    for (int b = 0; b < blocks; b++) {
        __m512i q[8];
        prefetch_l2(prefetch + PANEL_ROWS * block_bytes * (size_t)b, PANEL_ROWS * block_bytes);
        prefetch_l1(w, stride, 2 * b, 2, BLOCKS * block_bytes);
        const scale_and_min s = read(w, stride, b, q);
        EACH_X(r) {
            const __m512i start =
                has_min ? _mm512_setzero_si512()
                        : _mm512_slli_epi32(_mm512_set1_epi32(x[r].neg_sums[b]), (unsigned)zero_shift);
            const __m512i sum = dot_product(8, start, q, x[r].q + 32 * b);
            const __m512 d = _mm512_mul_ps(s.d, _mm512_set1_ps(x[r].d[b]));
            f[r] = _mm512_fmadd_ps(_mm512_cvtepi32_ps(sum), d, f[r]);
            if (has_min) {
                f[r] = _mm512_fmadd_ps(s.m, _mm512_set1_ps((float)-x[r].neg_sums[b] * x[r].d[b]), f[r]);
            }
        }
    }
    EACH_X(r) {
        *sums_at(y, r) = f[r];
    }
}

/** Defines both functions of a type in blocks of 32. */
#define DEFINE_32(name, block_bytes, has_min, zero_shift)                                               \
    void avx512_pack_##name(const char *w, size_t stride, int blocks, panel *out) {                     \
        pack_blocks(read_##name, has_min, w, stride, blocks, out);                                      \
    }                                                                                                   \
    void avx512_gemv_##name(const char *w, size_t stride, int blocks, const char *prefetch,             \
                            const activation_block *x, int n, float *y) {                               \
        CALL_WITH_N_TO_8(gemv_blocks, read_##name, block_bytes, has_min, zero_shift, w, stride, blocks, \
                         prefetch, x, y)                                                                \
    }

DEFINE_32(q4_0, sizeof(block_q4_0), 0, 3)
DEFINE_32(q4_1, sizeof(block_q4_1), 1, 0)
DEFINE_32(q5_0, sizeof(block_q5_0), 0, 4)
DEFINE_32(q5_1, sizeof(block_q5_1), 1, 0)
DEFINE_32(q8_0, sizeof(block_q8_0), 0, 7)
DEFINE_32(iq4_nl, sizeof(block_iq4_nl), 0, 7)
DEFINE_32(iq4_xs, sizeof(block_iq4_xs) / BLOCKS, 0, 7)
DEFINE_32(mxfp4, sizeof(block_mxfp4), 0, 4)
