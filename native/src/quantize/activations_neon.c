/* Activations: what needs no more than NEON. */
#include <arm_neon.h>
#include <string.h>

#include "activations.h"

/** By vmaxq_f32, which keeps NaN, as vmaxnmq_f32 does not. */
INLINE float largest(int n, const float *x) {
    float32x4_t most[4] = {vdupq_n_f32(0), vdupq_n_f32(0), vdupq_n_f32(0), vdupq_n_f32(0)};
    for (int i = 0; i < n; i += 16) {
#pragma GCC unroll 4
        for (int j = 0; j < 4; j++) {
            most[j] = vmaxq_f32(most[j], vabsq_f32(vld1q_f32(x + i + 4 * j)));
        }
    }
    return vmaxvq_f32(vmaxq_f32(vmaxq_f32(most[0], most[1]), vmaxq_f32(most[2], most[3])));
}

INLINE int32_t quantize_16(const float *x, float inverse, int8_t *q) {
    int16x4_t v[4];
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++) {
        v[i] = vmovn_s32(vcvtnq_s32_f32(vmulq_n_f32(vld1q_f32(x + 4 * i), inverse)));
    }
    const int8x16_t all =
        vcombine_s8(vmovn_s16(vcombine_s16(v[0], v[1])), vmovn_s16(vcombine_s16(v[2], v[3])));
    vst1q_s8(q, all);
    return vaddlvq_s8(all);
}

#include "activations_simd.h"

const activation_table activations_neon = {
    .quantize = {[ACTIVATIONS_32] = quantize_32, [ACTIVATIONS_256] = quantize_256},
};
