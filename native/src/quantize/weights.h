/**
 * Floats to quantised blocks: the same bytes as ggml's reference writes without importances, which
 * the rules of IEEE 754 make possible: every sum is taken in the reference's order, in a lane of its
 * own. Files with these functions must not be compiled to fused multiply-adds.
 */
#ifndef MYELIN_SRC_ENCODE_H
#define MYELIN_SRC_ENCODE_H

#include <stddef.h>
#include <stdint.h>

#include "blocks.h"

/** Writes n values, whole blocks, to out. */
typedef void (*quantize_weights_fn)(int64_t n, const float *x, void *out);

/** Entries are null where an instruction set has nothing to offer. */
typedef struct {
    quantize_weights_fn quantize[TYPE_COUNT];
    /** Halves to floats; returns the largest bits without their sign. */
    uint32_t (*f16_to_f32)(int64_t n, const half_t *x, float *out);
    uint32_t (*bf16_to_f32)(int64_t n, const uint16_t *x, float *out);
    uint32_t (*max_bits)(int64_t n, const float *x);
} weight_quantizer;

/** Widening only, on any machine. */
extern const weight_quantizer quantize_weights_scalar;

#if defined(__x86_64__)
/** AVX-512 with F, BW, DQ and VL. */
extern const weight_quantizer quantize_weights_avx512;
#endif

#endif
