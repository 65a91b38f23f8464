/** planes.h in 256-bit vectors; a file that includes this defines TABLE, with which names begin. */
#include "avx2_row.h"

#define DOT_TAKES_BYTES HAS_VNNI
#define ADD_TQ2_0 add_tq2_0_by_row

#include "planes.h"
#include "x86_zip.h"

INLINE void transpose_rows(const char *p, size_t stride, lanes_u32 out[4]) {
    __m256i v[4];
    transpose(p, stride, v);
#pragma GCC unroll 4
    for (int j = 0; j < 4; j++) {
        out[j] = (lanes_u32)v[j];
    }
}

INLINE lanes_u32 words_at(const char *p, size_t stride) {
    return (lanes_u32)words(p, stride);
}

INLINE lanes_f32 halves_at(const char *p, size_t stride) {
    return (lanes_f32)scales(p, stride);
}

INLINE lanes_f32 to_floats(lanes_u32 v) {
    const __m256i packed = _mm256_packus_epi32((__m256i)v, (__m256i)v);
    return (lanes_f32)_mm256_cvtph_ps(_mm256_castsi256_si128(_mm256_permute4x64_epi64(packed, 0x08)));
}

INLINE lanes_u32 lookup(const uint8_t table[16], lanes_u32 v) {
    return (lanes_u32)_mm256_shuffle_epi8(codebook(table), (__m256i)v);
}

#if !DOT_TAKES_BYTES
INLINE lanes_u32 ternary_digits(lanes_u32 v) {
    const __m256i one = _mm256_cmpgt_epi8((__m256i)v, _mm256_set1_epi8(85 - 128));
    const __m256i two = _mm256_cmpgt_epi8((__m256i)v, _mm256_set1_epi8(170 - 128));
    return (lanes_u32)_mm256_abs_epi8(_mm256_add_epi8(one, two));
}
#endif

INLINE lanes_i32 dot(const int steps, const lanes_u32 *q, const int8_t *x) {
    __m256i sum = _mm256_setzero_si256();
#pragma GCC unroll 8
    for (int j = 0; j < steps; j++) {
        const __m256i v = _mm256_set1_epi32(word((const char *)x + 4 * j));
#if HAS_VNNI
        sum = DPBUSD(sum, (__m256i)q[j], v);
#else
        const __m256i p = _mm256_maddubs_epi16((__m256i)q[j], v);
        sum = j == 0 ? p : _mm256_add_epi16(sum, p);
#endif
    }
#if HAS_VNNI
    return (lanes_i32)sum;
#else
    return (lanes_i32)_mm256_madd_epi16(sum, _mm256_set1_epi16(1));
#endif
}

INLINE lanes_f32 multiply_add(lanes_f32 a, lanes_f32 b, lanes_f32 c) {
    return (lanes_f32)_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)c);
}

/**
 * A row of 32-byte vectors needs no broadcasts of activations: the partial sums of eight rows are added
 * across at the end.
 */
INLINE void add_tq2_0_by_row(const int n, const char *w, size_t stride, const char *prefetch, const size_t c,
                             const activation_block *x, lanes_i32 sum[MAX_GEMV_N]) {
    const __m256i mask = _mm256_set1_epi8(3);
    __m256i part[4][LANES];
#pragma GCC unroll 8
    for (size_t i = 0; i < LANES; i++) {
        if (i % 2 == 0) {
            prefetch_piece(prefetch, w, stride, sizeof(block_tq2_0), c, i / 2, LANES / 2);
        }
        const char *row = w + i * stride;
        __m256i q[8];
#pragma GCC unroll 8
        for (int j = 0; j < 8; j++) {
            const __m256i v = _mm256_loadu_si256((const void *)(row + j / 4 * 32));
            q[j] = _mm256_and_si256(_mm256_srli_epi16(v, j % 4 * 2), mask);
        }
        EACH_ROW_OF_X(r) {
            __m256i s = _mm256_setzero_si256();
#pragma GCC unroll 8
            for (int j = 0; j < 8; j++) {
                s = multiply_add_quants(s, q[j], _mm256_loadu_si256((const void *)(x[r].q + 32 * j)));
            }
            part[r][i] = wide(s);
        }
    }
    EACH_ROW_OF_X(r) {
        const __m256i *p = part[r];
        const __m256i low = wide_fold_64(wide_fold_32(p[0], p[1]), wide_fold_32(p[2], p[3]));
        const __m256i high = wide_fold_64(wide_fold_32(p[4], p[5]), wide_fold_32(p[6], p[7]));
        sum[r] += (lanes_i32)wide_fold_128(low, high);
    }
}

#define NAME(name) GEMV_PLANES_NAME(TABLE, name)
EACH_PLANES_TYPE(DECLARE_PLANES)
DEFINE_GEMV_PLANES(NAME, CALL_WITH_N_TO_4)
