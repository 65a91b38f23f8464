/** What the files of the AVX-512 kernels share. */
#ifndef MYELIN_SRC_AVX512_H
#define MYELIN_SRC_AVX512_H

#include <immintrin.h>
#include <string.h>

#include "vectors.h"

/** The integer mins of a super-block, times what they count for. */
INLINE __m512 avx512_offset(const panel *w, const segment *x) {
    __m512i sum = _mm512_setzero_si512();
#pragma GCC unroll 4
    for (int b = 0; b < BLOCKS / 2; b++) {
        int32_t pair;
        memcpy(&pair, x->pairs + 2 * b, sizeof pair);
        sum = _mm512_dpwssd_epi32(sum, _mm512_load_si512(w->min[b]), _mm512_set1_epi32(pair));
    }
    const __m512 minus = _mm512_sub_ps(_mm512_setzero_ps(), _mm512_load_ps(w->dmin));
    return _mm512_mul_ps(_mm512_cvtepi32_ps(sum), minus);
}

/** Declares the functions of a type. */
#define AVX512_TYPE(name)                                                                                    \
    void avx512_unpack_##name(const char *w, size_t stride, int blocks, const char *ahead, panel *out);      \
    void avx512_stream_##name(const char *w, size_t stride, int blocks, const char *ahead, const segment *x, \
                              int positions, float *y);

AVX512_TYPE(q4_0)
AVX512_TYPE(q4_1)
AVX512_TYPE(q5_0)
AVX512_TYPE(q5_1)
AVX512_TYPE(q8_0)
AVX512_TYPE(q3_k)
AVX512_TYPE(q4_k)
AVX512_TYPE(q5_k)
AVX512_TYPE(q6_k)
AVX512_TYPE(iq4_nl)
AVX512_TYPE(iq4_xs)
AVX512_TYPE(mxfp4)

#endif
