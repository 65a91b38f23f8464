/** Activations quantised to int8, as the quantised GEMM reads them. */
#ifndef MYELIN_SRC_QUANTIZE_ACTIVATIONS_H
#define MYELIN_SRC_QUANTIZE_ACTIVATIONS_H

#include <float.h>
#include <math.h>
#include <stdint.h>

#include "simd/inline.h"

enum {
    SEGMENT = 256, /* values of a segment */
    BLOCKS = 8,    /* blocks of 32 in a segment */
};

/**
 * How activations are quantised: with a scale per 32 for weights in blocks of 32, with one per 256
 * for weights in super-blocks of 256, not at all for weights that are floats.
 */
enum activation_format {
    ACTIVATIONS_NONE = 0,
    ACTIVATIONS_32 = 1,
    ACTIVATIONS_256 = 2,
    ACTIVATIONS_F32 = 3,
    ACTIVATION_FORMATS,
};

/** 256 activations: d * q. All of a matrix lie [segments][positions]. */
typedef struct {
    int8_t q[SEGMENT];
    int32_t sum[16];  /* of the quants, negated: by 32 (8 of them) or by 16 */
    float d[BLOCKS];  /* by 32; all are the same in the format of 256 */
    int16_t pairs[8]; /* of the quants by 32, format of 256 only */
    int16_t unused[8];
} segment;
_Static_assert(sizeof(segment) == 384, "six cache lines");

/** Values of which k must be a multiple. */
static inline int64_t activation_block(enum activation_format format) {
    return format == ACTIVATIONS_F32 ? 1 : format == ACTIVATIONS_32 ? 32 : SEGMENT;
}

static inline int64_t segment_count(int64_t k) {
    return (k + SEGMENT - 1) / SEGMENT;
}

/** Quantises a row of k values to its segments, stride segments apart; what k leaves over is zero. */
typedef void (*quantize_fn)(int64_t k, const float *x, segment *out, int64_t stride);

/** The functions of an instruction set, by format; all give the same bits. */
typedef struct {
    quantize_fn quantize[ACTIVATION_FORMATS];
} activation_table;

extern const activation_table activations_scalar;
#if defined(__x86_64__)
extern const activation_table activations_avx2;
extern const activation_table activations_avx512;
#elif defined(__aarch64__)
extern const activation_table activations_neon;
#endif

/**
 * The scale of a block of activations, by their largest magnitude, which is NaN if one of them is: NaN
 * where one is not finite, so that NaN is carried on to all that is multiplied with the block.
 */
INLINE float activation_scale(float most) {
    return most <= FLT_MAX ? most / 127.0f : NAN;
}

/** What the block's activations are multiplied by; 0 for zeroes, for scales too small to have one, for NaN.
 */
INLINE float activation_inverse(float d) {
    const float inverse = 1.0f / d;
    return inverse <= FLT_MAX ? inverse : 0.0f;
}

#endif
