/** f32x16 in an AVX-512 register. See scalar.h. */
#include <immintrin.h>
#include <stddef.h>
#include <stdint.h>

#include "inline.h"

typedef __m512 f32x16;

INLINE f32x16 f32x16_set1(float x) {
    return _mm512_set1_ps(x);
}

INLINE f32x16 f32x16_load(const float *p) {
    return _mm512_loadu_ps(p);
}

INLINE void f32x16_store(float *p, f32x16 a) {
    _mm512_storeu_ps(p, a);
}

INLINE f32x16 f32x16_from_i32(const int32_t *p) {
    return _mm512_cvtepi32_ps(_mm512_loadu_si512(p));
}

INLINE f32x16 f32x16_from_i8(const int8_t *p) {
    return _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm_loadu_si128((const void *)p)));
}

INLINE f32x16 f32x16_from_f16(const char *p) {
    return _mm512_cvtph_ps(_mm256_loadu_si256((const void *)p));
}

INLINE void f32x16_to_i16(f32x16 a, int16_t *p) {
    _mm256_storeu_si256((void *)p, _mm512_cvtepi32_epi16(_mm512_cvtps_epi32(a)));
}

INLINE void f32x16_to_i16_pairs(f32x16 a, f32x16 b, int16_t *p) {
    const __m512i high = _mm512_slli_epi32(_mm512_cvtps_epi32(b), 16);
    _mm512_storeu_si512(p, _mm512_mask_blend_epi16(0xaaaaaaaa, _mm512_cvtps_epi32(a), high));
}

INLINE f32x16 f32x16_add(f32x16 a, f32x16 b) {
    return _mm512_add_ps(a, b);
}

INLINE f32x16 f32x16_sub(f32x16 a, f32x16 b) {
    return _mm512_sub_ps(a, b);
}

INLINE f32x16 f32x16_mul(f32x16 a, f32x16 b) {
    return _mm512_mul_ps(a, b);
}

INLINE f32x16 f32x16_div(f32x16 a, f32x16 b) {
    return _mm512_div_ps(a, b);
}

INLINE f32x16 f32x16_sqrt(f32x16 a) {
    return _mm512_sqrt_ps(a);
}

INLINE f32x16 f32x16_fma(f32x16 a, f32x16 b, f32x16 c) {
    return _mm512_fmadd_ps(a, b, c);
}

INLINE f32x16 f32x16_max(f32x16 a, f32x16 b) {
    return _mm512_max_ps(a, b);
}

INLINE f32x16 f32x16_min(f32x16 a, f32x16 b) {
    return _mm512_min_ps(a, b);
}

INLINE f32x16 f32x16_abs(f32x16 a) {
    return _mm512_abs_ps(a);
}

INLINE f32x16 f32x16_select_ge(f32x16 x, float limit, f32x16 a) {
    return _mm512_maskz_mov_ps(_mm512_cmp_ps_mask(x, _mm512_set1_ps(limit), _CMP_GE_OQ), a);
}

INLINE f32x16 f32x16_first_n(int n, f32x16 a, f32x16 b) {
    const __mmask16 mask = (__mmask16)(n >= 16 ? 0xffffu : n <= 0 ? 0u : (1u << n) - 1);
    return _mm512_mask_mov_ps(b, mask, a);
}

/** Four values of the rows 0, 4, 8 and 12. */
INLINE __m512 every_fourth_row(const float *rows, size_t stride) {
    __m512 v = _mm512_castps128_ps512(_mm_loadu_ps(rows));
    v = _mm512_insertf32x4(v, _mm_loadu_ps(rows + 4 * stride), 1);
    v = _mm512_insertf32x4(v, _mm_loadu_ps(rows + 8 * stride), 2);
    return _mm512_insertf32x4(v, _mm_loadu_ps(rows + 12 * stride), 3);
}

INLINE void f32x16_transpose4(const float *rows, size_t stride, f32x16 out[4]) {
    const __m512 r0 = every_fourth_row(rows, stride);
    const __m512 r1 = every_fourth_row(rows + stride, stride);
    const __m512 r2 = every_fourth_row(rows + 2 * stride, stride);
    const __m512 r3 = every_fourth_row(rows + 3 * stride, stride);
    const __m512d low01 = _mm512_castps_pd(_mm512_unpacklo_ps(r0, r1));
    const __m512d high01 = _mm512_castps_pd(_mm512_unpackhi_ps(r0, r1));
    const __m512d low23 = _mm512_castps_pd(_mm512_unpacklo_ps(r2, r3));
    const __m512d high23 = _mm512_castps_pd(_mm512_unpackhi_ps(r2, r3));
    out[0] = _mm512_castpd_ps(_mm512_unpacklo_pd(low01, low23));
    out[1] = _mm512_castpd_ps(_mm512_unpackhi_pd(low01, low23));
    out[2] = _mm512_castpd_ps(_mm512_unpacklo_pd(high01, high23));
    out[3] = _mm512_castpd_ps(_mm512_unpackhi_pd(high01, high23));
}

INLINE f32x16 f32x16_ldexp(f32x16 a, f32x16 shifted) {
    const __m512i n = _mm512_slli_epi32(_mm512_castps_si512(shifted), 23);
    return _mm512_castsi512_ps(_mm512_add_epi32(_mm512_castps_si512(a), n));
}

INLINE f32x16 f32x16_pow2_floor(f32x16 a) {
    return _mm512_castsi512_ps(_mm512_and_si512(_mm512_castps_si512(a), _mm512_set1_epi32(0x7f800000)));
}

INLINE f32x16 f32x16_exponent(f32x16 a) {
    const __m512i n = _mm512_srli_epi32(_mm512_castps_si512(f32x16_pow2_floor(a)), 23);
    return _mm512_cvtepi32_ps(_mm512_sub_epi32(n, _mm512_set1_epi32(127)));
}

INLINE float f32x16_reduce_sum(f32x16 a) {
    const __m256 eight = _mm256_add_ps(_mm512_castps512_ps256(a), _mm512_extractf32x8_ps(a, 1));
    const __m128 four = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
    const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_add_ps(two, _mm_shuffle_ps(two, two, 1)));
}

INLINE float f32x16_reduce_max(f32x16 a) {
    return _mm512_reduce_max_ps(a);
}
