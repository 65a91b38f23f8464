/* Compiled with AVX-512 F, BW, DQ, VL and VNNI; only called where the probe found them all. */
#include <immintrin.h>

#include "half.h"
#include "kernels.h"
#include "q4_k.h"

/** How far ahead of the weights in use memory is asked for: a few hundred cycles' worth. */
enum { PREFETCH_BYTES = 2048 };

static inline void prefetch(const void *weights) {
    _mm_prefetch((const char *)weights + PREFETCH_BYTES, _MM_HINT_T0);
}

static inline float to_float(half_t h) {
    return _cvtsh_ss(h);
}

static inline __m512i load(const void *p) {
    return _mm512_loadu_si512(p);
}

/* ---- activations ------------------------------------------------------------------------------ */

static inline __m512 magnitude(const float *x) {
    return _mm512_abs_ps(_mm512_loadu_ps(x));
}

/** Rounds 16 values to nearest, ties to even. */
static inline __m512i quantize_16(const float *x, __m512 inverse, int8_t *qs) {
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
        row.sums[b] = _mm512_reduce_add_epi32(_mm512_add_epi32(low, high));
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
            row.sums[16 * b + i] = _mm512_reduce_add_epi32(q);
        }
        row.d[b] = d;
    }
}

/* ---- q4_0: four blocks, 128 weights, at a time -------------------------------------------------- */

/** The quants of four blocks, a block's 16 bytes to a lane of 128 bits. */
static inline __m512i q4_0_lanes(const block_q4_0 *w) {
    __m512i q = _mm512_castsi128_si512(_mm_loadu_si128((const void *)w[0].qs));
    q = _mm512_inserti32x4(q, _mm_loadu_si128((const void *)w[1].qs), 1);
    q = _mm512_inserti32x4(q, _mm_loadu_si128((const void *)w[2].qs), 2);
    return _mm512_inserti32x4(q, _mm_loadu_si128((const void *)w[3].qs), 3);
}

static float dot_q4_0(int64_t k, const void *weights, activations row) {
    const block_q4_0 *w = weights;
    const int64_t groups = k / 128;
    const __m512i nibble = _mm512_set1_epi8(15);
    /* the scale of each block, by 16-bit index into its 72 bytes, four times each */
    const __m256i scale_at = _mm256_setr_epi16(0, 0, 0, 0, 9, 9, 9, 9, 18, 18, 18, 18, 27, 27, 27, 27);
    const __m512i spread = _mm512_setr_epi32(0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3);
    __m512 sum = _mm512_setzero_ps();
    for (int64_t g = 0; g < groups; g++, w += 4) {
        prefetch(w);
        const __m512i q = q4_0_lanes(w);
        const __m512i low = _mm512_and_si512(q, nibble);
        const __m512i high = _mm512_and_si512(_mm512_srli_epi16(q, 4), nibble);
        const __m512i first = load(row.qs + 128 * g);
        const __m512i second = load(row.qs + 128 * g + 64);
        /* lanes 0 and 2 of each hold a block's first 16 activations, 1 and 3 its last */
        const __m512i x_low = _mm512_shuffle_i64x2(first, second, 0x88);
        const __m512i x_high = _mm512_shuffle_i64x2(first, second, 0xdd);
        const __m128i sums = _mm_loadu_si128((const void *)(row.sums + 4 * g));
        /* weights are q - 8: the products start at -8 times the sum, in one of a block's lanes */
        __m512i products =
            _mm512_maskz_permutexvar_epi32(0x1111, spread, _mm512_castsi128_si512(_mm_slli_epi32(sums, 3)));
        products = _mm512_sub_epi32(_mm512_setzero_si512(), products);
        products = _mm512_dpbusd_epi32(products, low, x_low);
        products = _mm512_dpbusd_epi32(products, high, x_high);
        const __m512i halves = _mm512_permutexvar_epi16(_mm512_castsi256_si512(scale_at), load(w));
        const __m512 d = _mm512_cvtph_ps(_mm512_castsi512_si256(halves));
        const __m512 dx = _mm512_permutexvar_ps(spread, _mm512_castps128_ps512(_mm_loadu_ps(row.d + 4 * g)));
        sum = _mm512_fmadd_ps(_mm512_mul_ps(d, dx), _mm512_cvtepi32_ps(products), sum);
    }
    float total = _mm512_reduce_add_ps(sum);
    const int64_t done = 128 * groups;
    if (done < k) {
        const activations rest = {row.qs + done, row.d + done / 32, row.sums + done / 32};
        total += kernels_scalar.dot[TYPE_Q4_0](k - done, w, rest);
    }
    return total;
}

/* ---- q8_0: two blocks, 64 weights, at a time ---------------------------------------------------- */

