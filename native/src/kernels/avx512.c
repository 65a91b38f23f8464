/* Compiled with AVX-512 F, BW, DQ, VL, VBMI and VNNI; only called where the probe found them all. */
#include <immintrin.h>

#include "half.h"
#include "kernels.h"
#include "q4_k.h"

/**
 * So many rows are multiplied together: what concerns only the activations is then done once for
 * all of them. The functions below take it as a constant, so that each is compiled for 4 and for 1.
 */
enum { ROWS = 4 };

/** What is fetched beyond this would push out of the first cache (32 KB) what is in use. */
static const size_t NEAR_BYTES = 12 * 1024;

#define INLINE static inline __attribute__((always_inline))

/**
 * Asks for a part of the next rows. They follow these as one run of memory, and are asked for in its
 * order: row r of a block fetches the r-th part of so many bytes. Asking for the same place of each
 * next row instead takes four streams, and halved the speed.
 *
 * @param first where the rows begin that are multiplied now, w how far they got
 */
INLINE void prefetch(const int rows, int r, const char *first, const char *w, size_t stride, size_t bytes) {
    const size_t progress = (size_t)(w - first);
    const char *part = first + (size_t)rows * (stride + progress) + (size_t)r * bytes;
    const int near = (size_t)rows * stride <= NEAR_BYTES;
    for (size_t i = 0; i < bytes; i += 64) {
        if (near) {
            _mm_prefetch(part + i, _MM_HINT_T0);
        } else {
            _mm_prefetch(part + i, _MM_HINT_T1);
        }
    }
}

INLINE float to_float(half_t h) {
    return _cvtsh_ss(h);
}

INLINE __m512i load(const void *p) {
    return _mm512_loadu_si512(p);
}

/* ---- activations ------------------------------------------------------------------------------ */

INLINE __m512 magnitude(const float *x) {
    return _mm512_abs_ps(_mm512_loadu_ps(x));
}

/** Rounds 16 values to nearest, ties to even. */
INLINE __m512i quantize_16(const float *x, __m512 inverse, int8_t *qs) {
    const __m512i q = _mm512_cvtps_epi32(_mm512_mul_ps(_mm512_loadu_ps(x), inverse));
    _mm_storeu_si128((__m128i *)(void *)qs, _mm512_cvtepi32_epi8(q));
    return q;
}

static void quantize_32(int64_t k, const float *x, activations row) {
    for (int64_t b = 0; b < k / 32; b++, x += 32) {
        const __m512 most = _mm512_max_ps(magnitude(x), magnitude(x + 16));
        const float d = _mm512_reduce_max_ps(most) / 127.0f;
        const __m512 inverse = _mm512_set1_ps(d > 0 ? 1.0f / d : 0.0f);
        const __m512i low = quantize_16(x, inverse, row.qs + 32 * b);
        const __m512i high = quantize_16(x + 16, inverse, row.qs + 32 * b + 16);
        row.d[b] = d;
        row.sums[b] = (int16_t)_mm512_reduce_add_epi32(_mm512_add_epi32(low, high));
    }
}

static void quantize_256(int64_t k, const float *x, activations row) {
    for (int64_t b = 0; b < k / 256; b++, x += 256) {
        __m512 most = magnitude(x);
        for (int i = 16; i < 256; i += 16) {
            most = _mm512_max_ps(most, magnitude(x + i));
        }
        const float d = _mm512_reduce_max_ps(most) / 127.0f;
        const __m512 inverse = _mm512_set1_ps(d > 0 ? 1.0f / d : 0.0f);
        for (int i = 0; i < 16; i++) {
            const __m512i q = quantize_16(x + 16 * i, inverse, row.qs + 256 * b + 16 * i);
            row.sums[16 * b + i] = (int16_t)_mm512_reduce_add_epi32(q);
        }
        row.d[b] = d;
    }
}

/* ---- q4_0: four blocks, 128 weights, at a time -------------------------------------------------- */

/** Where the quants of four blocks of 18 bytes lie in bytes 0 to 63 and (from 64 on) 8 to 71. */
INLINE __m512i q4_0_places(void) {
    uint8_t places[64];
    for (int i = 0; i < 64; i++) {
        const int byte = 18 * (i / 16) + 2 + i % 16;
        places[i] = (uint8_t)(byte < 64 ? byte : byte - 8 + 64);
    }
    return load(places);
}

