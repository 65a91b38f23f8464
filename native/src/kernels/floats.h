/**
 * Products of weights that are floats (f16, bf16, f32) and activations of f32, which stay what they are.
 *
 * An output is one chain of fused multiply-adds in f32, in the order of k: the same bit for bit whatever
 * is computed beside it, in whichever way, by whichever instruction set. Rows are read a cache line at a
 * time. Of 32 rows of W, 128 values are widened into a panel that lies in the first cache; few positions are
 * multiplied with each line as it comes.
 */
#ifndef MYELIN_SRC_KERNELS_FLOATS_H
#define MYELIN_SRC_KERNELS_FLOATS_H

#include "kernels.h"

enum {
    FLOAT_ROWS = PANELS * COLUMNS, /* rows of W that are multiplied together */
    FLOAT_SEGMENT = 128,           /* values of a panel */
    FLOAT_STRIDE = FLOAT_SEGMENT +
                   16, /* of activations beside a panel: any power of two, and they would evict each other */
    LINE_BYTES = 64,
};

/** 32 rows of W in two halves, each with its stride; and as many bytes to ask memory for on the way, at
 * ahead. */
typedef struct {
    const char *w[PANELS];
    size_t stride[PANELS];
    const char *ahead;
} float_rows;

/** So many values of 32 rows, side by side. */
typedef float float_panel[FLOAT_SEGMENT][FLOAT_ROWS];

/** So many values of each position. */
typedef float float_positions[MOST_POSITIONS][FLOAT_STRIDE];

/** Widens so many values of 32 rows; those of the last line that is begun are read, and may be written. */
typedef void (*unpack_floats_fn)(const float_rows *rows, int64_t values, float (*out)[FLOAT_ROWS]);

/** Adds to y [positions][32] the products of so many values: w [values][32], x [positions][FLOAT_STRIDE]. */
typedef void (*multiply_floats_fn)(const float *w, const float *x, int64_t positions, int64_t values,
                                   float *y);

/** The same for few positions, at most MOST_STREAMED, straight from the rows; x [positions] rows. */
typedef void (*stream_floats_fn)(const float_rows *rows, int64_t values, const float *const *x, int positions,
                                 float *y);

/** What an instruction set has; without stream, a type goes through panels always. */
struct float_table {
    unpack_floats_fn unpack[TYPE_COUNT];
    stream_floats_fn stream[TYPE_COUNT];
    multiply_floats_fn multiply;
};

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
