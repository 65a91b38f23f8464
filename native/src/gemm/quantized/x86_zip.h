/** Transposes bytes of activations. */
#ifndef MYELIN_SRC_GEMM_QUANTIZED_X86_ZIP_H
#define MYELIN_SRC_GEMM_QUANTIZED_X86_ZIP_H

#include <immintrin.h>

#include "simd/inline.h"

/** [4][8] to [8][4]. */
INLINE void zip_4x8(const int8_t *x, int8_t *out) {
    const __m128i low = _mm_loadu_si128((const void *)x);
    const __m128i high = _mm_loadu_si128((const void *)(x + 16));
    const __m128i low_pairs = _mm_unpacklo_epi8(low, _mm_unpackhi_epi64(low, low));
    const __m128i high_pairs = _mm_unpacklo_epi8(high, _mm_unpackhi_epi64(high, high));
    _mm_storeu_si128((void *)out, _mm_unpacklo_epi16(low_pairs, high_pairs));
    _mm_storeu_si128((void *)(out + 16), _mm_unpackhi_epi16(low_pairs, high_pairs));
}

/** [4][4] to [4][4]. */
INLINE void zip_4x4(const int8_t *x, int8_t *out) {
    const __m128i order = _mm_setr_epi8(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
    _mm_storeu_si128((void *)out, _mm_shuffle_epi8(_mm_loadu_si128((const void *)x), order));
}

#endif
