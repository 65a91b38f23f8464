/* Compiled with AVX-512 F, BW, DQ, VL, VBMI and VNNI; called only if the CPU has them all. */
#include <immintrin.h>
#include <string.h>

#include "activations.h"

INLINE __m512i magnitude(const float *x) {
    return _mm512_and_si512(_mm512_loadu_si512(x), _mm512_set1_epi32(INT32_MAX));
}

/** By the bits as integers, in which NaN is larger than every number: a maximum of floats may drop it. */
INLINE float max_magnitude(int n, const float *x) {
    __m512i max = magnitude(x);
    for (int i = 16; i < n; i += 16) {
        max = _mm512_max_epi32(max, magnitude(x + i));
    }
    const int32_t bits = _mm512_reduce_max_epi32(max);
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

INLINE int32_t quantize_16(const float *x, float inverse, int8_t *q) {
    const __m512i wide = _mm512_cvtps_epi32(_mm512_mul_ps(_mm512_loadu_ps(x), _mm512_set1_ps(inverse)));
    _mm_storeu_si128((__m128i *)(void *)q, _mm512_cvtepi32_epi8(wide));
    return _mm512_reduce_add_epi32(wide);
}

#include "activations_simd.h"

const activation_quantizer quantize_activations_avx512 = {
    .quantize = {[ACTIVATIONS_32] = quantize_32, [ACTIVATIONS_256] = quantize_256},
};