static float dot_q8_0(int64_t k, const void *weights, activations row) {
    const block_q8_0 *w = weights;
    const int64_t groups = k / 64;
    const __m512i sign = _mm512_set1_epi8((char)0x80);
    const __m512i spread = _mm512_setr_epi32(0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1);
    __m512 sum = _mm512_setzero_ps();
    for (int64_t g = 0; g < groups; g++, w += 2) {
        prefetch(w);
        __m512i q = _mm512_castsi256_si512(_mm256_loadu_si256((const void *)w[0].qs));
        q = _mm512_inserti64x4(q, _mm256_loadu_si256((const void *)w[1].qs), 1);
        /* q + 128 is unsigned; the products start at -128 times the sum */
        q = _mm512_xor_si512(q, sign);
        const __m128i sums = _mm_loadl_epi64((const void *)(row.sums + 2 * g));
        __m512i products =
            _mm512_maskz_permutexvar_epi32(0x0101, spread, _mm512_castsi128_si512(_mm_slli_epi32(sums, 7)));
        products = _mm512_sub_epi32(_mm512_setzero_si512(), products);
        products = _mm512_dpbusd_epi32(products, q, load(row.qs + 64 * g));
        const __m512 d =
            _mm512_insertf32x8(_mm512_set1_ps(to_float(w[0].d)), _mm256_set1_ps(to_float(w[1].d)), 1);
        const __m128 scales = _mm_castpd_ps(_mm_load_sd((const void *)(row.d + 2 * g)));
        const __m512 dx = _mm512_permutexvar_ps(spread, _mm512_castps128_ps512(scales));
        sum = _mm512_fmadd_ps(_mm512_mul_ps(d, dx), _mm512_cvtepi32_ps(products), sum);
    }
    float total = _mm512_reduce_add_ps(sum);
    const int64_t done = 64 * groups;
    if (done < k) {
        const activations rest = {row.qs + done, row.d + done / 32, row.sums + done / 32};
        total += kernels_scalar.dot[TYPE_Q8_0](k - done, w, rest);
    }
    return total;
}

/* ---- q4_K: a super-block of 256 at a time ------------------------------------------------------- */

/** Products of 64 nibbles: a group of 32 in each half. */
static inline __m512i products_4(__m512i nibbles, const int8_t *first, const int8_t *second) {
    __m512i x = _mm512_castsi256_si512(_mm256_loadu_si256((const void *)first));
    x = _mm512_inserti64x4(x, _mm256_loadu_si256((const void *)second), 1);
    return _mm512_dpbusd_epi32(_mm512_setzero_si512(), nibbles, x);
}

static float dot_q4_k(int64_t k, const void *weights, activations row) {
    const block_q4_k *w = weights;
    const __m512i nibble = _mm512_set1_epi8(15);
    /* scales of groups 0 and 2 for the two halves of a register; the others lie 1, 4, 5 further */
    const __m512i scale_at = _mm512_setr_epi32(0, 0, 0, 0, 0, 0, 0, 0, 2, 2, 2, 2, 2, 2, 2, 2);
    const __m512i at_1 = _mm512_add_epi32(scale_at, _mm512_set1_epi32(1));
    const __m512i at_4 = _mm512_add_epi32(scale_at, _mm512_set1_epi32(4));
    const __m512i at_5 = _mm512_add_epi32(scale_at, _mm512_set1_epi32(5));
    const __m512i pairs = _mm512_setr_epi32(0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7);
    __m512 sum = _mm512_setzero_ps();
    for (int64_t b = 0; b < k / 256; b++, w++) {
        prefetch(w);
        prefetch((const char *)w + 64);
        prefetch((const char *)w + 128);
        uint64_t scale_bytes;
        uint64_t min_bytes;
        q4_k_unpack(w->scales, (uint8_t *)&scale_bytes, (uint8_t *)&min_bytes);
        const __m512i scales =
            _mm512_castsi256_si512(_mm256_cvtepu8_epi32(_mm_cvtsi64_si128((long long)scale_bytes)));
        const __m512i first = load(w->qs);
        const __m512i second = load(w->qs + 64);
        const int8_t *x = row.qs + 256 * b;
        const __m512i p0 = products_4(_mm512_and_si512(first, nibble), x, x + 64);
        const __m512i p1 = products_4(_mm512_and_si512(_mm512_srli_epi16(first, 4), nibble), x + 32, x + 96);
        const __m512i p2 = products_4(_mm512_and_si512(second, nibble), x + 128, x + 192);
        const __m512i p3 =
            products_4(_mm512_and_si512(_mm512_srli_epi16(second, 4), nibble), x + 160, x + 224);
        /* products fit 16 bits (4 * 15 * 127), so that a multiply of pairs scales and adds them */
        __m512i even =
            _mm512_dpwssd_epi32(_mm512_setzero_si512(), p0, _mm512_permutexvar_epi32(scale_at, scales));
        __m512i odd = _mm512_dpwssd_epi32(_mm512_setzero_si512(), p1, _mm512_permutexvar_epi32(at_1, scales));
        even = _mm512_dpwssd_epi32(even, p2, _mm512_permutexvar_epi32(at_4, scales));
        odd = _mm512_dpwssd_epi32(odd, p3, _mm512_permutexvar_epi32(at_5, scales));
        const __m512 d = _mm512_set1_ps(to_float(w->d) * row.d[b]);
        sum = _mm512_fmadd_ps(d, _mm512_cvtepi32_ps(_mm512_add_epi32(even, odd)), sum);
        /* a group has two sums of 16; sums fit 16 bits too */
        const __m512i mins = _mm512_permutexvar_epi32(
            pairs, _mm512_castsi256_si512(_mm256_cvtepu8_epi32(_mm_cvtsi64_si128((long long)min_bytes))));
        const __m512i offsets = _mm512_dpwssd_epi32(_mm512_setzero_si512(), load(row.sums + 16 * b), mins);
        const __m512 dmin = _mm512_set1_ps(to_float(w->dmin) * row.d[b]);
        sum = _mm512_fnmadd_ps(dmin, _mm512_cvtepi32_ps(offsets), sum);
    }
    return _mm512_reduce_add_ps(sum);
}

