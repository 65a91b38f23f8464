/** Shared by the AVX-512 kernels. */
#ifndef MYELIN_SRC_GEMM_QUANTIZED_AVX512_H
#define MYELIN_SRC_GEMM_QUANTIZED_AVX512_H

#include <immintrin.h>
#include <string.h>

#include "common.h"

/** The dot product of pairs of integer mins and of sums of activations. */
INLINE __m512 avx512_dot_mins(const __m512i *min, const int pairs, const int16_t *sums) {
    __m512i sum = _mm512_setzero_si512();
#pragma GCC unroll 8
    for (int b = 0; b < pairs; b++) {
        int32_t pair;
        memcpy(&pair, sums + 2 * b, sizeof pair);
        sum = _mm512_dpwssd_epi32(sum, min[b], _mm512_set1_epi32(pair));
    }
    return _mm512_cvtepi32_ps(sum);
}

/** What the mins of a superblock subtract, mins by 32. */
INLINE __m512 avx512_min_offset_32(const panel *w, const activation_block *x) {
    const __m512 minus = _mm512_sub_ps(_mm512_setzero_ps(), _mm512_load_ps(w->dmin));
    return _mm512_mul_ps(avx512_dot_mins((const void *)w->mins, BLOCKS / 2, x->sums_32), minus);
}

/** The same for mins by 16: neg_sums are negated already. */
INLINE __m512 avx512_min_offset_16(const __m512i min[BLOCKS], __m512 dmin, const activation_block *x) {
    int16_t sums[16] __attribute__((aligned(32)));
    _mm256_store_si256((void *)sums, _mm512_cvtepi32_epi16(_mm512_loadu_si512(x->neg_sums)));
    return _mm512_mul_ps(avx512_dot_mins(min, BLOCKS, sums), dmin);
}

/** Declares the functions of a type. */
#define AVX512_TYPE(name)                                                                   \
    void avx512_pack_##name(const char *w, size_t stride, int blocks, panel *out);          \
    void avx512_gemv_##name(const char *w, size_t stride, int blocks, const char *prefetch, \
                            const activation_block *x, int n, float *y);

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

/** Declares the function of a type that is read row by row. */
#define AVX512_WIDE_TYPE(type, name, ...) \
    void avx512_pack_##name(const char *w, size_t stride, int blocks, panel *out);

EACH_WIDE_TYPE(AVX512_WIDE_TYPE)
EACH_WIDE_BLOCK_TYPE(AVX512_WIDE_TYPE)

/** Declares the function of a type that is read by planes. */
#define AVX512_PLANES_TYPE(type, name) void avx512_gemv_##name(GEMV_PARAMETERS);

EACH_PLANES_TYPE(AVX512_PLANES_TYPE)

/** Declares the functions of a type of grids.h; GEMV is that of AVX2. */
#define AVX512_GRID_TYPE(type, name, ...)                                          \
    void avx512_pack_##name(const char *w, size_t stride, int blocks, panel *out); \
    void avx2_rows_##name(const gemm_args *args, int64_t from, int64_t to);

EACH_GRID_TYPE(AVX512_GRID_TYPE)

/** Declares the GEMV of whole rows of a type. */
#define AVX512_ROW(name) void avx512_row_##name(const gemm_args *args, int64_t from, int64_t to);

AVX512_ROW(q4_0)
AVX512_ROW(q4_k)
AVX512_ROW(q5_k)
AVX512_ROW(q6_k)
AVX512_ROW(iq4_nl)

#endif
