/**
 * Products of weights that are floats (f16, bf16, f32) and activations of f32, which stay what they are.
 *
 * A row of k values, zeroes up to a multiple of 16, is cut into runs of 512. Every 16th value of a run makes
 * a chain: fused multiply-adds in f32, from zero, in the order of k. The 16 chains of a run are added to the
 * output one after the other, and so are runs. That order is the same in all ways of all instruction sets, so
 * an output is the same bit for bit whatever is computed beside it. Few positions are multiplied along the
 * rows, a chain to a lane; for more, a run of 32 rows is widened to a panel whose lanes are rows.
 */
#ifndef MYELIN_SRC_KERNELS_FLOATS_H
#define MYELIN_SRC_KERNELS_FLOATS_H

#include "gemm/gemm.h"

enum {
    CHAINS = 16,                   /* of a run */
    FLOAT_RUN = 512,               /* values of a run */
    FLOAT_ROWS = PANELS * COLUMNS, /* rows of W of a panel */
    FLOAT_POSITIONS = 12,          /* beside a panel at a time */
    MOST_FLOATS_STREAMED = 8,      /* positions that any instruction set multiplies without a panel */
    LINE_BYTES = 64,
    /* from one chain of a panel to the next, and from one position to the next: of a power of two they would
       evict each other */
    CHAIN_STRIDE = (FLOAT_RUN / CHAINS + 1) * FLOAT_ROWS,
    FLOAT_STRIDE = FLOAT_RUN + CHAINS,
};

/** A run of 32 rows of W: [chains][values][32 rows]. */
typedef float float_panel[CHAINS * CHAIN_STRIDE];

/** 32 rows of W in two halves, each with its stride; and what to ask memory for on the way. */
typedef struct {
    const char *w[PANELS];
    size_t stride[PANELS];
    const char *ahead;
} float_rows;

/** Widens so many values of 32 rows, whole lines of them. */
typedef void (*unpack_floats_fn)(const float_rows *rows, int64_t values, float *out);

/** Adds to y [positions][32] the products of a panel of so many values a chain and x
 * [positions][FLOAT_STRIDE]. */
typedef void (*multiply_floats_fn)(const float *w, const float *x, int64_t positions, int64_t steps,
                                   float *y);

/**
 * The same for few positions, at most float_table.streamed, and at most 32 rows, stride bytes apart. values
 * is a multiple of 16; x [positions] rows.
 */
typedef void (*stream_floats_fn)(const char *w, size_t stride, int64_t rows, int64_t values,
                                 const float *const *x, int64_t positions, float *y);

/** What an instruction set has; without unpack, more positions are streamed in parts. */
typedef struct {
    int64_t streamed; /* up to so many positions go without a panel */
    unpack_floats_fn unpack[TYPE_COUNT];
    stream_floats_fn stream[TYPE_COUNT];
    multiply_floats_fn multiply;
} float_table;

extern const float_table scalar_floats;
#if defined(__x86_64__)
extern const float_table avx512_floats;
extern const float_table avx2_floats;
#elif defined(__aarch64__)
extern const float_table neon_floats;
#endif

/** kernel_product() of these types. */
void float_product(const float_table *table, const product *p, int64_t from, int64_t to);

#endif
