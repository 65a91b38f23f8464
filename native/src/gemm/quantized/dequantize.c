/* The types of weights, and how a K-block of a row is read, straight from the definition of each type. */
#include <string.h>

#include "gemm/gemm.h"
#include "quantize/half.h"
#include "quantize/q4_k_scales.h"

const uint8_t CODEBOOK_IQ4[16] = {1, 24, 45, 63, 79, 93, 106, 118, 129, 141, 153, 166, 181, 197, 217, 241};

const uint8_t CODEBOOK_E2M1[16] = {16, 17, 18, 19, 20, 22, 24, 28, 16, 15, 14, 13, 12, 10, 8, 4};

/** 32 nibbles: the low ones of 16 bytes, then the high ones. */
static void nibbles(const uint8_t *qs, uint8_t *q) {
    for (int i = 0; i < 16; i++) {
        q[i] = qs[i] & 15;
        q[i + 16] = qs[i] >> 4;
    }
}

static void nibbles_by_codebook(const uint8_t *qs, const uint8_t *codebook, uint8_t *q) {
    nibbles(qs, q);
    for (int i = 0; i < 32; i++) {
        q[i] = codebook[q[i]];
    }
}

/** Adds the fifth bits of 32 weights. */
static void fifth_bits(const uint8_t *qh, uint8_t *q) {
    for (int i = 0; i < 32; i++) {
        q[i] |= (uint8_t)((qh[i / 8] >> (i % 8) & 1) << 4);
    }
}

static void dequantize_q4_0(const void *from, int blocks, dequantized_block *out) {
    const block_q4_0 *w = from;
    for (int b = 0; b < blocks; b++) {
        nibbles(w[b].qs, out->q + 32 * b);
        out->d[b] = half_to_float(w[b].d);
    }
}

static void dequantize_q4_1(const void *from, int blocks, dequantized_block *out) {
    const block_q4_1 *w = from;
    for (int b = 0; b < blocks; b++) {
        nibbles(w[b].qs, out->q + 32 * b);
        out->d[b] = half_to_float(w[b].d);
        out->m[b] = half_to_float(w[b].m);
    }
}

static void dequantize_q5_0(const void *from, int blocks, dequantized_block *out) {
    const block_q5_0 *w = from;
    for (int b = 0; b < blocks; b++) {
        nibbles(w[b].qs, out->q + 32 * b);
        fifth_bits(w[b].qh, out->q + 32 * b);
        out->d[b] = half_to_float(w[b].d);
    }
}

static void dequantize_q5_1(const void *from, int blocks, dequantized_block *out) {
    const block_q5_1 *w = from;
    for (int b = 0; b < blocks; b++) {
        nibbles(w[b].qs, out->q + 32 * b);
        fifth_bits(w[b].qh, out->q + 32 * b);
        out->d[b] = half_to_float(w[b].d);
        out->m[b] = half_to_float(w[b].m);
    }
}

static void dequantize_q8_0(const void *from, int blocks, dequantized_block *out) {
    const block_q8_0 *w = from;
    for (int b = 0; b < blocks; b++) {
        for (int i = 0; i < 32; i++) {
            out->q[32 * b + i] = (uint8_t)(w[b].qs[i] + 128);
        }
        out->d[b] = half_to_float(w[b].d);
    }
}

static void dequantize_iq4_nl(const void *from, int blocks, dequantized_block *out) {
    const block_iq4_nl *w = from;
    for (int b = 0; b < blocks; b++) {
        nibbles_by_codebook(w[b].qs, CODEBOOK_IQ4, out->q + 32 * b);
        out->d[b] = half_to_float(w[b].d);
    }
}

static void dequantize_iq4_xs(const void *from, int blocks, dequantized_block *out) {
    const block_iq4_xs *w = from;
    for (int b = 0; b < blocks; b++) {
        nibbles_by_codebook(w->qs + 16 * b, CODEBOOK_IQ4, out->q + 32 * b);
        const int low = w->scales_l[b / 2] >> (4 * (b % 2)) & 15;
        const int high = w->scales_h >> (2 * b) & 3;
        out->d[b] = half_to_float(w->d) * (float)((low | high << 4) - 32);
    }
}

