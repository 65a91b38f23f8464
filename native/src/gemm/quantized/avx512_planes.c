/* Compiled with AVX-512 as avx512.c is. */
#include "avx512_rows.h"

enum { LANES = 16 };

#define DOT_TAKES_BYTES 1

#include "planes.h"
#include "x86_zip.h"

INLINE void transpose_rows(const char *p, size_t stride, lanes_u32 out[4]) {
    __m512i v[4];
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
    return (lanes_f32)_mm512_cvtph_ps(_mm512_cvtepi32_epi16((__m512i)v));
}

INLINE lanes_u32 lookup(const uint8_t table[16], lanes_u32 v) {
    const __m128i values = _mm_loadu_si128((const void *)table);
    return (lanes_u32)_mm512_shuffle_epi8(_mm512_broadcast_i32x4(values), (__m512i)v);
}

INLINE lanes_i32 dot(const int steps, const lanes_u32 *q, const int8_t *x) {
    __m512i v[8];
#pragma GCC unroll 8
    for (int j = 0; j < steps; j++) {
        v[j] = (__m512i)q[j];
    }
    return (lanes_i32)dot_product(steps, _mm512_setzero_si512(), v, x);
}

INLINE lanes_f32 multiply_add(lanes_f32 a, lanes_f32 b, lanes_f32 c) {
    return (lanes_f32)_mm512_fmadd_ps((__m512)a, (__m512)b, (__m512)c);
}

#define NAME(name) avx512_gemv_##name
DEFINE_GEMV_PLANES(NAME, CALL_WITH_N_TO_8)
