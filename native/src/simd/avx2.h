/** 16 floats: two registers. See plain.h. */
#include <immintrin.h>
#include <stdint.h>

#include "inline.h"

typedef struct {
    __m256 low;
    __m256 high;
} lanes;

#define BOTH(f, a, b) ((lanes){f((a).low, (b).low), f((a).high, (b).high)})

INLINE lanes lanes_all(float x) {
    return (lanes){_mm256_set1_ps(x), _mm256_set1_ps(x)};
}

INLINE lanes lanes_load(const float *p) {
    return (lanes){_mm256_loadu_ps(p), _mm256_loadu_ps(p + 8)};
}

INLINE void lanes_store(float *p, lanes a) {
    _mm256_storeu_ps(p, a.low);
    _mm256_storeu_ps(p + 8, a.high);
}

INLINE __m256 floats_of(__m256i whole) {
    return _mm256_cvtepi32_ps(whole);
}

INLINE __m128i sixteen_bytes(const void *p) {
    return _mm_loadu_si128(p);
}

INLINE lanes lanes_of_int(const int32_t *p) {
    return (lanes){floats_of(_mm256_loadu_si256((const void *)p)),
                   floats_of(_mm256_loadu_si256((const void *)(p + 8)))};
}

INLINE lanes lanes_of_bytes(const int8_t *p) {
    const __m128i q = sixteen_bytes(p);
    return (lanes){floats_of(_mm256_cvtepi8_epi32(q)),
                   floats_of(_mm256_cvtepi8_epi32(_mm_unpackhi_epi64(q, q)))};
}

INLINE lanes lanes_of_halves(const char *p) {
    return (lanes){_mm256_cvtph_ps(sixteen_bytes(p)), _mm256_cvtph_ps(sixteen_bytes(p + 16))};
}

INLINE void lanes_round(lanes a, int16_t *p) {
    const __m256i q = _mm256_packs_epi32(_mm256_cvtps_epi32(a.low), _mm256_cvtps_epi32(a.high));
    _mm256_storeu_si256((void *)p, _mm256_permute4x64_epi64(q, 0xd8));
}

INLINE __m256i pairs(__m256 a, __m256 b) {
    return _mm256_blend_epi16(_mm256_cvtps_epi32(a), _mm256_slli_epi32(_mm256_cvtps_epi32(b), 16), 0xaa);
}

INLINE void lanes_round_pairs(lanes a, lanes b, int16_t *p) {
    _mm256_storeu_si256((void *)p, pairs(a.low, b.low));
    _mm256_storeu_si256((void *)(p + 16), pairs(a.high, b.high));
}

INLINE lanes lanes_add(lanes a, lanes b) {
    return BOTH(_mm256_add_ps, a, b);
}

INLINE lanes lanes_subtract(lanes a, lanes b) {
    return BOTH(_mm256_sub_ps, a, b);
}

INLINE lanes lanes_multiply(lanes a, lanes b) {
    return BOTH(_mm256_mul_ps, a, b);
}

INLINE lanes lanes_divide(lanes a, lanes b) {
    return BOTH(_mm256_div_ps, a, b);
}

INLINE lanes lanes_sqrt(lanes a) {
    return (lanes){_mm256_sqrt_ps(a.low), _mm256_sqrt_ps(a.high)};
}

INLINE lanes lanes_fma(lanes a, lanes b, lanes c) {
    return (lanes){_mm256_fmadd_ps(a.low, b.low, c.low), _mm256_fmadd_ps(a.high, b.high, c.high)};
}

INLINE lanes lanes_max(lanes a, lanes b) {
    return BOTH(_mm256_max_ps, a, b);
}

INLINE lanes lanes_min(lanes a, lanes b) {
    return BOTH(_mm256_min_ps, a, b);
}

INLINE lanes lanes_abs(lanes a) {
    const __m256 sign = _mm256_set1_ps(-0.0f);
    return (lanes){_mm256_andnot_ps(sign, a.low), _mm256_andnot_ps(sign, a.high)};
}

INLINE __m256 from(__m256 x, float limit, __m256 a) {
    return _mm256_and_ps(_mm256_cmp_ps(x, _mm256_set1_ps(limit), _CMP_GE_OQ), a);
}

INLINE lanes lanes_from(lanes x, float limit, lanes a) {
    return (lanes){from(x.low, limit, a.low), from(x.high, limit, a.high)};
}

INLINE __m256 first(int n, __m256 a, float other) {
    const __m256i number = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    const __m256i in = _mm256_cmpgt_epi32(_mm256_set1_epi32(n), number);
    return _mm256_blendv_ps(_mm256_set1_ps(other), a, _mm256_castsi256_ps(in));
}

INLINE lanes lanes_first(int n, lanes a, float other) {
    return (lanes){first(n, a.low, other), first(n - 8, a.high, other)};
}

INLINE __m256 scale(__m256 a, __m256 shifted) {
    const __m256i n = _mm256_slli_epi32(_mm256_castps_si256(shifted), 23);
    return _mm256_castsi256_ps(_mm256_add_epi32(_mm256_castps_si256(a), n));
}

INLINE lanes lanes_scale(lanes a, lanes shifted) {
    return BOTH(scale, a, shifted);
}

INLINE __m256 powers(__m256 a) {
    return _mm256_and_ps(a, _mm256_castsi256_ps(_mm256_set1_epi32(0x7f800000)));
}

INLINE __m256 exponents(__m256 a) {
    const __m256i n = _mm256_srli_epi32(_mm256_castps_si256(powers(a)), 23);
    return floats_of(_mm256_sub_epi32(n, _mm256_set1_epi32(127)));
}

INLINE lanes lanes_powers(lanes a) {
    return (lanes){powers(a.low), powers(a.high)};
}

INLINE lanes lanes_exponents(lanes a) {
    return (lanes){exponents(a.low), exponents(a.high)};
}

INLINE float lanes_sum(lanes a) {
    const __m256 eight = _mm256_add_ps(a.low, a.high);
    const __m128 four = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
    const __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_add_ps(two, _mm_shuffle_ps(two, two, 1)));
}

INLINE float lanes_largest(lanes a) {
    const __m256 eight = _mm256_max_ps(a.low, a.high);
    const __m128 four = _mm_max_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
    const __m128 two = _mm_max_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_max_ps(two, _mm_shuffle_ps(two, two, 1)));
}