/* ---- q6_K: a super-block of 256 at a time ------------------------------------------------------- */

static float dot_q6_k(int64_t k, const void *weights, activations row) {
    const block_q6_k *w = weights;
    const __m512i nibble = _mm512_set1_epi8(15);
    const __m512i two_bits = _mm512_set1_epi8(0x30);
    const __m512i low_word = _mm512_set1_epi32(0xffff);
    /* of the two halves of a register, by 16 bits: where the high bits of a group lie in qh */
    const __m512i up = _mm512_inserti64x4(_mm512_set1_epi16(4), _mm256_set1_epi16(2), 1);
    const __m512i down = _mm512_inserti64x4(_mm512_setzero_si512(), _mm256_set1_epi16(2), 1);
    const __m512i fours = _mm512_setr_epi32(0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3);
    __m512 sum = _mm512_setzero_ps();
    for (int64_t b = 0; b < k / 256; b++, w++) {
        prefetch(w);
        prefetch((const char *)w + 64);
        prefetch((const char *)w + 128);
        prefetch((const char *)w + 192);
        const __m512i scales =
            _mm512_and_si512(_mm512_cvtepi8_epi32(_mm_loadu_si128((const void *)w->scales)), low_word);
        /* weights are q - 32 */
        __m512i products = _mm512_dpwssd_epi32(_mm512_setzero_si512(), load(row.sums + 16 * b), scales);
        products = _mm512_sub_epi32(_mm512_setzero_si512(), _mm512_slli_epi32(products, 5));
        for (int half = 0; half < 2; half++) {
            const int8_t *x = row.qs + 256 * b + 128 * half;
            const __m512i low = load(w->ql + 64 * half);
            const __m512i high =
                _mm512_broadcast_i64x4(_mm256_loadu_si256((const void *)(w->qh + 32 * half)));
            const __m512i first = _mm512_or_si512(_mm512_and_si512(low, nibble),
                                                  _mm512_and_si512(_mm512_sllv_epi16(high, up), two_bits));
            const __m512i second = _mm512_or_si512(_mm512_and_si512(_mm512_srli_epi16(low, 4), nibble),
                                                   _mm512_and_si512(_mm512_srlv_epi16(high, down), two_bits));
            /* four products fit 16 bits: 4 * 63 * 127 */
            const __m512i p = _mm512_dpbusd_epi32(_mm512_setzero_si512(), first, load(x));
            const __m512i q = _mm512_dpbusd_epi32(_mm512_setzero_si512(), second, load(x + 64));
            const __m512i at = _mm512_add_epi32(fours, _mm512_set1_epi32(8 * half));
            products = _mm512_dpwssd_epi32(products, p, _mm512_permutexvar_epi32(at, scales));
            products = _mm512_dpwssd_epi32(
                products, q, _mm512_permutexvar_epi32(_mm512_add_epi32(at, _mm512_set1_epi32(4)), scales));
        }
        const __m512 d = _mm512_set1_ps(to_float(w->d) * row.d[b]);
        sum = _mm512_fmadd_ps(d, _mm512_cvtepi32_ps(products), sum);
    }
    return _mm512_reduce_add_ps(sum);
}

const kernel_table kernels_avx512 = {
    .name = "avx512",
    .quantize = {[ACTIVATIONS_32] = quantize_32, [ACTIVATIONS_256] = quantize_256},
    .dot = {[TYPE_Q4_0] = dot_q4_0, [TYPE_Q8_0] = dot_q8_0, [TYPE_Q4_K] = dot_q4_k, [TYPE_Q6_K] = dot_q6_k},
};
