/** f32x16 in two AVX registers. See scalar.h. */
#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>

#include "inline.h"

typedef struct {
    __m256 low;
    __m256 high;
} f32x16;

#define BOTH(f, a, b) ((f32x16){f((a).low, (b).low), f((a).high, (b).high)})

INLINE f32x16 f32x16_set1(float x) {
    return (f32x16){_mm256_set1_ps(x), _mm256_set1_ps(x)};
}

INLINE f32x16 f32x16_load(const float *p) {
    return (f32x16){_mm256_loadu_ps(p), _mm256_loadu_ps(p + 8)};
}

INLINE void f32x16_store(float *p, f32x16 a) {
    _mm256_storeu_ps(p, a.low);
    _mm256_storeu_ps(p + 8, a.high);
}

INLINE __m256 i32_to_f32(__m256i whole) {
    return _mm256_cvtepi32_ps(whole);
}

INLINE __m128i load_16_bytes(const void *p) {
    return _mm_loadu_si128(p);
}

INLINE f32x16 f32x16_from_i32(const int32_t *p) {
    return (f32x16){i32_to_f32(_mm256_loadu_si256((const void *)p)),
                    i32_to_f32(_mm256_loadu_si256((const void *)(p + 8)))};
}

INLINE f32x16 f32x16_from_i8(const int8_t *p) {
    const __m128i q = load_16_bytes(p);
    return (f32x16){i32_to_f32(_mm256_cvtepi8_epi32(q)),
                    i32_to_f32(_mm256_cvtepi8_epi32(_mm_unpackhi_epi64(q, q)))};
}

INLINE f32x16 f32x16_from_f16(const char *p) {
    return (f32x16){_mm256_cvtph_ps(load_16_bytes(p)), _mm256_cvtph_ps(load_16_bytes(p + 16))};
}

INLINE void f32x16_to_i16(f32x16 a, int16_t *p) {
    const __m256i q = _mm256_packs_epi32(_mm256_cvtps_epi32(a.low), _mm256_cvtps_epi32(a.high));
    _mm256_storeu_si256((void *)p, _mm256_permute4x64_epi64(q, 0xd8));
}

INLINE __m256i rounded_pairs(__m256 a, __m256 b) {
    return _mm256_blend_epi16(_mm256_cvtps_epi32(a), _mm256_slli_epi32(_mm256_cvtps_epi32(b), 16), 0xaa);
}

INLINE void f32x16_to_i16_pairs(f32x16 a, f32x16 b, int16_t *p) {
    _mm256_storeu_si256((void *)p, rounded_pairs(a.low, b.low));
    _mm256_storeu_si256((void *)(p + 16), rounded_pairs(a.high, b.high));
}

INLINE f32x16 f32x16_add(f32x16 a, f32x16 b) {
    return BOTH(_mm256_add_ps, a, b);
}

INLINE f32x16 f32x16_sub(f32x16 a, f32x16 b) {
    return BOTH(_mm256_sub_ps, a, b);
}

INLINE f32x16 f32x16_mul(f32x16 a, f32x16 b) {
    return BOTH(_mm256_mul_ps, a, b);
}

INLINE f32x16 f32x16_div(f32x16 a, f32x16 b) {
    return BOTH(_mm256_div_ps, a, b);
}

INLINE f32x16 f32x16_sqrt(f32x16 a) {
    return (f32x16){_mm256_sqrt_ps(a.low), _mm256_sqrt_ps(a.high)};
}

INLINE f32x16 f32x16_fma(f32x16 a, f32x16 b, f32x16 c) {
    return (f32x16){_mm256_fmadd_ps(a.low, b.low, c.low), _mm256_fmadd_ps(a.high, b.high, c.high)};
}

INLINE f32x16 f32x16_max(f32x16 a, f32x16 b) {
    return BOTH(_mm256_max_ps, a, b);
}

INLINE f32x16 f32x16_min(f32x16 a, f32x16 b) {
    return BOTH(_mm256_min_ps, a, b);
}

INLINE f32x16 f32x16_abs(f32x16 a) {
    const __m256 sign = _mm256_set1_ps(-0.0f);
    return (f32x16){_mm256_andnot_ps(sign, a.low), _mm256_andnot_ps(sign, a.high)};
}

INLINE __m256 select_ge(__m256 x, float limit, __m256 a) {
    return _mm256_and_ps(_mm256_cmp_ps(x, _mm256_set1_ps(limit), _CMP_GE_OQ), a);
}