static void dequantize_mxfp4(const void *from, int blocks, dequantized_block *out) {
    const block_mxfp4 *w = from;
    for (int b = 0; b < blocks; b++) {
        nibbles_by_codebook(w[b].qs, CODEBOOK_E2M1, out->q + 32 * b);
        /* 2^(e - 128); for e < 2 it is subnormal */
        const uint32_t bits = w[b].e < 2 ? UINT32_C(0x200000) << w[b].e : (uint32_t)(w[b].e - 1) << 23;
        memcpy(&out->d[b], &bits, sizeof bits);
    }
}

/** Half of a scale in UE4M3. */
static float half_of_ue4m3(uint8_t e) {
    /* its bits in an f16: the exponent is less by the difference of the biases, 8 */
    return e == 0x7f ? 0 : half_to_float((half_t)((e & 0x7f) << 7)) * 128.0f;
}

static void dequantize_nvfp4(const void *from, int blocks, dequantized_block *out) {
    const block_nvfp4 *w = from;
    for (int g = 0; g < 2 * blocks; g++) {
        const uint8_t *qs = w[g / 4].qs + 8 * (g % 4);
        for (int i = 0; i < 8; i++) {
            out->q[16 * g + i] = CODEBOOK_E2M1[qs[i] & 15];
            out->q[16 * g + i + 8] = CODEBOOK_E2M1[qs[i] >> 4];
        }
        out->d[g] = half_of_ue4m3(w[g / 4].d[g % 4]);
    }
}

static void dequantize_q1_0(const void *from, int blocks, dequantized_block *out) {
    const block_q1_0 *w = from;
    for (int i = 0; i < 32 * blocks; i++) {
        out->q[i] = (uint8_t)((w[i / 128].qs[i % 128 / 8] >> (i % 8) & 1) << 1);
        out->d[i / 32] = half_to_float(w[i / 128].d);
    }
}

static void dequantize_q2_0(const void *from, int blocks, dequantized_block *out) {
    const block_q2_0 *w = from;
    for (int i = 0; i < 32 * blocks; i++) {
        out->q[i] = w[i / 64].qs[i % 64 / 4] >> (2 * (i % 4)) & 3;
        out->d[i / 32] = half_to_float(w[i / 64].d);
    }
}

/** Digit n of a byte of tq1_0. */
static uint8_t ternary_digit(uint8_t byte, int n) {
    static const uint8_t power[] = {1, 3, 9, 27, 81};
    return (uint8_t)(3 * (uint8_t)(byte * power[n]) >> 8);
}

static void dequantize_tq1_0(const void *from, int blocks, dequantized_block *out) {
    (void)blocks;
    const block_tq1_0 *w = from;
    for (int i = 0; i < 160; i++) {
        out->q[i] = ternary_digit(w->qs[i % 32], i / 32);
    }
    for (int i = 0; i < 80; i++) {
        out->q[160 + i] = ternary_digit(w->qs[32 + i % 16], i / 16);
    }
    for (int i = 0; i < 16; i++) {
        out->q[240 + i] = ternary_digit(w->qh[i % 4], i / 4);
    }
    out->d[0] = half_to_float(w->d);
}

static void dequantize_tq2_0(const void *from, int blocks, dequantized_block *out) {
    (void)blocks;
    const block_tq2_0 *w = from;
    for (int i = 0; i < K_BLOCK; i++) {
        out->q[i] = w->qs[32 * (i / 128) + i % 32] >> (2 * (i % 128 / 32)) & 3;
    }
    out->d[0] = half_to_float(w->d);
}

static void dequantize_q2_k(const void *from, int blocks, dequantized_block *out) {
    (void)blocks;
    const block_q2_k *w = from;
    for (int i = 0; i < K_BLOCK; i++) {
        const int q = w->qs[32 * (i / 128) + i % 32] >> (2 * (i % 128 / 32)) & 3;
        out->q[i] = (uint8_t)(q * (w->scales[i / 16] & 15));
    }
    for (int g = 0; g < 16; g++) {
        out->mins[g] = w->scales[g] >> 4;
    }
    out->d[0] = half_to_float(w->d);
    out->dmin = half_to_float(w->dmin);
}

