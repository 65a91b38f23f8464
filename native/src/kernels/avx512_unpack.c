/*
 * From the file's layout to columns: 16 rows side by side are a transpose of 4-byte words. What is read
 * goes to a panel, or, for few positions, straight into their products.
 */
#include <immintrin.h>
#include <string.h>

#include "avx512.h"

/* ---- 16 rows at once ------------------------------------------------------------------------------ */

/** 16 bytes each of rows i, i + 4, i + 8 and i + 12. */
INLINE __m512i every_fourth(const char *p, size_t stride, size_t i) {
    __m512i v = _mm512_castsi128_si512(_mm_loadu_si128((const void *)(p + i * stride)));
    v = _mm512_inserti32x4(v, _mm_loadu_si128((const void *)(p + (i + 4) * stride)), 1);
    v = _mm512_inserti32x4(v, _mm_loadu_si128((const void *)(p + (i + 8) * stride)), 2);
    return _mm512_inserti32x4(v, _mm_loadu_si128((const void *)(p + (i + 12) * stride)), 3);
}

/** Of 16 bytes of each row: out[j] has bytes 4 j to 4 j + 3 of row 0, of row 1, ... */
INLINE void transpose(const char *p, size_t stride, __m512i out[4]) {
    const __m512i r0 = every_fourth(p, stride, 0);
    const __m512i r1 = every_fourth(p, stride, 1);
    const __m512i r2 = every_fourth(p, stride, 2);
    const __m512i r3 = every_fourth(p, stride, 3);
    const __m512i low01 = _mm512_unpacklo_epi32(r0, r1);
    const __m512i high01 = _mm512_unpackhi_epi32(r0, r1);
    const __m512i low23 = _mm512_unpacklo_epi32(r2, r3);
    const __m512i high23 = _mm512_unpackhi_epi32(r2, r3);
    out[0] = _mm512_unpacklo_epi64(low01, low23);
    out[1] = _mm512_unpackhi_epi64(low01, low23);
    out[2] = _mm512_unpacklo_epi64(high01, high23);
    out[3] = _mm512_unpackhi_epi64(high01, high23);
}

INLINE __m512i words(const char *p, size_t stride) {
    uint32_t v[COLUMNS] __attribute__((aligned(64)));
    for (size_t i = 0; i < COLUMNS; i++) {
        memcpy(v + i, p + i * stride, sizeof *v);
    }
    return _mm512_load_si512(v);
}

INLINE short half_word(const char *p) {
    short v;
    memcpy(&v, p, sizeof v);
    return v;
}

#define HALF_WORD(i) half_word(p + (i)*stride)

