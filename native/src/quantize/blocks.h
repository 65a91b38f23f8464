/** The block formats of ggml that the kernels read. */
#ifndef MYELIN_SRC_QUANTIZE_BLOCKS_H
#define MYELIN_SRC_QUANTIZE_BLOCKS_H

#include <stdint.h>

/** The types that have kernels, with the values of enum ggml_type. */
enum {
    TYPE_F32 = 0,
    TYPE_F16 = 1,
    TYPE_Q4_0 = 2,
    TYPE_Q4_1 = 3,
    TYPE_Q5_0 = 6,
    TYPE_Q5_1 = 7,
    TYPE_Q8_0 = 8,
    TYPE_Q2_K = 10,
    TYPE_Q3_K = 11,
    TYPE_Q4_K = 12,
    TYPE_Q5_K = 13,
    TYPE_Q6_K = 14,
    TYPE_IQ2_XXS = 16,
    TYPE_IQ2_XS = 17,
    TYPE_IQ3_XXS = 18,
    TYPE_IQ1_S = 19,
    TYPE_IQ4_NL = 20,
    TYPE_IQ3_S = 21,
    TYPE_IQ2_S = 22,
    TYPE_IQ4_XS = 23,
    TYPE_IQ1_M = 29,
    TYPE_BF16 = 30,
    TYPE_TQ1_0 = 34,
    TYPE_TQ2_0 = 35,
    TYPE_MXFP4 = 39,
    TYPE_NVFP4 = 40,
    TYPE_Q1_0 = 41,
    TYPE_Q2_0 = 42,
    TYPE_COUNT = 43,
};

/** IEEE 754 half precision (f16). */
typedef uint16_t half_t;

/** The upper half of a single (bf16). */
typedef uint16_t bfloat_t;

/** 32 weights: d * (q - 8); byte i holds weight i in its low bits, weight i + 16 in its high. */
typedef struct {
    half_t d;
    uint8_t qs[16];
} block_q4_0;
_Static_assert(sizeof(block_q4_0) == 18, "q4_0");

/** 32 weights: d * q + m, nibbles as q4_0's. */
typedef struct {
    half_t d;
    half_t m;
    uint8_t qs[16];
} block_q4_1;
_Static_assert(sizeof(block_q4_1) == 20, "q4_1");

/** 32 weights: d * (q - 16); nibbles as q4_0's, and bit i of qh is the fifth bit of weight i. */
typedef struct {
    half_t d;
    uint8_t qh[4];
    uint8_t qs[16];
} block_q5_0;
_Static_assert(sizeof(block_q5_0) == 22, "q5_0");

/** 32 weights: d * q + m, bits as q5_0's. */
typedef struct {
    half_t d;
    half_t m;
    uint8_t qh[4];
    uint8_t qs[16];
} block_q5_1;
_Static_assert(sizeof(block_q5_1) == 24, "q5_1");

/** 32 weights: d * q. */
typedef struct {
    half_t d;
    int8_t qs[32];
} block_q8_0;
_Static_assert(sizeof(block_q8_0) == 34, "q8_0");

/**
 * 256 weights in 16 groups of 16: d * scale * q - dmin * min, scale the low 4 bits of scales[g], min the
 * high ones, q of 2 bits: weight 128 h + 32 j + l has them in qs[32 h + l] from bit 2 j on.
 */
typedef struct {
    uint8_t scales[16];
    uint8_t qs[64];
    half_t d;
    half_t dmin;
} block_q2_k;
_Static_assert(sizeof(block_q2_k) == 84, "q2_K");

/**
 * 256 weights in 16 groups of 16: d * (scale - 32) * (q - 4), q of 3 bits: weight 128 h + 32 j + l has
 * its low two in qs[32 h + l] from bit 2 j on, its third is bit 4 h + j of hmask[l]. The low 4 bits of
 * scale g are in scales[g % 8], in the high nibble for g >= 8, the high 2 in scales[8 + g % 4] from
 * bit 2 (g / 4) on.
 */
