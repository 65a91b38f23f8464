/** Activations quantised to int8, the X of the quantised GEMM. */
#ifndef MYELIN_SRC_QUANTIZE_ACTIVATIONS_H
#define MYELIN_SRC_QUANTIZE_ACTIVATIONS_H

#include <float.h>
#include <math.h>
#include <stdint.h>

#include "simd/inline.h"

enum {
    K_BLOCK = 256, /* values of a K-block */
    BLOCKS = 8,    /* blocks of 32 in a K-block */
};

/**
 * How activations are quantised: one scale per 32 for weights in blocks of 32, one per 256 for weights in
 * superblocks of 256, not at all for weights in f16, bf16 and f32.
 */
enum activation_format {
    ACTIVATIONS_NONE = 0,
    ACTIVATIONS_32 = 1,
    ACTIVATIONS_256 = 2,
    ACTIVATIONS_F32 = 3,
    ACTIVATION_FORMATS,
};

/** A K-block of one row of X: d * q. X is stored as [K-blocks][n]. */
typedef struct {
    int8_t q[K_BLOCK];
    int32_t neg_sums[16]; /* sums of the quants, negated: by 32 (8 of them) or by 16 */
    float d[BLOCKS];      /* by 32; with ACTIVATIONS_256 all are the same */
    int16_t sums_32[8];   /* sums of the quants by 32; with ACTIVATIONS_256 only */
    union {
        int16_t half_sums[8]; /* sums of the first 16 quants of each 32; with ACTIVATIONS_32 */
        int16_t sum;          /* of all quants; with ACTIVATIONS_256 */
    };
} activation_block;
_Static_assert(sizeof(activation_block) == 384, "six cache lines");

/** k must be a multiple of this. */
static inline int64_t activation_block_size(enum activation_format format) {
    return format == ACTIVATIONS_F32 ? 1 : format == ACTIVATIONS_32 ? 32 : K_BLOCK;
}

static inline int64_t k_block_count(int64_t k) {
    return (k + K_BLOCK - 1) / K_BLOCK;
}

/** About how long it takes to quantise n rows of k values, on one thread. */
static inline int64_t quantize_nanoseconds(int64_t k, int64_t n) {
    return k * n / 2;
}

/** Quantises a row of k values to its K-blocks, which are stride apart; the last one is filled with zeros. */
typedef void (*quantize_row_fn)(int64_t k, const float *x, activation_block *out, int64_t stride);

/** The functions of an instruction set, by format; all give the same bits. */
typedef struct {
    quantize_row_fn quantize[ACTIVATION_FORMATS];
} activation_quantizer;

extern const activation_quantizer quantize_activations_scalar;
#if defined(__x86_64__)
extern const activation_quantizer quantize_activations_avx2;
extern const activation_quantizer quantize_activations_avx512;
#elif defined(__aarch64__)
extern const activation_quantizer quantize_activations_neon;
#endif

/**
 * The scale of a block of activations. max is the largest magnitude, NaN if one value is NaN. The scale is
 * NaN if a value is not finite, so that every product with the block is NaN.
 */
INLINE float activation_scale(float max) {
    return max <= FLT_MAX ? max / 127.0f : NAN;
}

/** The factor that quantises; 0 if d is 0, too small to have an inverse, or NaN. */
INLINE float activation_inverse(float d) {
    const float inverse = 1.0f / d;
    return inverse <= FLT_MAX ? inverse : 0.0f;
}

#endif