INLINE f32x16 f32x16_select_ge(f32x16 x, float limit, f32x16 a) {
    return (f32x16){select_ge(x.low, limit, a.low), select_ge(x.high, limit, a.high)};
}

INLINE __m256 first_n(int n, __m256 a, __m256 b) {
    const __m256i index = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    const __m256i mask = _mm256_cmpgt_epi32(_mm256_set1_epi32(n), index);
    return _mm256_blendv_ps(b, a, _mm256_castsi256_ps(mask));
}

INLINE f32x16 f32x16_first_n(int n, f32x16 a, f32x16 b) {
    return (f32x16){first_n(n, a.low, b.low), first_n(n - 8, a.high, b.high)};
}

/** Four values of two rows, four rows apart. */
INLINE __m256 two_rows_of_4(const float *rows, size_t stride) {
    return _mm256_insertf128_ps(_mm256_castps128_ps256(_mm_loadu_ps(rows)), _mm_loadu_ps(rows + 4 * stride),
                                1);
}

INLINE void transpose_8_rows(const float *rows, size_t stride, __m256 out[4]) {
    const __m256 r0 = two_rows_of_4(rows, stride);
    const __m256 r1 = two_rows_of_4(rows + stride, stride);
    const __m256 r2 = two_rows_of_4(rows + 2 * stride, stride);
    const __m256 r3 = two_rows_of_4(rows + 3 * stride, stride);
    const __m256d low01 = _mm256_castps_pd(_mm256_unpacklo_ps(r0, r1));
    const __m256d high01 = _mm256_castps_pd(_mm256_unpackhi_ps(r0, r1));
    const __m256d low23 = _mm256_castps_pd(_mm256_unpacklo_ps(r2, r3));
    const __m256d high23 = _mm256_castps_pd(_mm256_unpackhi_ps(r2, r3));
    out[0] = _mm256_castpd_ps(_mm256_unpacklo_pd(low01, low23));
    out[1] = _mm256_castpd_ps(_mm256_unpackhi_pd(low01, low23));
    out[2] = _mm256_castpd_ps(_mm256_unpacklo_pd(high01, high23));
    out[3] = _mm256_castpd_ps(_mm256_unpackhi_pd(high01, high23));
}

INLINE void f32x16_transpose4(const float *rows, size_t stride, f32x16 out[4]) {
    __m256 low[4];
    __m256 high[4];
    transpose_8_rows(rows, stride, low);
    transpose_8_rows(rows + 8 * stride, stride, high);
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++) {
        out[i] = (f32x16){low[i], high[i]};
    }
}

INLINE __m256 add_exponent(__m256 a, __m256 shifted) {
    const __m256i n = _mm256_slli_epi32(_mm256_castps_si256(shifted), 23);
    return _mm256_castsi256_ps(_mm256_add_epi32(_mm256_castps_si256(a), n));
}

INLINE f32x16 f32x16_ldexp(f32x16 a, f32x16 shifted) {
    return BOTH(add_exponent, a, shifted);
}

INLINE __m256 pow2_floor(__m256 a) {
    return _mm256_and_ps(a, _mm256_castsi256_ps(_mm256_set1_epi32(0x7f800000)));
}

INLINE __m256 exponent(__m256 a) {
    const __m256i n = _mm256_srli_epi32(_mm256_castps_si256(pow2_floor(a)), 23);
    return i32_to_f32(_mm256_sub_epi32(n, _mm256_set1_epi32(127)));
}

INLINE f32x16 f32x16_pow2_floor(f32x16 a) {
    return (f32x16){pow2_floor(a.low), pow2_floor(a.high)};
}

INLINE f32x16 f32x16_exponent(f32x16 a) {
    return (f32x16){exponent(a.low), exponent(a.high)};
}

INLINE float f32x16_reduce_sum(f32x16 a) {
    const __m256 eight = _mm256_add_ps(a.low, a.high);
    const __m128 four = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
    const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_add_ps(two, _mm_shuffle_ps(two, two, 1)));
}

INLINE float f32x16_reduce_max(f32x16 a) {
    const __m256 eight = _mm256_max_ps(a.low, a.high);
    const __m128 four = _mm_max_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
    const __m128 two = _mm_max_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_max_ps(two, _mm_shuffle_ps(two, two, 1)));
}
