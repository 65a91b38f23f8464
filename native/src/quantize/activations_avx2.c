/* Compiled with AVX2, FMA and F16C; called only if the CPU has them all. */
#include <immintrin.h>
#include <string.h>

#include "activations.h"

enum { LANES = 8 };

INLINE __m256i magnitude(const float *x) {
    return _mm256_and_si256(_mm256_loadu_si256((const void *)x), _mm256_set1_epi32(INT32_MAX));
}

INLINE float reduce_max(__m256i v) {
    __m128i m = _mm_max_epi32(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));
    m = _mm_max_epi32(m, _mm_shuffle_epi32(m, 0x4e));
    return _mm_cvtss_f32(_mm_castsi128_ps(_mm_max_epi32(m, _mm_shuffle_epi32(m, 0xb1))));
}

INLINE __m256i rounded(const float *x, __m256 inverse) {
    return _mm256_cvtps_epi32(_mm256_mul_ps(_mm256_loadu_ps(x), inverse));
}

INLINE int32_t reduce_sum(__m256i v) {
    __m128i s = _mm_add_epi32(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));
    s = _mm_add_epi32(s, _mm_shuffle_epi32(s, 0x4e));
    return _mm_cvtsi128_si32(_mm_add_epi32(s, _mm_shuffle_epi32(s, 0xb1)));
}

INLINE int32_t quantize_16(const float *x, float inverse, int8_t *q) {
    const __m256i a = rounded(x, _mm256_set1_ps(inverse));
    const __m256i b = rounded(x + 8, _mm256_set1_ps(inverse));
    /* the low bytes, as a cast does */
    const __m256i byte = _mm256_set1_epi32(255);
    const __m256i low = _mm256_packus_epi32(_mm256_and_si256(a, byte), _mm256_and_si256(b, byte));
    const __m256i in_order = _mm256_permute4x64_epi64(low, 0xd8);
    _mm_storeu_si128((__m128i *)(void *)q, _mm_packus_epi16(_mm256_castsi256_si128(in_order),
                                                            _mm256_extracti128_si256(in_order, 1)));
    return reduce_sum(_mm256_add_epi32(a, b));
}

/** By the bits as integers, in which NaN is larger than every number: a maximum of floats may drop it. */
INLINE float max_magnitude(int n, const float *x) {
    __m256i max = magnitude(x);
    for (int i = LANES; i < n; i += LANES) {
        max = _mm256_max_epi32(max, magnitude(x + i));
    }
    return reduce_max(max);
}

#include "activations_simd.h"

const activation_quantizer quantize_activations_avx2 = {
    .quantize = {[ACTIVATIONS_32] = quantize_32, [ACTIVATIONS_256] = quantize_256},
};
