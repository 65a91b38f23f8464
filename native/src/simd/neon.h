/** f32x16 in four NEON registers. See scalar.h. */
#include <arm_neon.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "inline.h"

typedef struct {
    float32x4_t x[4];
} f32x16;

#define EACH_REGISTER(expression)                         \
    f32x16 y;                                             \
    _Pragma("GCC unroll 4") for (int i = 0; i < 4; i++) { \
        y.x[i] = expression;                              \
    }                                                     \
    return y;

INLINE f32x16 f32x16_set1(float x){EACH_REGISTER(vdupq_n_f32(x))}

INLINE f32x16 f32x16_load(const float *p){EACH_REGISTER(vld1q_f32(p + 4 * i))}

INLINE void f32x16_store(float *p, f32x16 a) {
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++) {
        vst1q_f32(p + 4 * i, a.x[i]);
    }
}

INLINE f32x16 f32x16_from_i32(const int32_t *p){EACH_REGISTER(vcvtq_f32_s32(vld1q_s32(p + 4 * i)))}

INLINE f32x16 f32x16_from_i8(const int8_t *p) {
    const int8x16_t q = vld1q_s8(p);
    const int16x8_t low = vmovl_s8(vget_low_s8(q));
    const int16x8_t high = vmovl_high_s8(q);
    return (f32x16){{vcvtq_f32_s32(vmovl_s16(vget_low_s16(low))), vcvtq_f32_s32(vmovl_high_s16(low)),
                     vcvtq_f32_s32(vmovl_s16(vget_low_s16(high))), vcvtq_f32_s32(vmovl_high_s16(high))}};
}

INLINE float32x4_t load_4_halves(const char *p) {
    uint16x4_t h;
    memcpy(&h, p, sizeof h);
    return vcvt_f32_f16(vreinterpret_f16_u16(h));
}

INLINE f32x16 f32x16_from_f16(const char *p){EACH_REGISTER(load_4_halves(p + 8 * i))}

INLINE void f32x16_to_i16(f32x16 a, int16_t *p) {
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++) {
        vst1_s16(p + 4 * i, vmovn_s32(vcvtnq_s32_f32(a.x[i])));
    }
}

INLINE void f32x16_to_i16_pairs(f32x16 a, f32x16 b, int16_t *p) {
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++) {
        const int16x4x2_t q = {{vmovn_s32(vcvtnq_s32_f32(a.x[i])), vmovn_s32(vcvtnq_s32_f32(b.x[i]))}};
        vst2_s16(p + 8 * i, q);
    }
}

INLINE f32x16 f32x16_add(f32x16 a, f32x16 b){EACH_REGISTER(vaddq_f32(a.x[i], b.x[i]))}

INLINE f32x16 f32x16_sub(f32x16 a, f32x16 b){EACH_REGISTER(vsubq_f32(a.x[i], b.x[i]))}

INLINE f32x16 f32x16_mul(f32x16 a, f32x16 b){EACH_REGISTER(vmulq_f32(a.x[i], b.x[i]))}

INLINE f32x16 f32x16_fma(f32x16 a, f32x16 b, f32x16 c){EACH_REGISTER(vfmaq_f32(c.x[i], a.x[i], b.x[i]))}

/* by comparing, because vmaxq_f32 keeps NaN of either operand */
INLINE f32x16
    f32x16_max(f32x16 a, f32x16 b){EACH_REGISTER(vbslq_f32(vcgtq_f32(a.x[i], b.x[i]), a.x[i], b.x[i]))}

INLINE f32x16
    f32x16_min(f32x16 a, f32x16 b){EACH_REGISTER(vbslq_f32(vcltq_f32(a.x[i], b.x[i]), a.x[i], b.x[i]))}

INLINE f32x16 f32x16_abs(f32x16 a){EACH_REGISTER(vabsq_f32(a.x[i]))}

INLINE float32x4_t select(uint32x4_t mask, float32x4_t a, float other) {
    return vbslq_f32(mask, a, vdupq_n_f32(other));
}

INLINE f32x16 f32x16_div(f32x16 a, f32x16 b){EACH_REGISTER(vdivq_f32(a.x[i], b.x[i]))}

INLINE f32x16 f32x16_sqrt(f32x16 a){EACH_REGISTER(vsqrtq_f32(a.x[i]))}

INLINE f32x16 f32x16_select_ge(f32x16 x, float limit, f32x16 a){
    EACH_REGISTER(select(vcgeq_f32(x.x[i], vdupq_n_f32(limit)), a.x[i], 0))}

INLINE f32x16 f32x16_first_n(int n, f32x16 a, f32x16 b) {
    static const int32_t index[4] = {0, 1, 2, 3};
    EACH_REGISTER(vbslq_f32(vcgtq_s32(vdupq_n_s32(n - 4 * i), vld1q_s32(index)), a.x[i], b.x[i]))
}

INLINE void f32x16_transpose4(const float *rows, size_t stride, f32x16 out[4]) {
#pragma GCC unroll 4
    for (size_t i = 0; i < 4; i++, rows += 4 * stride) {
        const float32x4x2_t even = vtrnq_f32(vld1q_f32(rows), vld1q_f32(rows + stride));
        const float32x4x2_t odd = vtrnq_f32(vld1q_f32(rows + 2 * stride), vld1q_f32(rows + 3 * stride));
        out[0].x[i] = vcombine_f32(vget_low_f32(even.val[0]), vget_low_f32(odd.val[0]));
        out[1].x[i] = vcombine_f32(vget_low_f32(even.val[1]), vget_low_f32(odd.val[1]));
        out[2].x[i] = vcombine_f32(vget_high_f32(even.val[0]), vget_high_f32(odd.val[0]));
        out[3].x[i] = vcombine_f32(vget_high_f32(even.val[1]), vget_high_f32(odd.val[1]));
    }
}

INLINE float32x4_t add_exponent(float32x4_t a, float32x4_t shifted) {
    const int32x4_t n = vshlq_n_s32(vreinterpretq_s32_f32(shifted), 23);
    return vreinterpretq_f32_s32(vaddq_s32(vreinterpretq_s32_f32(a), n));
}

INLINE f32x16 f32x16_ldexp(f32x16 a, f32x16 shifted){EACH_REGISTER(add_exponent(a.x[i], shifted.x[i]))}

INLINE float f32x16_reduce_sum(f32x16 a) {
    const float32x4_t four = vaddq_f32(vaddq_f32(a.x[0], a.x[2]), vaddq_f32(a.x[1], a.x[3]));
    const float32x2_t two = vadd_f32(vget_low_f32(four), vget_high_f32(four));
    return vget_lane_f32(two, 0) + vget_lane_f32(two, 1);
}

INLINE int32x4_t exponent_bits(float32x4_t a) {
    return vandq_s32(vreinterpretq_s32_f32(a), vdupq_n_s32(0x7f800000));
}

INLINE f32x16 f32x16_pow2_floor(f32x16 a){EACH_REGISTER(vreinterpretq_f32_s32(exponent_bits(a.x[i])))}

INLINE f32x16 f32x16_exponent(f32x16 a){
    EACH_REGISTER(vcvtq_f32_s32(vsubq_s32(vshrq_n_s32(exponent_bits(a.x[i]), 23), vdupq_n_s32(127))))}

INLINE float f32x16_reduce_max(f32x16 a) {
    const float32x4_t four = vmaxq_f32(vmaxq_f32(a.x[0], a.x[2]), vmaxq_f32(a.x[1], a.x[3]));
    return vmaxvq_f32(four);
}