typedef struct {
    uint8_t hmask[32];
    uint8_t qs[64];
    uint8_t scales[12];
    half_t d;
} block_q3_k;
_Static_assert(sizeof(block_q3_k) == 110, "q3_K");

/**
 * 256 weights in 8 groups of 32: d * scale * q - dmin * min, scale and min of 6 bits each packed in
 * 12 bytes. Each 32 bytes of qs hold two groups, the even one in the low bits.
 */
typedef struct {
    half_t d;
    half_t dmin;
    uint8_t scales[12];
    uint8_t qs[128];
} block_q4_k;
_Static_assert(sizeof(block_q4_k) == 144, "q4_K");

/** As q4_K, with a fifth bit: bit g of qh[l] is that of weight l of group g. */
typedef struct {
    half_t d;
    half_t dmin;
    uint8_t scales[12];
    uint8_t qh[32];
    uint8_t qs[128];
} block_q5_k;
_Static_assert(sizeof(block_q5_k) == 176, "q5_K");

/**
 * 256 weights in 16 groups of 16: d * scale * (q - 32), q of 6 bits: 4 in ql, 2 in qh. Of each half
 * of 128 weights, weight l + 32 g has its low bits in ql[l + 32 (g & 1)], in the high nibble for
 * g >= 2, and its high bits in qh[l] from bit 2 g on.
 */
typedef struct {
    uint8_t ql[128];
    uint8_t qh[64];
    int8_t scales[16];
    half_t d;
} block_q6_k;
_Static_assert(sizeof(block_q6_k) == 210, "q6_K");

/** 32 weights: d * codebook[q], nibbles as q4_0's. */
typedef struct {
    half_t d;
    uint8_t qs[16];
} block_iq4_nl;
_Static_assert(sizeof(block_iq4_nl) == 18, "iq4_nl");

/**
 * 256 weights in 8 groups of 32: d * (scale - 32) * codebook[q], nibbles of a group as q4_0's. The low
 * 4 bits of scale g are a nibble of scales_l[g / 2], its high 2 in scales_h from bit 2 g on.
 */
typedef struct {
    half_t d;
    uint16_t scales_h;
    uint8_t scales_l[4];
    uint8_t qs[128];
} block_iq4_xs;
_Static_assert(sizeof(block_iq4_xs) == 136, "iq4_xs");

/*
 * Superblocks of 256 weights whose quants are entries of a grid (gemm/quantized/grids.h): of 8 weights, of 4
 * in iq3_xxs and iq3_s. The sign of weight i is bit i % 8 of a byte for every 8 weights; of 7 stored bits,
 * the eighth makes the number of ones even. A scale s counts as 2 s + 1.
 */

/**
 * d / 8 * scale * grid; for every 32 weights 4 bytes of indices, then a word of 4 times 7 signs and a scale.
 */
typedef struct {
    half_t d;
    uint8_t qs[64];
} block_iq2_xxs;
_Static_assert(sizeof(block_iq2_xxs) == 66, "iq2_xxs");

/** d / 8 * scale * grid; 9 bits of index and 7 signs for every 8 weights, a nibble of scale for every 16. */
typedef struct {
    half_t d;
    uint16_t qs[32];
    uint8_t scales[8];
} block_iq2_xs;
_Static_assert(sizeof(block_iq2_xs) == 74, "iq2_xs");

/** As iq2_xs, with 10 bits of index, of which the high 2 of index i are in qh[i / 4] from bit 2 (i % 4) on.
 */
typedef struct {
    half_t d;
    uint8_t qs[32];
    uint8_t signs[32];
    uint8_t qh[8];
    uint8_t scales[8];
} block_iq2_s;
_Static_assert(sizeof(block_iq2_s) == 82, "iq2_s");