INLINE void q4_0_rows(const int rows, int64_t k, const char *w, size_t stride, activations row, float *y) {
    const char *const rows_start = w;
    const int64_t groups = k / 128;
    const __m512i nibble = _mm512_set1_epi8(15);
    const __m512i places = q4_0_places();
    /* the scale of each block, by 16-bit index into its 72 bytes, four times each */
    const __m512i scale_at =
        _mm512_castsi256_si512(_mm256_setr_epi16(0, 0, 0, 0, 9, 9, 9, 9, 18, 18, 18, 18, 27, 27, 27, 27));
    const __m512i spread = _mm512_setr_epi32(0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3);
    __m512 sum[ROWS];
    for (int r = 0; r < rows; r++) {
        sum[r] = _mm512_setzero_ps();
    }
    for (int64_t g = 0; g < groups; g++, w += 4 * sizeof(block_q4_0)) {
        const __m512i first = load(row.qs + 128 * g);
        const __m512i second = load(row.qs + 128 * g + 64);
        /* lanes 0 and 2 of each hold a block's first 16 activations, 1 and 3 its last */
        const __m512i x_low = _mm512_shuffle_i64x2(first, second, 0x88);
        const __m512i x_high = _mm512_shuffle_i64x2(first, second, 0xdd);
        /* weights are q - 8: the products start at -8 times the sum, in one of a block's lanes */
        const __m128i sums = _mm_cvtepi16_epi32(_mm_loadl_epi64((const void *)(row.sums + 4 * g)));
        const __m128i offset = _mm_sub_epi32(_mm_setzero_si128(), _mm_slli_epi32(sums, 3));
        const __m512i start = _mm512_maskz_permutexvar_epi32(0x1111, spread, _mm512_castsi128_si512(offset));
        const __m512 dx = _mm512_permutexvar_ps(spread, _mm512_castps128_ps512(_mm_loadu_ps(row.d + 4 * g)));
        for (int r = 0; r < rows; r++) {
            const char *p = w + (size_t)r * stride;
            prefetch(rows, r, rows_start, w, stride, 4 * sizeof(block_q4_0));
            const __m512i head = load(p);
            const __m512i q = _mm512_permutex2var_epi8(head, places, load(p + 8));
            const __m512i low = _mm512_and_si512(q, nibble);
            const __m512i high = _mm512_and_si512(_mm512_srli_epi16(q, 4), nibble);
            const __m512i products =
                _mm512_dpbusd_epi32(_mm512_dpbusd_epi32(start, low, x_low), high, x_high);
            const __m512 d =
                _mm512_cvtph_ps(_mm512_castsi512_si256(_mm512_permutexvar_epi16(scale_at, head)));
            sum[r] = _mm512_fmadd_ps(_mm512_mul_ps(d, dx), _mm512_cvtepi32_ps(products), sum[r]);
        }
    }
    const int64_t done = 128 * groups;
    const activations rest = {row.qs + done, row.d + done / 32, row.sums + done / 32};
    for (int r = 0; r < rows; r++) {
        y[r] = _mm512_reduce_add_ps(sum[r]);
        if (done < k) {
            float tail;
            kernels_scalar.dot[TYPE_Q4_0](k - done, w + (size_t)r * stride, 0, 1, rest, &tail);
            y[r] += tail;
        }
    }
}

/* ---- q8_0: two blocks, 64 weights, at a time ---------------------------------------------------- */

