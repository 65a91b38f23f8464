/** planes.h in 256-bit vectors; a file that includes this defines TABLE, with which names begin. */
#include "avx2_blocks.h"
#include "planes.h"
#include "vnni.h"
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

INLINE lanes_u32 ternary_digits(lanes_u32 v) {
    /* unsigned, compared as signed */
    const __m256i s = _mm256_xor_si256((__m256i)v, _mm256_set1_epi8((char)0x80));
    const __m256i one = _mm256_cmpgt_epi8(s, _mm256_set1_epi8(85 - 128));
    const __m256i two = _mm256_cmpgt_epi8(s, _mm256_set1_epi8(170 - 128));
    return (lanes_u32)_mm256_sub_epi8(_mm256_setzero_si256(), _mm256_add_epi8(one, two));
}

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

#define NAME(name) GEMV_PLANES_NAME(TABLE, name)
EACH_PLANES_TYPE(DECLARE_PLANES)
DEFINE_GEMV_PLANES(NAME, CALL_WITH_N_TO_4)
