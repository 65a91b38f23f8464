/* Compiled with dotprod. */
#include "neon.h"

#define DOT_TAKES_BYTES 0

#include "planes.h"

INLINE void transpose_rows(const char *p, size_t stride, lanes_u32 out[4]) {
    const four_rows from = neon_rows(p, stride);
    uint8x16_t v[4];
    neon_transpose(&from, v);
#pragma GCC unroll 4
    for (int j = 0; j < 4; j++) {
        out[j] = (lanes_u32)v[j];
    }
}

INLINE lanes_u32 words_at(const char *p, size_t stride) {
    uint32_t v[LANES];
#pragma GCC unroll 4
    for (size_t i = 0; i < LANES; i++) {
        memcpy(v + i, p + i * stride, sizeof *v);
    }
    return (lanes_u32)vld1q_u32(v);
}

INLINE lanes_f32 halves_at(const char *p, size_t stride) {
    return (lanes_f32)neon_scales(p, stride);
}

INLINE lanes_f32 to_floats(lanes_u32 v) {
    return (lanes_f32)vcvt_f32_f16(vreinterpret_f16_u16(vmovn_u32((uint32x4_t)v)));
}

INLINE lanes_u32 lookup(const uint8_t table[16], lanes_u32 v) {
    return (lanes_u32)vqtbl1q_u8(vld1q_u8(table), (uint8x16_t)v);
}

INLINE lanes_u32 ternary_digits(lanes_u32 v) {
    const uint8x16_t one = vcgtq_s8((int8x16_t)v, vdupq_n_s8(85 - 128));
    const uint8x16_t two = vcgtq_s8((int8x16_t)v, vdupq_n_s8(170 - 128));
    return (lanes_u32)vnegq_s8(vreinterpretq_s8_u8(vaddq_u8(one, two)));
}

INLINE lanes_i32 dot(const int steps, const lanes_u32 *q, const int8_t *x) {
    int32x4_t sum = vdupq_n_s32(0);
#pragma GCC unroll 8
    for (int j = 0; j < steps; j++) {
        int32_t word;
        memcpy(&word, x + 4 * j, sizeof word);
        sum = neon_sdot(sum, (uint8x16_t)q[j], vreinterpretq_s8_s32(vdupq_n_s32(word)));
    }
    return (lanes_i32)sum;
}

INLINE lanes_f32 multiply_add(lanes_f32 a, lanes_f32 b, lanes_f32 c) {
    return (lanes_f32)vfmaq_f32((float32x4_t)c, (float32x4_t)a, (float32x4_t)b);
}

INLINE void zip_4x8(const int8_t *x, int8_t *out) {
    const int8x16_t low = vld1q_s8(x);
    const int8x16_t high = vld1q_s8(x + 16);
    const int16x8_t low_pairs = vreinterpretq_s16_s8(vzip1q_s8(low, vextq_s8(low, low, 8)));
    const int16x8_t high_pairs = vreinterpretq_s16_s8(vzip1q_s8(high, vextq_s8(high, high, 8)));
    vst1q_s8(out, vreinterpretq_s8_s16(vzip1q_s16(low_pairs, high_pairs)));
    vst1q_s8(out + 16, vreinterpretq_s8_s16(vzip2q_s16(low_pairs, high_pairs)));
}

INLINE void zip_4x4(const int8_t *x, int8_t *out) {
    const uint8x16_t order = {0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15};
    vst1q_s8(out, vqtbl1q_s8(vld1q_s8(x), order));
}

#define NAME(name) neon_gemv_##name
DEFINE_GEMV_PLANES(NAME, CALL_WITH_N_TO_4)