INLINE void q8_0_rows(const int rows, int64_t k, const char *w, size_t stride, activations row, float *y) {
    const char *const rows_start = w;
    const int64_t groups = k / 64;
    const __m512i sign = _mm512_set1_epi8((char)0x80);
    const __m512i spread = _mm512_setr_epi32(0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1);
    const __m512i scale_at =
        _mm512_castsi256_si512(_mm256_setr_epi16(0, 0, 0, 0, 0, 0, 0, 0, 17, 17, 17, 17, 17, 17, 17, 17));
    __m512 sum[ROWS];
    for (int r = 0; r < rows; r++) {
        sum[r] = _mm512_setzero_ps();
    }
    for (int64_t g = 0; g < groups; g++, w += 2 * sizeof(block_q8_0)) {
        const __m512i x = load(row.qs + 64 * g);
        /* q + 128 is unsigned; the products start at -128 times the sum */
        const __m128i sums = _mm_cvtepi16_epi32(_mm_loadu_si32(row.sums + 2 * g));
        const __m128i offset = _mm_sub_epi32(_mm_setzero_si128(), _mm_slli_epi32(sums, 7));
        const __m512i start = _mm512_maskz_permutexvar_epi32(0x0101, spread, _mm512_castsi128_si512(offset));
        const __m128 scales = _mm_castpd_ps(_mm_load_sd((const void *)(row.d + 2 * g)));
        const __m512 dx = _mm512_permutexvar_ps(spread, _mm512_castps128_ps512(scales));
        for (int r = 0; r < rows; r++) {
            const char *p = w + (size_t)r * stride;
            prefetch(rows, r, rows_start, w, stride, 2 * sizeof(block_q8_0));
            __m512i q = _mm512_castsi256_si512(_mm256_loadu_si256((const void *)(p + 2)));
            q = _mm512_inserti64x4(q, _mm256_loadu_si256((const void *)(p + 36)), 1);
            const __m512i products = _mm512_dpbusd_epi32(start, _mm512_xor_si512(q, sign), x);
            const __m512 d =
                _mm512_cvtph_ps(_mm512_castsi512_si256(_mm512_permutexvar_epi16(scale_at, load(p))));
            sum[r] = _mm512_fmadd_ps(_mm512_mul_ps(d, dx), _mm512_cvtepi32_ps(products), sum[r]);
        }
    }
    const int64_t done = 64 * groups;
    const activations rest = {row.qs + done, row.d + done / 32, row.sums + done / 32};
    for (int r = 0; r < rows; r++) {
        y[r] = _mm512_reduce_add_ps(sum[r]);
        if (done < k) {
            float tail;
            kernels_scalar.dot[TYPE_Q8_0](k - done, w + (size_t)r * stride, 0, 1, rest, &tail);
            y[r] += tail;
        }
    }
}

/* ---- q4_K: a super-block of 256 at a time ------------------------------------------------------- */

/** Activations of two groups of 32, one to each half. */
INLINE __m512i two_groups(const int8_t *first, const int8_t *second) {
    const __m512i x = _mm512_castsi256_si512(_mm256_loadu_si256((const void *)first));
    return _mm512_inserti64x4(x, _mm256_loadu_si256((const void *)second), 1);
}

/** Products of nibbles, then scaled: they fit 16 bits (4 * 15 * 127). */
INLINE __m512i scaled(__m512i sum, __m512i nibbles, __m512i x, __m512i scales, __m512i at) {
    const __m512i products = _mm512_dpbusd_epi32(_mm512_setzero_si512(), nibbles, x);
    return _mm512_dpwssd_epi32(sum, products, _mm512_permutexvar_epi32(at, scales));
}

INLINE float lanes_4(__m128 v) {
    const __m128 pairs = _mm_add_ps(v, _mm_movehl_ps(v, v));
    return _mm_cvtss_f32(_mm_add_ss(pairs, _mm_movehdup_ps(pairs)));
}

