/**
 * Products of f32 matrices, one table an instruction set. A product is cut into tiles of dst that fit
 * into registers; what a tile reads is packed first, so that it lies in memory in the order of use.
 */
#ifndef MYELIN_SRC_PRODUCTS_PRODUCTS_H
#define MYELIN_SRC_PRODUCTS_PRODUCTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "runtime/ggml_tensor.h"

enum {
    /** Terms that are summed in registers at a time: a packed panel of B fits into the first cache. */
    SGEMM_K_BLOCK = 384,
    /** Rows of A that are packed at a time, at most: half of a second cache of 1 MiB. */
    SGEMM_MAX_BLOCK = 320,
    /** Columns of B that are packed at a time; a multiple of every table's columns. */
    SGEMM_STRIP = 96,
    SGEMM_MAX_ROWS = 32,
    SGEMM_MAX_COLUMNS = 12,
};

/**
 * A tile of dst: c[j * stride + i] = (add ? c[j * stride + i] : 0) + the sum over k of
 * a[k * table rows + i] * b[k * table columns + j], for i < rows, a multiple of the lanes, and
 * j < columns. An element is summed from k = 0 on, whatever the size of the tile.
 */
typedef void (*sgemm_tile_fn)(int64_t k, const float *a, const float *b, float *c, size_t stride, int rows,
                              int columns, bool add);

typedef struct {
    const char *name;
    int lanes;   /* values of a vector */
    int rows;    /* of a full tile: consecutive values of dst */
    int columns; /* of a full tile */
    int block;   /* rows of A that are packed at a time, a multiple of rows */
    sgemm_tile_fn tile;
    /** As myelin_fma_flops(), of rounds > 0. */
    uint64_t (*flops)(int64_t rounds);
    /** As myelin_read_memory(). */
    uint64_t (*read)(const char *from, size_t bytes);
} sgemm_table;

/** The reference: any machine, plainly written. */
extern const sgemm_table sgemm_scalar;

#if defined(__x86_64__)
/** AVX2 and FMA. */
extern const sgemm_table sgemm_avx2;
/** AVX-512F. */
extern const sgemm_table sgemm_avx512;
#endif
#if defined(__aarch64__)
extern const sgemm_table sgemm_neon;
#endif

/** What myelin_op_sgemm() does, by a table. */
void sgemm_compute(const sgemm_table *table, struct ggml_tensor *dst, int32_t thread, int32_t threads,
                   int32_t kind);

/** Where the values of a matrix are, in bytes: (i, k) at i * outer + k * inner. */
typedef struct {
    size_t outer;
    size_t inner;
} sgemm_strides;

/**
 * Packs rows i < count of k values each into panels of width rows: panel i / width, then k, then
 * i % width. Missing rows of the last panel are zeroes. width is even, at most PRODUCT_MAX_ROWS.
 */
void sgemm_pack(float *to, const char *from, sgemm_strides strides, int64_t count, int64_t k, int width);

/** The sum of x[k] * y[k], runs of it in f32, their sums in double. */
float sgemm_dot(int64_t k, const float *x, const float *y);

#endif
