/** What the files of the AVX-512 kernels share. */
#ifndef MYELIN_SRC_AVX512_H
#define MYELIN_SRC_AVX512_H

#include <immintrin.h>
#include <string.h>

#include "common.h"

/** The products of so many pairs of integer mins and of sums of activations. */
INLINE __m512 avx512_mins(const __m512i *min, const int pairs, const int16_t *sums) {
    __m512i sum = _mm512_setzero_si512();
#pragma GCC unroll 8
    for (int b = 0; b < pairs; b++) {
        int32_t pair;
        memcpy(&pair, sums + 2 * b, sizeof pair);
        sum = _mm512_dpwssd_epi32(sum, min[b], _mm512_set1_epi32(pair));
    }
    return _mm512_cvtepi32_ps(sum);
}

/** The mins of a super-block by 32, times what they count for. */
INLINE __m512 avx512_offset(const panel *w, const segment *x) {
    const __m512 minus = _mm512_sub_ps(_mm512_setzero_ps(), _mm512_load_ps(w->dmin));
    return _mm512_mul_ps(avx512_mins((const void *)w->min, BLOCKS / 2, x->pairs), minus);
}

/** The same by 16: the activations' sums are negated as they are. */
INLINE __m512 avx512_offset_16(const __m512i min[BLOCKS], __m512 dmin, const segment *x) {
    int16_t sums[16] __attribute__((aligned(32)));
    _mm256_store_si256((void *)sums, _mm512_cvtepi32_epi16(_mm512_loadu_si512(x->sum)));
    return _mm512_mul_ps(avx512_mins(min, BLOCKS, sums), dmin);
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
AVX512_TYPE(q2_k)
AVX512_TYPE(q3_k)
AVX512_TYPE(q4_k)
AVX512_TYPE(q5_k)
AVX512_TYPE(q6_k)
AVX512_TYPE(iq4_nl)
AVX512_TYPE(iq4_xs)
AVX512_TYPE(mxfp4)

#endif
