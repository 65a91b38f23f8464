/**
 * GEMM of f32 matrices, for training. dst is cut into tiles that fit the registers; what a tile reads is
 * packed first, in the order of use. One table for each instruction set.
 */
#ifndef MYELIN_SRC_GEMM_SGEMM_SGEMM_H
#define MYELIN_SRC_GEMM_SGEMM_SGEMM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "runtime/ggml_tensor.h"

enum {
    /** Values of k that are summed in registers at a time: a packed panel of B fits the L1 cache. */
    SGEMM_K_BLOCK = 384,
    /** The most rows of A that are packed at a time: half of an L2 cache of 1 MiB. */
    SGEMM_MAX_BLOCK = 320,
    /** Columns of B that are packed at a time; a multiple of the columns of every table. */
    SGEMM_STRIP = 96,
    SGEMM_MAX_ROWS = 32,
    SGEMM_MAX_COLUMNS = 12,
};

/**
 * Computes a tile: c[j * stride + i] = (add ? c[j * stride + i] : 0) + sum over k of a[k * table rows + i] *
 * b[k * table columns + j], for i < rows, a multiple of the lanes, and j < columns. Every element is summed
 * from k = 0 on, for any size of the tile.
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
    /** As myelin_fma_flops(); rounds > 0. */
    uint64_t (*flops)(int64_t rounds);
    /** As myelin_read_memory(). */
    uint64_t (*read)(const char *from, size_t bytes);
} sgemm_table;

/** The reference: plain C for any machine. */
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

/** myelin_op_sgemm() with a given table. */
void sgemm_compute(const sgemm_table *table, struct ggml_tensor *dst, int32_t thread, int32_t threads,
                   int32_t kind);

/** The strides of a matrix in bytes: (i, k) is at i * outer + k * inner. */
typedef struct {
    size_t outer;
    size_t inner;
} sgemm_strides;

/**
 * Packs rows i < count of k values each into panels of width rows: panel i / width, then k, then i % width.
 * Missing rows of the last panel are zeros. width is even, at most SGEMM_MAX_ROWS.
 */
void sgemm_pack(float *to, const char *from, sgemm_strides strides, int64_t count, int64_t k, int width);

/** The sum of x[k] * y[k], of runs in f32, of the runs in double. */
float sgemm_dot(int64_t k, const float *x, const float *y);

#endif