INLINE __m256i half_words(const char *p, size_t stride) {
    /* one after the other into the register: by way of memory, it would wait for 16 stores */
    const __m128i low = _mm_setr_epi16(HALF_WORD(0), HALF_WORD(1), HALF_WORD(2), HALF_WORD(3), HALF_WORD(4),
                                       HALF_WORD(5), HALF_WORD(6), HALF_WORD(7));
    const __m128i high = _mm_setr_epi16(HALF_WORD(8), HALF_WORD(9), HALF_WORD(10), HALF_WORD(11),
                                        HALF_WORD(12), HALF_WORD(13), HALF_WORD(14), HALF_WORD(15));
    return _mm256_setr_m128i(low, high);
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

/* ---- blocks of 32: 8 registers of four weights of each row ------------------------------------------- */

/** What a nibble stands for. */
enum coding { PLAIN, CODEBOOK, FIFTH_BIT };

/** Bits 4 j to 4 j + 3 of each word, one to a byte, as a byte's fifth bit. */
INLINE __m512i fifth_bits(__m512i qh, int j) {
    /* a shift for each byte: within 64 bits, which hold two words */
    const uint64_t low = 0x03020100u + 0x04040404u * (uint32_t)j;
    const __m512i at = _mm512_set1_epi64((long long)(low | (low + 0x20202020u) << 32));
    const __m512i bits = _mm512_and_si512(_mm512_multishift_epi64_epi8(at, qh), _mm512_set1_epi8(1));
    return _mm512_slli_epi16(bits, 4);
}

/** From 16 bytes of nibbles; extra holds the codebook or the fifth bits. */
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

/** A block's scale, and its min where it has one. */
typedef struct {
    __m512 d;
    __m512 m;
} scale_and_min;

/** Reads block b of a segment of 16 rows. */
typedef scale_and_min (*read_32_fn)(const char *w, size_t stride, int b, __m512i q[8]);

INLINE scale_and_min read_q4_0(const char *w, size_t stride, int b, __m512i q[8]) {
    w += (size_t)b * sizeof(block_q4_0);
    read_nibbles(PLAIN, w + offsetof(block_q4_0, qs), stride, _mm512_setzero_si512(), q);
    return (scale_and_min){scales(w, stride), _mm512_setzero_ps()};
}

INLINE scale_and_min read_q4_1(const char *w, size_t stride, int b, __m512i q[8]) {
    w += (size_t)b * sizeof(block_q4_1);
    read_nibbles(PLAIN, w + offsetof(block_q4_1, qs), stride, _mm512_setzero_si512(), q);
    return (scale_and_min){scales(w, stride), scales(w + offsetof(block_q4_1, m), stride)};
}

INLINE scale_and_min read_q5_0(const char *w, size_t stride, int b, __m512i q[8]) {
    w += (size_t)b * sizeof(block_q5_0);
    const __m512i qh = words(w + offsetof(block_q5_0, qh), stride);
    read_nibbles(FIFTH_BIT, w + offsetof(block_q5_0, qs), stride, qh, q);
    return (scale_and_min){scales(w, stride), _mm512_setzero_ps()};
}

INLINE scale_and_min read_q5_1(const char *w, size_t stride, int b, __m512i q[8]) {
    w += (size_t)b * sizeof(block_q5_1);
    const __m512i qh = words(w + offsetof(block_q5_1, qh), stride);
    read_nibbles(FIFTH_BIT, w + offsetof(block_q5_1, qs), stride, qh, q);
    return (scale_and_min){scales(w, stride), scales(w + offsetof(block_q5_1, m), stride)};
}

INLINE scale_and_min read_q8_0(const char *w, size_t stride, int b, __m512i q[8]) {
    w += (size_t)b * sizeof(block_q8_0);
    transpose(w + offsetof(block_q8_0, qs), stride, q);
    transpose(w + offsetof(block_q8_0, qs) + 16, stride, q + 4);
#pragma GCC unroll 8
    for (int j = 0; j < 8; j++) {
        q[j] = _mm512_xor_si512(q[j], _mm512_set1_epi8((char)0x80));
    }
    return (scale_and_min){scales(w, stride), _mm512_setzero_ps()};
}

INLINE scale_and_min read_iq4_nl(const char *w, size_t stride, int b, __m512i q[8]) {
    w += (size_t)b * sizeof(block_iq4_nl);
    read_nibbles(CODEBOOK, w + offsetof(block_iq4_nl, qs), stride, codebook(CODEBOOK_IQ4), q);
    return (scale_and_min){scales(w, stride), _mm512_setzero_ps()};
}

/** 6-bit scales less 32. */
INLINE __m512 scale_of_6_bits(__m512i low, __m512i high) {
    const __m512i l = _mm512_and_si512(low, _mm512_set1_epi32(15));
    const __m512i h = _mm512_slli_epi32(_mm512_and_si512(high, _mm512_set1_epi32(3)), 4);
    return _mm512_cvtepi32_ps(_mm512_sub_epi32(_mm512_or_si512(l, h), _mm512_set1_epi32(32)));
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
    /* 2^(e - 128); the two smallest are subnormal */
    const __m512i e = _mm512_and_si512(words(w, stride), _mm512_set1_epi32(255));
    const __m512i normal = _mm512_slli_epi32(_mm512_sub_epi32(e, _mm512_set1_epi32(1)), 23);
    const __m512i small = _mm512_sllv_epi32(_mm512_set1_epi32(0x200000), e);
    const __mmask16 is_small = _mm512_cmplt_epi32_mask(e, _mm512_set1_epi32(2));
    const __m512i d = _mm512_mask_mov_epi32(normal, is_small, small);
    return (scale_and_min){_mm512_castsi512_ps(d), _mm512_setzero_ps()};
}

/** Asks for so many bytes, a constant, to come to the second cache. */
INLINE void fetch(const char *ahead, const size_t bytes) {
#pragma GCC unroll 16
    for (size_t i = 0; i < bytes; i += 64) {
        _mm_prefetch(ahead + i, _MM_HINT_T1);
    }
}

/**
 * Asks for the next segment of some rows to come from the second cache to the first: 16 rows are more
 * streams than the processor follows by itself.
 */
INLINE void fetch_near(const char *w, size_t stride, int row, const int rows, const size_t segment_bytes) {
#pragma GCC unroll 4
    for (int i = 0; i < rows; i++) {
        const char *next = w + (size_t)(row + i) * stride + segment_bytes;
#pragma GCC unroll 8
        for (size_t j = 0; j < segment_bytes; j += 64) {
            _mm_prefetch(next + j, _MM_HINT_T0);
        }
    }
}

INLINE void unpack_32(read_32_fn read, const size_t block_bytes, const int has_min, const char *w,
                      size_t stride, int blocks, const char *ahead, panel *out) {
    for (int b = 0; b < blocks; b++) {
        __m512i q[8];
        fetch(ahead + COLUMNS * block_bytes * (size_t)b, COLUMNS * block_bytes);
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

/** Adds to start the products of 4 * steps weights and one position's activations. */
INLINE __m512i products(const int steps, __m512i start, const __m512i *q, const int8_t *x) {
    __m512i sum[2] = {start, _mm512_setzero_si512()};
#pragma GCC unroll 8
    for (int j = 0; j < steps; j++) {
        int32_t v;
        memcpy(&v, x + 4 * j, sizeof v);
        sum[j % 2] = _mm512_dpbusd_epi32(sum[j % 2], q[j], _mm512_set1_epi32(v));
    }
    return _mm512_add_epi32(sum[0], sum[1]);
}

#define EACH_POSITION(r) _Pragma("GCC unroll 4") for (int r = 0; r < positions; r++)

INLINE __m512 *sums_of(float *y, int position) {
    return (__m512 *)(void *)(y + position * PANELS * COLUMNS);
}

INLINE void stream_32(const int positions, read_32_fn read, const size_t block_bytes, const int has_min,
                      const int zero_shift, const char *w, size_t stride, int blocks, const char *ahead,
                      const segment *x, float *y) {
    __m512 f[MOST_STREAMED];
    EACH_POSITION(r) {
        f[r] = *sums_of(y, r);
    }
    for (int b = 0; b < blocks; b++) {
        __m512i q[8];
        fetch(ahead + COLUMNS * block_bytes * (size_t)b, COLUMNS * block_bytes);
        fetch_near(w, stride, 2 * b, 2, BLOCKS * block_bytes);
        const scale_and_min s = read(w, stride, b, q);
        EACH_POSITION(r) {
            const __m512i start =
                has_min ? _mm512_setzero_si512()
                        : _mm512_slli_epi32(_mm512_set1_epi32(x[r].sum[b]), (unsigned)zero_shift);
            const __m512i sum = products(8, start, q, x[r].q + 32 * b);
            const __m512 d = _mm512_mul_ps(s.d, _mm512_set1_ps(x[r].d[b]));
            f[r] = _mm512_fmadd_ps(_mm512_cvtepi32_ps(sum), d, f[r]);
            if (has_min) {
                f[r] = _mm512_fmadd_ps(s.m, _mm512_set1_ps((float)-x[r].sum[b] * x[r].d[b]), f[r]);
            }
        }
    }
    EACH_POSITION(r) {
        *sums_of(y, r) = f[r];
    }
}

/** Defines both functions of a type in blocks of 32. */
#define DEFINE_32(name, block_bytes, has_min, zero_shift)                                                    \
    void avx512_unpack_##name(const char *w, size_t stride, int blocks, const char *ahead, panel *out) {     \
        unpack_32(read_##name, block_bytes, has_min, w, stride, blocks, ahead, out);                         \
    }                                                                                                        \
    void avx512_stream_##name(const char *w, size_t stride, int blocks, const char *ahead, const segment *x, \
                              int positions, float *y) {                                                     \
        FOR_POSITIONS(stream_32, read_##name, block_bytes, has_min, zero_shift, w, stride, blocks, ahead, x, \
                      y)                                                                                     \
    }

DEFINE_32(q4_0, sizeof(block_q4_0), 0, 3)
DEFINE_32(q4_1, sizeof(block_q4_1), 1, 0)
DEFINE_32(q5_0, sizeof(block_q5_0), 0, 4)
DEFINE_32(q5_1, sizeof(block_q5_1), 1, 0)
DEFINE_32(q8_0, sizeof(block_q8_0), 0, 7)
DEFINE_32(iq4_nl, sizeof(block_iq4_nl), 0, 7)
DEFINE_32(iq4_xs, sizeof(block_iq4_xs) / BLOCKS, 0, 7)
DEFINE_32(mxfp4, sizeof(block_mxfp4), 0, 4)

/* ---- super-blocks of 256, in four parts of 64 weights ---------------------------------------------------
 */

/** Reads what all parts need. */
typedef void (*prepare_fn)(const char *w, size_t stride, __m512i extra[8]);

/** Reads a part: two groups of 32, or four of 16. */
typedef void (*read_part_fn)(const char *w, size_t stride, int part, const __m512i extra[8], __m512i q[16]);

/** Reads scales and mins; the quants of the panel are not touched. */
typedef void (*read_scales_fn)(const char *w, size_t stride, panel *out);

INLINE void prepare_nothing(const char *w, size_t stride, __m512i extra[8]) {
    (void)w;
    (void)stride;
    (void)extra;
}

/** Bytes a and a + 8 bits further, each as 16 bits. */
INLINE __m512i byte_pair(__m512i v, unsigned a) {
    const __m512i byte = _mm512_set1_epi32(255);
    const __m512i first = _mm512_and_si512(_mm512_srli_epi32(v, a), byte);
    return _mm512_or_si512(first, _mm512_slli_epi32(_mm512_and_si512(_mm512_srli_epi32(v, a + 8), byte), 16));
}

/** The first 16 bytes of q4_K and q5_K: d, dmin and the packed scales and mins, see q4_k_unpack(). */
INLINE void scales_q4_k(const char *w, size_t stride, panel *out) {
    __m512i head[4];
    transpose(w, stride, head);
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
        _mm512_store_si512(out->min[b], byte_pair(min[b / 2], 16 * (unsigned)(b % 2)));
    }
}

INLINE void read_q4_k(const char *w, size_t stride, int part, const __m512i extra[8], __m512i q[16]) {
    (void)extra;
#pragma GCC unroll 2
    for (int half = 0; half < 2; half++) {
        __m512i bytes[4];
        transpose(w + offsetof(block_q4_k, qs) + 32 * part + 16 * half, stride, bytes);
#pragma GCC unroll 4
        for (int j = 0; j < 4; j++) {
            q[4 * half + j] = low_nibbles(bytes[j]);
            q[4 * half + j + 8] = high_nibbles(bytes[j]);
        }
    }
}

INLINE void prepare_q5_k(const char *w, size_t stride, __m512i extra[8]) {
    transpose(w + offsetof(block_q5_k, qh), stride, extra);
    transpose(w + offsetof(block_q5_k, qh) + 16, stride, extra + 4);
}

/** Bit 0 of each byte of v shifted right, as the fifth bit. */
INLINE __m512i fifth_of(__m512i v, unsigned shift) {
    return _mm512_slli_epi32(_mm512_and_si512(_mm512_srli_epi32(v, shift), _mm512_set1_epi8(1)), 4);
}

INLINE void read_q5_k(const char *w, size_t stride, int part, const __m512i extra[8], __m512i q[16]) {
    read_q4_k(w + offsetof(block_q5_k, qs) - offsetof(block_q4_k, qs), stride, part, extra, q);
#pragma GCC unroll 8
    for (int j = 0; j < 8; j++) {
        q[j] = _mm512_or_si512(q[j], fifth_of(extra[j], 2 * (unsigned)part));
        q[j + 8] = _mm512_or_si512(q[j + 8], fifth_of(extra[j], 2 * (unsigned)part + 1));
    }
}

INLINE void scales_q6_k(const char *w, size_t stride, panel *out) {
    const __m512 d = scales(w + offsetof(block_q6_k, d), stride);
    __m512i scale[4];
    transpose(w + offsetof(block_q6_k, scales), stride, scale);
#pragma GCC unroll 16
    for (int b = 0; b < 16; b++) {
        const __m512i up = _mm512_slli_epi32(scale[b / 4], (unsigned)(24 - 8 * (b % 4)));
        _mm512_store_ps(out->d[b], _mm512_mul_ps(d, _mm512_cvtepi32_ps(_mm512_srai_epi32(up, 24))));
    }
}

INLINE void read_q6_k(const char *w, size_t stride, int part, const __m512i extra[8], __m512i q[16]) {
    (void)extra;
    const __m512i two = _mm512_set1_epi8(0x30);
    const char *ql = w + 64 * (part / 2) + 16 * (part % 2);
    __m512i first[4];
    __m512i second[4];
    __m512i bits[4];
    transpose(ql, stride, first);
    transpose(ql + 32, stride, second);
    transpose(w + offsetof(block_q6_k, qh) + 16 * part, stride, bits);
#pragma GCC unroll 4
    for (int j = 0; j < 4; j++) {
        const __m512i high0 = _mm512_and_si512(_mm512_slli_epi32(bits[j], 4), two);
        const __m512i high1 = _mm512_and_si512(_mm512_slli_epi32(bits[j], 2), two);
        const __m512i high3 = _mm512_and_si512(_mm512_srli_epi32(bits[j], 2), two);
        q[j] = _mm512_or_si512(low_nibbles(first[j]), high0);
        q[j + 4] = _mm512_or_si512(low_nibbles(second[j]), high1);
        q[j + 8] = _mm512_or_si512(high_nibbles(first[j]), _mm512_and_si512(bits[j], two));
        q[j + 12] = _mm512_or_si512(high_nibbles(second[j]), high3);
    }
}

INLINE void scales_q3_k(const char *w, size_t stride, panel *out) {
    const __m512 d = scales(w + offsetof(block_q3_k, d), stride);
    const char *packed = w + offsetof(block_q3_k, scales);
    const __m512i low[2] = {words(packed, stride), words(packed + 4, stride)};
    const __m512i high = words(packed + 8, stride);
#pragma GCC unroll 16
    for (int g = 0; g < 16; g++) {
        const unsigned byte = 8 * (unsigned)(g % 4);
        const __m512 scale = scale_of_6_bits(_mm512_srli_epi32(low[g / 4 % 2], byte + (g < 8 ? 0 : 4)),
                                             _mm512_srli_epi32(high, byte + 2 * (unsigned)(g / 4)));
        _mm512_store_ps(out->d[g], _mm512_mul_ps(d, scale));
    }
}

INLINE void prepare_q3_k(const char *w, size_t stride, __m512i extra[8]) {
    transpose(w, stride, extra);
    transpose(w + 16, stride, extra + 4);
}

INLINE void read_q3_k(const char *w, size_t stride, int part, const __m512i extra[8], __m512i q[16]) {
    const __m512i two = _mm512_set1_epi8(3);
    const __m512i one = _mm512_set1_epi8(1);
    __m512i bits[4];
    transpose(w + offsetof(block_q3_k, qs) + 16 * part, stride, bits);
#pragma GCC unroll 4
    for (int g = 0; g < 4; g++) {
#pragma GCC unroll 4
        for (int j = 0; j < 4; j++) {
            const unsigned bit = 4 * (unsigned)(part / 2) + (unsigned)g;
            const __m512i low = _mm512_and_si512(_mm512_srli_epi32(bits[j], 2 * (unsigned)g), two);
            const __m512i high = _mm512_and_si512(_mm512_srli_epi32(extra[4 * (part % 2) + j], bit), one);
            q[4 * g + j] = _mm512_or_si512(low, _mm512_slli_epi32(high, 2));
        }
    }
}

/** Which block group g of a part is: of 32 in their order, of 16 the same half of four neighbours. */
INLINE int block_of(const int steps, int part, int g) {
    return steps == 8 ? 2 * part + g : 8 * (part / 2) + 2 * g + part % 2;
}

INLINE void unpack_super(prepare_fn prepare, read_part_fn read, read_scales_fn read_scales,
                         const size_t block_bytes, const int steps, const char *w, size_t stride,
                         const char *ahead, panel *out) {
    __m512i extra[8];
    prepare(w, stride, extra);
    read_scales(w, stride, out);
    for (int part = 0; part < 4; part++) {
        __m512i q[16];
        fetch(ahead + COLUMNS * block_bytes / 4 * (size_t)part, COLUMNS * block_bytes / 4);
        read(w, stride, part, extra, q);
#pragma GCC unroll 16
        for (int j = 0; j < 16; j++) {
            _mm512_store_si512(out->q[steps * block_of(steps, part, j / steps) + j % steps], q[j]);
        }
    }
}

INLINE void stream_super(const int positions, prepare_fn prepare, read_part_fn read,
                         read_scales_fn read_scales, const size_t block_bytes, const int steps,
                         const int zero_shift, const char *w, size_t stride, const char *ahead,
                         const segment *x, float *y) {
    panel scale; /* without quants */
    __m512i extra[8];
    __m512 f[MOST_STREAMED];
    prepare(w, stride, extra);
    read_scales(w, stride, &scale);
    EACH_POSITION(r) {
        f[r] = steps == 8 ? avx512_offset(&scale, x + r) : _mm512_setzero_ps();
    }
    for (int part = 0; part < 4; part++) {
        __m512i q[16];
        fetch(ahead + COLUMNS * block_bytes / 4 * (size_t)part, COLUMNS * block_bytes / 4);
        fetch_near(w, stride, 4 * part, 4, block_bytes);
        read(w, stride, part, extra, q);
#pragma GCC unroll 4
        for (int g = 0; g < 4; g++) {
            if (g * steps >= 16) {
                break; /* two groups of 32 */
            }
            const int b = block_of(steps, part, g);
            EACH_POSITION(r) {
                const __m512i start =
                    steps == 8 ? _mm512_setzero_si512()
                               : _mm512_slli_epi32(_mm512_set1_epi32(x[r].sum[b]), (unsigned)zero_shift);
                const __m512i sum = products(steps, start, q + steps * g, x[r].q + 4 * steps * b);
                f[r] = _mm512_fmadd_ps(_mm512_cvtepi32_ps(sum), _mm512_load_ps(scale.d[b]), f[r]);
            }
        }
    }
    EACH_POSITION(r) {
        *sums_of(y, r) = _mm512_fmadd_ps(f[r], _mm512_set1_ps(x[r].d[0]), *sums_of(y, r));
    }
}

/** Defines both functions of a type in super-blocks. */
#define DEFINE_SUPER(name, prepare, scales, steps, zero_shift)                                               \
    void avx512_unpack_##name(const char *w, size_t stride, int blocks, const char *ahead, panel *out) {     \
        (void)blocks;                                                                                        \
        unpack_super(prepare, read_##name, scales, sizeof(block_##name), steps, w, stride, ahead, out);      \
    }                                                                                                        \
    void avx512_stream_##name(const char *w, size_t stride, int blocks, const char *ahead, const segment *x, \
                              int positions, float *y) {                                                     \
        (void)blocks;                                                                                        \
        FOR_POSITIONS(stream_super, prepare, read_##name, scales, sizeof(block_##name), steps, zero_shift,   \
                      w, stride, ahead, x, y)                                                                \
    }

DEFINE_SUPER(q3_k, prepare_q3_k, scales_q3_k, 4, 2)
DEFINE_SUPER(q4_k, prepare_nothing, scales_q4_k, 8, 0)
DEFINE_SUPER(q5_k, prepare_q5_k, scales_q4_k, 8, 0)
DEFINE_SUPER(q6_k, prepare_nothing, scales_q6_k, 4, 5)
