/* Compiled with NEON, which every Armv8 CPU has. */
#include <arm_neon.h>
#include <string.h>

#include "activations.h"

/** By vmaxq_f32, which keeps NaN; vmaxnmq_f32 does not. */
INLINE float max_magnitude(int n, const float *x) {
    float32x4_t max[4] = {vdupq_n_f32(0), vdupq_n_f32(0), vdupq_n_f32(0), vdupq_n_f32(0)};
    for (int i = 0; i < n; i += 16) {
#pragma GCC unroll 4
        for (int j = 0; j < 4; j++) {
            max[j] = vmaxq_f32(max[j], vabsq_f32(vld1q_f32(x + i + 4 * j)));
        }
    }
    return vmaxvq_f32(vmaxq_f32(vmaxq_f32(max[0], max[1]), vmaxq_f32(max[2], max[3])));
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

const activation_quantizer quantize_activations_neon = {
    .quantize = {[ACTIVATIONS_32] = quantize_32, [ACTIVATIONS_256] = quantize_256},
};