INLINE void q4_k_rows(const int rows, int64_t k, const char *w, size_t stride, activations row, float *y) {
    const char *const rows_start = w;
    const __m512i nibble = _mm512_set1_epi8(15);
    /* scales of groups 0 and 2 for the two halves of a register; the others lie 1, 4, 5 further */
    const __m512i at_0 = _mm512_setr_epi32(0, 0, 0, 0, 0, 0, 0, 0, 2, 2, 2, 2, 2, 2, 2, 2);
    const __m512i at_1 = _mm512_add_epi32(at_0, _mm512_set1_epi32(1));
    const __m512i at_4 = _mm512_add_epi32(at_0, _mm512_set1_epi32(4));
    const __m512i at_5 = _mm512_add_epi32(at_0, _mm512_set1_epi32(5));
    __m512 sum[ROWS];
    __m128 offsets[ROWS];
    for (int r = 0; r < rows; r++) {
        sum[r] = _mm512_setzero_ps();
        offsets[r] = _mm_setzero_ps();
    }
    for (int64_t b = 0; b < k / 256; b++, w += sizeof(block_q4_k)) {
        const int8_t *x = row.qs + 256 * b;
        const __m512i x0 = two_groups(x, x + 64);
        const __m512i x1 = two_groups(x + 32, x + 96);
        const __m512i x2 = two_groups(x + 128, x + 192);
        const __m512i x3 = two_groups(x + 160, x + 224);
        /* a group has two sums of 16: add neighbours */
        const __m256i halves = _mm256_loadu_si256((const void *)(row.sums + 16 * b));
        const __m256i wide = _mm256_madd_epi16(halves, _mm256_set1_epi16(1));
        const __m128i sums = _mm256_cvtepi32_epi16(wide);
        const float dx = row.d[b];
        for (int r = 0; r < rows; r++) {
            const char *p = w + (size_t)r * stride;
            const block_q4_k *block = (const void *)p;
            prefetch(rows, r, rows_start, w, stride, sizeof *block);
            uint64_t scale_bytes;
            uint64_t min_bytes;
            q4_k_unpack(block->scales, (uint8_t *)&scale_bytes, (uint8_t *)&min_bytes);
            const __m512i scales =
                _mm512_castsi256_si512(_mm256_cvtepu8_epi32(_mm_cvtsi64_si128((long long)scale_bytes)));
            const __m512i first = load(block->qs);
            const __m512i second = load(block->qs + 64);
            const __m512i zero = _mm512_setzero_si512();
            __m512i even = scaled(zero, _mm512_and_si512(first, nibble), x0, scales, at_0);
            __m512i odd =
                scaled(zero, _mm512_and_si512(_mm512_srli_epi16(first, 4), nibble), x1, scales, at_1);
            even = scaled(even, _mm512_and_si512(second, nibble), x2, scales, at_4);
            odd = scaled(odd, _mm512_and_si512(_mm512_srli_epi16(second, 4), nibble), x3, scales, at_5);
            const __m512 d = _mm512_set1_ps(to_float(block->d) * dx);
            sum[r] = _mm512_fmadd_ps(d, _mm512_cvtepi32_ps(_mm512_add_epi32(even, odd)), sum[r]);
            const __m128i mins = _mm_cvtepu8_epi16(_mm_cvtsi64_si128((long long)min_bytes));
            const __m128 dmin = _mm_set1_ps(to_float(block->dmin) * dx);
            offsets[r] = _mm_fmadd_ps(dmin, _mm_cvtepi32_ps(_mm_madd_epi16(mins, sums)), offsets[r]);
        }
    }
    for (int r = 0; r < rows; r++) {
        y[r] = _mm512_reduce_add_ps(sum[r]) - lanes_4(offsets[r]);
    }
}

/* ---- q6_K: a super-block of 256 at a time ------------------------------------------------------- */

/** How far ahead of a single stream of weights memory is asked for. */
enum { AHEAD_BYTES = 4096 };