static void dequantize_q3_k(const void *from, int blocks, dequantized_block *out) {
    (void)blocks;
    const block_q3_k *w = from;
    for (int i = 0; i < K_BLOCK; i++) {
        const int h = i / 128;
        const int j = i % 128 / 32;
        const int l = i % 32;
        const int low = w->qs[32 * h + l] >> (2 * j) & 3;
        const int high = w->hmask[l] >> (4 * h + j) & 1;
        out->q[i] = (uint8_t)(low | high << 2);
    }
    for (int g = 0; g < 16; g++) {
        const int low = w->scales[g % 8] >> (g < 8 ? 0 : 4) & 15;
        const int high = w->scales[8 + g % 4] >> (2 * (g / 4)) & 3;
        out->d[g] = half_to_float(w->d) * (float)((low | high << 4) - 32);
    }
}

/** The scales and mins of a q4_K or q5_K block. */
static void scales_and_mins(half_t d, half_t dmin, const uint8_t *packed, dequantized_block *out) {
    uint8_t scales[8];
    uint8_t mins[8];
    q4_k_unpack_scales(packed, scales, mins);
    for (int g = 0; g < 8; g++) {
        out->d[g] = half_to_float(d) * (float)scales[g];
        out->mins[g] = mins[g];
    }
    out->dmin = half_to_float(dmin);
}

static void dequantize_q4_k(const void *from, int blocks, dequantized_block *out) {
    (void)blocks;
    const block_q4_k *w = from;
    for (int i = 0; i < K_BLOCK; i++) {
        out->q[i] = w->qs[32 * (i / 64) + i % 32] >> (i % 64 < 32 ? 0 : 4) & 15;
    }
    scales_and_mins(w->d, w->dmin, w->scales, out);
}

static void dequantize_q5_k(const void *from, int blocks, dequantized_block *out) {
    (void)blocks;
    const block_q5_k *w = from;
    for (int i = 0; i < K_BLOCK; i++) {
        const int low = w->qs[32 * (i / 64) + i % 32] >> (i % 64 < 32 ? 0 : 4) & 15;
        const int high = w->qh[i % 32] >> (i / 32) & 1;
        out->q[i] = (uint8_t)(low | high << 4);
    }
    scales_and_mins(w->d, w->dmin, w->scales, out);
}

static void dequantize_q6_k(const void *from, int blocks, dequantized_block *out) {
    (void)blocks;
    const block_q6_k *w = from;
    for (int i = 0; i < K_BLOCK; i++) {
        const int half = i / 128;
        const int g = i % 128 / 32;
        const int l = i % 32;
        const int low = w->ql[64 * half + 32 * (g & 1) + l] >> (g < 2 ? 0 : 4) & 15;
        const int high = w->qh[32 * half + l] >> (2 * g) & 3;
        out->q[i] = (uint8_t)(low | high << 4);
    }
    for (int g = 0; g < 16; g++) {
        out->d[g] = half_to_float(w->d) * (float)w->scales[g];
    }
}

