/** 16 floats: four registers. See plain.h. */
#include <arm_neon.h>
#include <stdint.h>
#include <string.h>

#include "inline.h"

typedef struct {
    float32x4_t x[4];
} lanes;

#define EACH_REGISTER(expression)                         \
    lanes y;                                              \
    _Pragma("GCC unroll 4") for (int i = 0; i < 4; i++) { \
        y.x[i] = expression;                              \
    }                                                     \
    return y;

INLINE lanes lanes_all(float x){EACH_REGISTER(vdupq_n_f32(x))}

INLINE lanes lanes_load(const float *p){EACH_REGISTER(vld1q_f32(p + 4 * i))}

INLINE void lanes_store(float *p, lanes a) {
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++) {
        vst1q_f32(p + 4 * i, a.x[i]);
    }
}

INLINE lanes lanes_of_int(const int32_t *p){EACH_REGISTER(vcvtq_f32_s32(vld1q_s32(p + 4 * i)))}

INLINE lanes lanes_of_bytes(const int8_t *p) {
    const int8x16_t q = vld1q_s8(p);
    const int16x8_t low = vmovl_s8(vget_low_s8(q));
    const int16x8_t high = vmovl_high_s8(q);
    return (lanes){{vcvtq_f32_s32(vmovl_s16(vget_low_s16(low))), vcvtq_f32_s32(vmovl_high_s16(low)),
                    vcvtq_f32_s32(vmovl_s16(vget_low_s16(high))), vcvtq_f32_s32(vmovl_high_s16(high))}};
}

INLINE float32x4_t four_halves(const char *p) {
    uint16x4_t h;
    memcpy(&h, p, sizeof h);
    return vcvt_f32_f16(vreinterpret_f16_u16(h));
}

INLINE lanes lanes_of_halves(const char *p){EACH_REGISTER(four_halves(p + 8 * i))}

INLINE void lanes_round(lanes a, int16_t *p) {
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++) {
        vst1_s16(p + 4 * i, vmovn_s32(vcvtnq_s32_f32(a.x[i])));
    }
}

INLINE void lanes_round_pairs(lanes a, lanes b, int16_t *p) {
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++) {
        const int16x4x2_t q = {{vmovn_s32(vcvtnq_s32_f32(a.x[i])), vmovn_s32(vcvtnq_s32_f32(b.x[i]))}};
        vst2_s16(p + 8 * i, q);
    }
}

INLINE lanes lanes_add(lanes a, lanes b){EACH_REGISTER(vaddq_f32(a.x[i], b.x[i]))}

INLINE lanes lanes_subtract(lanes a, lanes b){EACH_REGISTER(vsubq_f32(a.x[i], b.x[i]))}

INLINE lanes lanes_multiply(lanes a, lanes b){EACH_REGISTER(vmulq_f32(a.x[i], b.x[i]))}

INLINE lanes lanes_fma(lanes a, lanes b, lanes c){EACH_REGISTER(vfmaq_f32(c.x[i], a.x[i], b.x[i]))}

/* by comparing: vmaxq_f32 keeps what is no number */
INLINE lanes lanes_max(lanes a, lanes b){EACH_REGISTER(vbslq_f32(vcgtq_f32(a.x[i], b.x[i]), a.x[i], b.x[i]))}

INLINE lanes lanes_min(lanes a, lanes b){EACH_REGISTER(vbslq_f32(vcltq_f32(a.x[i], b.x[i]), a.x[i], b.x[i]))}

INLINE lanes lanes_abs(lanes a){EACH_REGISTER(vabsq_f32(a.x[i]))}

INLINE float32x4_t where(uint32x4_t in, float32x4_t a, float other) {
    return vbslq_f32(in, a, vdupq_n_f32(other));
}

INLINE lanes lanes_divide(lanes a, lanes b){EACH_REGISTER(vdivq_f32(a.x[i], b.x[i]))}

INLINE lanes lanes_sqrt(lanes a){EACH_REGISTER(vsqrtq_f32(a.x[i]))}

INLINE lanes lanes_from(lanes x, float limit,
                        lanes a){EACH_REGISTER(where(vcgeq_f32(x.x[i], vdupq_n_f32(limit)), a.x[i], 0))}

INLINE lanes lanes_first(int n, lanes a, float other) {
    static const int32_t number[4] = {0, 1, 2, 3};
    EACH_REGISTER(where(vcgtq_s32(vdupq_n_s32(n - 4 * i), vld1q_s32(number)), a.x[i], other))
}

INLINE float32x4_t scale(float32x4_t a, float32x4_t shifted) {
    const int32x4_t n = vshlq_n_s32(vreinterpretq_s32_f32(shifted), 23);
    return vreinterpretq_f32_s32(vaddq_s32(vreinterpretq_s32_f32(a), n));
}

INLINE lanes lanes_scale(lanes a, lanes shifted){EACH_REGISTER(scale(a.x[i], shifted.x[i]))}

INLINE float lanes_sum(lanes a) {
    const float32x4_t four = vaddq_f32(vaddq_f32(a.x[0], a.x[2]), vaddq_f32(a.x[1], a.x[3]));
    const float32x2_t two = vadd_f32(vget_low_f32(four), vget_high_f32(four));
    return vget_lane_f32(two, 0) + vget_lane_f32(two, 1);
}

INLINE int32x4_t exponent_bits(float32x4_t a) {
    return vandq_s32(vreinterpretq_s32_f32(a), vdupq_n_s32(0x7f800000));
}

INLINE lanes lanes_powers(lanes a){EACH_REGISTER(vreinterpretq_f32_s32(exponent_bits(a.x[i])))}

INLINE lanes lanes_exponents(lanes a){
    EACH_REGISTER(vcvtq_f32_s32(vsubq_s32(vshrq_n_s32(exponent_bits(a.x[i]), 23), vdupq_n_s32(127))))}

INLINE float lanes_largest(lanes a) {
    const float32x4_t four = vmaxq_f32(vmaxq_f32(a.x[0], a.x[2]), vmaxq_f32(a.x[1], a.x[3]));
    return vmaxvq_f32(four);
}
