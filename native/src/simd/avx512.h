/** 16 floats: a register. See plain.h. */
#include <immintrin.h>
#include <stdint.h>

#include "inline.h"

typedef __m512 lanes;

INLINE lanes lanes_all(float x) {
    return _mm512_set1_ps(x);
}

INLINE lanes lanes_load(const float *p) {
    return _mm512_loadu_ps(p);
}

INLINE void lanes_store(float *p, lanes a) {
    _mm512_storeu_ps(p, a);
}

INLINE lanes lanes_of_int(const int32_t *p) {
    return _mm512_cvtepi32_ps(_mm512_loadu_si512(p));
}

INLINE lanes lanes_of_bytes(const int8_t *p) {
    return _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm_loadu_si128((const void *)p)));
}

INLINE lanes lanes_of_halves(const char *p) {
    return _mm512_cvtph_ps(_mm256_loadu_si256((const void *)p));
}

INLINE void lanes_round(lanes a, int16_t *p) {
    _mm256_storeu_si256((void *)p, _mm512_cvtepi32_epi16(_mm512_cvtps_epi32(a)));
}

INLINE void lanes_round_pairs(lanes a, lanes b, int16_t *p) {
    const __m512i high = _mm512_slli_epi32(_mm512_cvtps_epi32(b), 16);
    _mm512_storeu_si512(p, _mm512_mask_blend_epi16(0xaaaaaaaa, _mm512_cvtps_epi32(a), high));
}

INLINE lanes lanes_add(lanes a, lanes b) {
    return _mm512_add_ps(a, b);
}

INLINE lanes lanes_subtract(lanes a, lanes b) {
    return _mm512_sub_ps(a, b);
}

INLINE lanes lanes_multiply(lanes a, lanes b) {
    return _mm512_mul_ps(a, b);
}

INLINE lanes lanes_divide(lanes a, lanes b) {
    return _mm512_div_ps(a, b);
}

INLINE lanes lanes_sqrt(lanes a) {
    return _mm512_sqrt_ps(a);
}

INLINE lanes lanes_fma(lanes a, lanes b, lanes c) {
    return _mm512_fmadd_ps(a, b, c);
}

INLINE lanes lanes_max(lanes a, lanes b) {
    return _mm512_max_ps(a, b);
}

INLINE lanes lanes_min(lanes a, lanes b) {
    return _mm512_min_ps(a, b);
}

INLINE lanes lanes_abs(lanes a) {
    return _mm512_abs_ps(a);
}

INLINE lanes lanes_from(lanes x, float limit, lanes a) {
    return _mm512_maskz_mov_ps(_mm512_cmp_ps_mask(x, _mm512_set1_ps(limit), _CMP_GE_OQ), a);
}

INLINE lanes lanes_first(int n, lanes a, float other) {
    const __mmask16 in = n >= 16 ? 0xffff : n <= 0 ? 0 : (__mmask16)((1u << n) - 1);
    return _mm512_mask_mov_ps(_mm512_set1_ps(other), in, a);
}

INLINE lanes lanes_scale(lanes a, lanes shifted) {
    const __m512i n = _mm512_slli_epi32(_mm512_castps_si512(shifted), 23);
    return _mm512_castsi512_ps(_mm512_add_epi32(_mm512_castps_si512(a), n));
}

INLINE lanes lanes_powers(lanes a) {
    return _mm512_castsi512_ps(_mm512_and_si512(_mm512_castps_si512(a), _mm512_set1_epi32(0x7f800000)));
}

INLINE lanes lanes_exponents(lanes a) {
    const __m512i n = _mm512_srli_epi32(_mm512_castps_si512(lanes_powers(a)), 23);
    return _mm512_cvtepi32_ps(_mm512_sub_epi32(n, _mm512_set1_epi32(127)));
}

INLINE float lanes_sum(lanes a) {
    const __m256 eight = _mm256_add_ps(_mm512_castps512_ps256(a), _mm512_extractf32x8_ps(a, 1));
    const __m128 four = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
    const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_add_ps(two, _mm_shuffle_ps(two, two, 1)));
}

INLINE float lanes_largest(lanes a) {
    return _mm512_reduce_max_ps(a);
}
