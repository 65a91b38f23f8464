/**
 * Quantises weights, with the same bytes as ggml's reference without an importance matrix. Every sum is
 * computed in the order of the reference, in a lane of its own, so IEEE 754 gives the same result. These
 * files must be compiled without contraction to fused multiply-adds.
 */
#ifndef MYELIN_SRC_QUANTIZE_WEIGHTS_H
#define MYELIN_SRC_QUANTIZE_WEIGHTS_H

#include <stddef.h>
#include <stdint.h>

#include "blocks.h"

/** Quantises n values, whole blocks. */
typedef void (*quantize_weights_fn)(int64_t n, const float *x, void *out);

/** The functions of an instruction set; quantize is null for a type without a kernel. */
typedef struct {
    quantize_weights_fn quantize[TYPE_COUNT];
    /** f16 to f32; returns the largest bit pattern without the sign. */
    uint32_t (*f16_to_f32)(int64_t n, const half_t *x, float *out);
    uint32_t (*bf16_to_f32)(int64_t n, const uint16_t *x, float *out);
    uint32_t (*max_bits)(int64_t n, const float *x);
} weight_quantizer;

/** Conversion to f32 only, for any machine. */
extern const weight_quantizer quantize_weights_scalar;

#if defined(__x86_64__)
/** AVX-512 F, BW, DQ and VL. */
extern const weight_quantizer quantize_weights_avx512;
#endif

#endif
