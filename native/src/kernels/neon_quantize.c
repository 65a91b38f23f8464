/* Activations: what needs no more than NEON. */
#include "neon.h"

/** The largest magnitude of n values, a multiple of 16. */
INLINE float largest(int n, const float *x) {
    float32x4_t most[4] = {vdupq_n_f32(0), vdupq_n_f32(0), vdupq_n_f32(0), vdupq_n_f32(0)};
    for (int i = 0; i < n; i += 16) {
#pragma GCC unroll 4
        for (int j = 0; j < 4; j++) {
            most[j] = vmaxnmq_f32(most[j], vabsq_f32(vld1q_f32(x + i + 4 * j)));
        }
    }
    return vmaxnmvq_f32(vmaxnmq_f32(vmaxnmq_f32(most[0], most[1]), vmaxnmq_f32(most[2], most[3])));
}

/** Rounds 16 values to nearest, ties to even; returns their sum. */
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

void neon_quantize_32(int64_t k, const float *x, segment *out, int64_t stride) {
    for (int64_t at = 0; at < k; at += SEGMENT, out += stride) {
        const int blocks = (int)(k - at < SEGMENT ? (k - at) / 32 : BLOCKS);
        memset(out, 0, sizeof *out);
        for (int b = 0; b < blocks; b++) {
            const float *v = x + at + 32 * b;
            const float d = largest(32, v) / 127.0f;
            const float inverse = d > 0 ? 1.0f / d : 0.0f;
            const int32_t low = quantize_16(v, inverse, out->q + 32 * b);
            const int32_t high = quantize_16(v + 16, inverse, out->q + 32 * b + 16);
            out->d[b] = d;
            out->sum[b] = -low - high;
        }
    }
}

void neon_quantize_256(int64_t k, const float *x, segment *out, int64_t stride) {
    for (int64_t at = 0; at < k; at += SEGMENT, out += stride) {
        memset(out, 0, sizeof *out);
        const float d = largest(SEGMENT, x + at) / 127.0f;
        const float inverse = d > 0 ? 1.0f / d : 0.0f;
        for (int b = 0; b < BLOCKS; b++) {
            const int32_t low = quantize_16(x + at + 32 * b, inverse, out->q + 32 * b);
            const int32_t high = quantize_16(x + at + 32 * b + 16, inverse, out->q + 32 * b + 16);
            out->sum[2 * b] = -low;
            out->sum[2 * b + 1] = -high;
            out->pairs[b] = (int16_t)(low + high);
            out->d[b] = d;
        }
    }
}
