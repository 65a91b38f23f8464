/**
 * Products of quantised weights and quantised activations, one table of functions an instruction
 * set. Products of a block are summed in int32, blocks in f32.
 */
#ifndef MYELIN_SRC_KERNELS_H
#define MYELIN_SRC_KERNELS_H

#include <stddef.h>
#include <stdint.h>

#include "blocks.h"

/**
 * A row of k quantised activations.
 *
 * ACTIVATIONS_32:  qs int8 [k], d float [k / 32], sums int16 [k / 32] (of the quants)
 * ACTIVATIONS_256: qs int8 [k], d float [k / 256], sums int16 [k / 16]
 */
typedef struct {
    int8_t *qs;
    float *d;
    int16_t *sums;
} activations;

/** Values that share a scale, 32 or 256; k must be a multiple of it. */
int activation_block(enum activation_format format);

/** Bytes that a row of k activations takes; a multiple of 64. */
size_t activation_bytes(enum activation_format format, int64_t k);

/** The three parts of a row; each starts a multiple of 64 bytes from base, itself one of 4. */
activations activation_row(enum activation_format format, int64_t k, void *base);

/** Quantises k values of x to row. */
typedef void (*quantize_fn)(int64_t k, const float *x, activations row);

/**
 * Products of rows of k weights, stride bytes apart, and one row of activations: y [rows]. What is
 * summed in which order does not depend on the number of rows.
 */
typedef void (*dot_fn)(int64_t k, const void *weights, size_t stride, int64_t rows, activations row,
                       float *y);

/** Entries are null where an instruction set has nothing to offer. */
typedef struct {
    const char *name;
    quantize_fn quantize[ACTIVATIONS_256 + 1];
    dot_fn dot[TYPE_COUNT];
} kernel_table;

/** The format that a type is multiplied with; ACTIVATIONS_NONE if it has no kernel. */
enum activation_format kernel_format(int32_t type);

/** Bytes of a row of k weights; 0 if the type has no kernel. */
size_t kernel_row_bytes(int32_t type, int64_t k);

/** The reference: every type, any machine, plainly written. */
extern const kernel_table kernels_scalar;

#if defined(__x86_64__)
/** AVX-512 with F, BW, DQ, VL, VBMI and VNNI. */
extern const kernel_table kernels_avx512;
#endif

/** The table for this machine; null if it has none that is faster than ggml. */
const kernel_table *kernels_best(void);

#endif