const weight_type weight_types[TYPE_COUNT] = {
    [TYPE_F32] = {.activations = ACTIVATIONS_F32, .block_size = 1, .block_bytes = sizeof(float)},
    [TYPE_F16] = {.activations = ACTIVATIONS_F32, .block_size = 1, .block_bytes = sizeof(half_t)},
    [TYPE_BF16] = {.activations = ACTIVATIONS_F32, .block_size = 1, .block_bytes = sizeof(bfloat_t)},
    [TYPE_Q4_0] = {ACTIVATIONS_32, PANEL_32, 3, 32, sizeof(block_q4_0), dequantize_q4_0},
    [TYPE_Q4_1] = {ACTIVATIONS_32, PANEL_32_MIN, 3, 32, sizeof(block_q4_1), dequantize_q4_1},
    [TYPE_Q5_0] = {ACTIVATIONS_32, PANEL_32, 4, 32, sizeof(block_q5_0), dequantize_q5_0},
    [TYPE_Q5_1] = {ACTIVATIONS_32, PANEL_32_MIN, 4, 32, sizeof(block_q5_1), dequantize_q5_1},
    [TYPE_Q8_0] = {ACTIVATIONS_32, PANEL_32, 7, 32, sizeof(block_q8_0), dequantize_q8_0},
    [TYPE_Q2_K] = {ACTIVATIONS_256, PANEL_SUPER_16_MIN, 0, 256, sizeof(block_q2_k), dequantize_q2_k},
    [TYPE_Q3_K] = {ACTIVATIONS_256, PANEL_SUPER_16, 2, 256, sizeof(block_q3_k), dequantize_q3_k},
    [TYPE_Q4_K] = {ACTIVATIONS_256, PANEL_SUPER_32_MIN, 3, 256, sizeof(block_q4_k), dequantize_q4_k},
    [TYPE_Q5_K] = {ACTIVATIONS_256, PANEL_SUPER_32_MIN, 4, 256, sizeof(block_q5_k), dequantize_q5_k},
    [TYPE_Q6_K] = {ACTIVATIONS_256, PANEL_SUPER_16, 5, 256, sizeof(block_q6_k), dequantize_q6_k},
    [TYPE_IQ4_NL] = {ACTIVATIONS_32, PANEL_32, 7, 32, sizeof(block_iq4_nl), dequantize_iq4_nl},
    [TYPE_IQ4_XS] = {ACTIVATIONS_32, PANEL_32, 7, 256, sizeof(block_iq4_xs), dequantize_iq4_xs},
    [TYPE_MXFP4] = {ACTIVATIONS_32, PANEL_32, 4, 32, sizeof(block_mxfp4), dequantize_mxfp4},
    [TYPE_NVFP4] = {ACTIVATIONS_32, PANEL_16, 4, 64, sizeof(block_nvfp4), dequantize_nvfp4},
    [TYPE_Q1_0] = {ACTIVATIONS_32, PANEL_32, 0, 128, sizeof(block_q1_0), dequantize_q1_0},
    [TYPE_Q2_0] = {ACTIVATIONS_32, PANEL_32, 0, 64, sizeof(block_q2_0), dequantize_q2_0},
    [TYPE_TQ1_0] = {ACTIVATIONS_256, PANEL_SUPER_256, 0, 256, sizeof(block_tq1_0), dequantize_tq1_0},
    [TYPE_TQ2_0] = {ACTIVATIONS_256, PANEL_SUPER_256, 0, 256, sizeof(block_tq2_0), dequantize_tq2_0},
    [TYPE_IQ2_XXS] = {ACTIVATIONS_256, PANEL_SUPER_16_INT, 6, 256, sizeof(block_iq2_xxs), dequantize_iq2_xxs},
    [TYPE_IQ2_XS] = {ACTIVATIONS_256, PANEL_SUPER_16_INT, 6, 256, sizeof(block_iq2_xs), dequantize_iq2_xs},
    [TYPE_IQ2_S] = {ACTIVATIONS_256, PANEL_SUPER_16_INT, 6, 256, sizeof(block_iq2_s), dequantize_iq2_s},
    [TYPE_IQ3_XXS] = {ACTIVATIONS_256, PANEL_SUPER_16_INT, 6, 256, sizeof(block_iq3_xxs), dequantize_iq3_xxs},
    [TYPE_IQ3_S] = {ACTIVATIONS_256, PANEL_SUPER_16_INT, 4, 256, sizeof(block_iq3_s), dequantize_iq3_s},
    [TYPE_IQ1_S] = {ACTIVATIONS_256, PANEL_SUPER_16_INT, 4, 256, sizeof(block_iq1_s), dequantize_iq1_s},
    [TYPE_IQ1_M] = {ACTIVATIONS_256, PANEL_SUPER_16_INT, 4, 256, sizeof(block_iq1_m), dequantize_iq1_m},
};
