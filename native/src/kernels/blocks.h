/**
 * The quantised formats of ggml that the kernels read, as they lie in a file, and the format of
 * activations that the kernels multiply them with.
 */
#ifndef MYELIN_SRC_BLOCKS_H
#define MYELIN_SRC_BLOCKS_H

#include <stdint.h>

/** ggml's numbers of the types that have kernels (enum ggml_type). */
enum {
    TYPE_Q4_0 = 2,
    TYPE_Q8_0 = 8,
    TYPE_Q4_K = 12,
    TYPE_Q6_K = 14,
    TYPE_COUNT = 43,
};

/** A number in IEEE 754 half precision. */
typedef uint16_t half_t;

/** 32 weights: d * (q - 8); byte i holds weight i in its low bits, weight i + 16 in its high. */
typedef struct {
    half_t d;
    uint8_t qs[16];
} block_q4_0;
_Static_assert(sizeof(block_q4_0) == 18, "q4_0");

/** 32 weights: d * q. */
typedef struct {
    half_t d;
    int8_t qs[32];
} block_q8_0;
_Static_assert(sizeof(block_q8_0) == 34, "q8_0");

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

/**
 * How a row of activations is quantised. Weights in blocks of 32 are multiplied with a scale per 32
 * activations, weights in super-blocks of 256 with one per 256.
 */
enum activation_format {
    ACTIVATIONS_NONE = 0,
    ACTIVATIONS_32 = 1,
    ACTIVATIONS_256 = 2,
};

#endif