/** d / 4 * scale * grid; 64 indices, then for every 32 weights a word of 4 times 7 signs and a scale. */
typedef struct {
    half_t d;
    uint8_t qs[64];
    uint8_t signs_and_scales[32];
} block_iq3_xxs;
_Static_assert(sizeof(block_iq3_xxs) == 98, "iq3_xxs");

/** d * scale * grid; bit i % 8 of qh[i / 8] is the ninth of index i; a nibble of scale for every 32 weights.
 */
typedef struct {
    half_t d;
    uint8_t qs[64];
    uint8_t qh[8];
    uint8_t signs[32];
    uint8_t scales[4];
} block_iq3_s;
_Static_assert(sizeof(block_iq3_s) == 110, "iq3_s");

/**
 * d * scale * (grid + delta), the grid ternary, delta an eighth with the sign of the highest bit of qh, which
 * has, for every 32 weights, the high 3 bits of 4 indices, a scale of 3 bits, and this sign.
 */
typedef struct {
    half_t d;
    uint8_t qs[32];
    uint16_t qh[8];
} block_iq1_s;
_Static_assert(sizeof(block_iq1_s) == 50, "iq1_s");

/**
 * As iq1_s, with a sign for every 8 weights: a nibble of qh has the high 3 bits of an index and this sign.
 * The scales, for every 16 weights, are the low 12 bits of 4 words; the high 4 of these are d.
 */
typedef struct {
    uint8_t qs[32];
    uint8_t qh[16];
    uint8_t scales[8];
} block_iq1_m;
_Static_assert(sizeof(block_iq1_m) == 56, "iq1_m");

/** 32 weights: 2^(e - 128) * codebook[q] (OCP microscaling, E2M1 doubled), nibbles as q4_0's. */
typedef struct {
    uint8_t e;
    uint8_t qs[16];
} block_mxfp4;
_Static_assert(sizeof(block_mxfp4) == 17, "mxfp4");

/**
 * 64 weights in 4 groups of 16: d * codebook[q], d in UE4M3 (halved, since the codebook is doubled), zero if
 * it is NaN. Byte i of a group's 8 bytes holds its weight i in the low bits, its weight i + 8 in the high.
 */
typedef struct {
    uint8_t d[4];
    uint8_t qs[32];
} block_nvfp4;
_Static_assert(sizeof(block_nvfp4) == 36, "nvfp4");

/** 128 weights: d if the bit is set, else -d; weight i is bit i % 8 of qs[i / 8]. */
typedef struct {
    half_t d;
    uint8_t qs[16];
} block_q1_0;
_Static_assert(sizeof(block_q1_0) == 18, "q1_0");

/** 64 weights: d * (q - 1), q of 2 bits: weight i has them in qs[i / 4] from bit 2 (i % 4) on. */
typedef struct {
    half_t d;
    uint8_t qs[16];
} block_q2_0;
_Static_assert(sizeof(block_q2_0) == 18, "q2_0");

/**
 * 256 weights: d * (q - 1), q a ternary digit. A byte is the fraction 0.q0 q1 q2 q3 q4 in base 3, times 256
 * and rounded up: digit n is 3 * (byte * 3^n mod 256) / 256. Digit n of qs[l], l < 32, is weight 32 n + l,
 * that of qs[32 + l] is weight 160 + 16 n + l; digit n < 4 of qh[l] is weight 240 + 4 n + l.
 */
typedef struct {
    uint8_t qs[48];
    uint8_t qh[4];
    half_t d;
} block_tq1_0;
_Static_assert(sizeof(block_tq1_0) == 54, "tq1_0");

/** 256 weights: d * (q - 1), q of 2 bits: weight 128 h + 32 j + l has them in qs[32 h + l] from bit 2 j on.
 */
typedef struct {
    uint8_t qs[64];
    half_t d;
} block_tq2_0;
_Static_assert(sizeof(block_tq2_0) == 66, "tq2_0");

#endif