/** One row at a time: reading four at once took a third longer, whatever was prefetched. */
INLINE float q6_k_row(int64_t k, const block_q6_k *w, activations row) {
    const __m512i nibble = _mm512_set1_epi8(15);
    const __m512i two_bits = _mm512_set1_epi8(0x30);
    const __m512i low_word = _mm512_set1_epi32(0xffff);
    const __m512i zero = _mm512_setzero_si512();
    /* of the two halves of a register, by 16 bits: where the high bits of a group lie in qh */
    const __m512i up = _mm512_inserti64x4(_mm512_set1_epi16(4), _mm256_set1_epi16(2), 1);
    const __m512i down = _mm512_inserti64x4(zero, _mm256_set1_epi16(2), 1);
    const __m512i at_0 = _mm512_setr_epi32(0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3);
    const __m512i at_4 = _mm512_add_epi32(at_0, _mm512_set1_epi32(4));
    const __m512i eight = _mm512_set1_epi32(8);
    __m512 sum = _mm512_setzero_ps();
    for (int64_t b = 0; b < k / 256; b++, w++) {
        for (size_t i = 0; i < sizeof *w; i += 64) {
            _mm_prefetch((const char *)w + AHEAD_BYTES + i, _MM_HINT_T0);
        }
        const __m128i scale_bytes = _mm_loadu_si128((const void *)w->scales);
        const __m512i scales = _mm512_and_si512(_mm512_cvtepi8_epi32(scale_bytes), low_word);
        /* weights are q - 32 */
        const __m256i sums = _mm256_loadu_si256((const void *)(row.sums + 16 * b));
        const __m256i offset =
            _mm256_slli_epi32(_mm256_madd_epi16(sums, _mm256_cvtepi8_epi16(scale_bytes)), 5);
        __m512i products = _mm512_zextsi256_si512(_mm256_sub_epi32(_mm256_setzero_si256(), offset));
        for (int half = 0; half < 2; half++) {
            const int8_t *x = row.qs + 256 * b + 128 * half;
            const __m512i low = load(w->ql + 64 * half);
            const __m512i high =
                _mm512_broadcast_i64x4(_mm256_loadu_si256((const void *)(w->qh + 32 * half)));
            /* a bit of the first operand chooses the second where it is set, else the third */
            const __m512i first = _mm512_ternarylogic_epi32(
                nibble, low, _mm512_and_si512(_mm512_sllv_epi16(high, up), two_bits), 0xca);
            const __m512i second =
                _mm512_ternarylogic_epi32(nibble, _mm512_srli_epi16(low, 4),
                                          _mm512_and_si512(_mm512_srlv_epi16(high, down), two_bits), 0xca);
            /* four products fit 16 bits: 4 * 63 * 127 */
            const __m512i a = _mm512_dpbusd_epi32(zero, first, load(x));
            const __m512i c = _mm512_dpbusd_epi32(zero, second, load(x + 64));
            const __m512i from = half == 0 ? at_0 : _mm512_add_epi32(at_0, eight);
            const __m512i to = half == 0 ? at_4 : _mm512_add_epi32(at_4, eight);
            products = _mm512_dpwssd_epi32(products, a, _mm512_permutexvar_epi32(from, scales));
            products = _mm512_dpwssd_epi32(products, c, _mm512_permutexvar_epi32(to, scales));
        }
        const __m512 d = _mm512_set1_ps(to_float(w->d) * row.d[b]);
        sum = _mm512_fmadd_ps(d, _mm512_cvtepi32_ps(products), sum);
    }
    return _mm512_reduce_add_ps(sum);
}

static void dot_q6_k(int64_t k, const void *weights, size_t stride, int64_t rows, activations row, float *y) {
    for (int64_t i = 0; i < rows; i++) {
        y[i] = q6_k_row(k, (const void *)((const char *)weights + (size_t)i * stride), row);
    }
}

/* ------------------------------------------------------------------------------------------------ */

/** Defines dot_NAME: rows by fours, then one by one. */
#define DEFINE_DOT(name)                                                                                 \
    static void dot_##name(int64_t k, const void *weights, size_t stride, int64_t rows, activations row, \
                           float *y) {                                                                   \
        const char *w = weights;                                                                         \
        int64_t i = 0;                                                                                   \
        for (; i + ROWS <= rows; i += ROWS) {                                                            \
            name##_rows(ROWS, k, w + (size_t)i * stride, stride, row, y + i);                            \
        }                                                                                                \
        for (; i < rows; i++) {                                                                          \
            name##_rows(1, k, w + (size_t)i * stride, stride, row, y + i);                               \
        }                                                                                                \
    }

DEFINE_DOT(q4_0)
DEFINE_DOT(q8_0)
DEFINE_DOT(q4_k)

const kernel_table kernels_avx512 = {
    .name = "avx512",
    .quantize = {[ACTIVATIONS_32] = quantize_32, [ACTIVATIONS_256] = quantize_256},
    .dot = {[TYPE_Q4_0] = dot_q4_0, [TYPE_Q8_0] = dot_q8_0, [TYPE_Q4_K] = dot_q4_k, [TYPE_Q6_K] = dot_q6_k},
};
