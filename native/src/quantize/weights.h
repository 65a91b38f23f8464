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
typedef void (*encode_fn)(int64_t n, const float *x, void *out);

/** Entries are null where an instruction set has nothing to offer. */
typedef struct {
    encode_fn encode[TYPE_COUNT];
    /** Halves to floats; returns the largest bits without their sign. */
    uint32_t (*widen_f16)(int64_t n, const half_t *x, float *out);
    uint32_t (*widen_bf16)(int64_t n, const uint16_t *x, float *out);
    uint32_t (*largest)(int64_t n, const float *x);
} encode_table;

/** Widening only, on any machine. */
extern const encode_table encode_scalar;

#if defined(__x86_64__)
/** AVX-512 with F, BW, DQ and VL. */
extern const encode_table encode_avx512;
#endif

#endif
