/**
 * GEMM of weights in f16, bf16 or f32 and activations in f32. Names as in gemm.h.
 *
 * The order of additions is fixed, the same in all kernels of all instruction sets, so every output has the
 * same bits for any n, any tile and any cut of the rows. A row of k values, filled with zeros to a multiple
 * of 16, is cut into K-blocks of 512. In a K-block, partial sum i adds the products of values i, i + 16,
 * i + 32 ... by fused multiply-adds in f32, starting from zero. The 16 partial sums are added to the output
 * one after the other, K-block by K-block.
 *
 * For small n (GEMV) a SIMD lane is a partial sum. For large n a K-block of a strip is converted to a panel
 * of f32, in which a lane is a row of W.
 */
#ifndef MYELIN_SRC_GEMM_FLOAT_FLOAT_GEMM_H
#define MYELIN_SRC_GEMM_FLOAT_FLOAT_GEMM_H

#include "gemm/gemm.h"

enum {
    PARTIAL_SUMS = 16,    /* of a K-block */
    FLOAT_K_BLOCK = 512,  /* values of a K-block */
    FLOAT_TILE_N = 12,    /* rows of X that are copied for a panel at a time */
    MAX_FLOAT_GEMV_N = 8, /* rows of X of one call of float_gemv_fn, of any instruction set */
    CACHE_LINE = 64,
    /* strides of partial sums in a panel and of rows of X: no powers of two, which would evict each other */
    PARTIAL_SUM_STRIDE = (FLOAT_K_BLOCK / PARTIAL_SUMS + 1) * STRIP_ROWS,
    X_STRIDE = FLOAT_K_BLOCK + PARTIAL_SUMS,
};

/** A K-block of a strip: [partial sums][steps][STRIP_ROWS]. A step is 16 values of k, one of each sum. */
typedef float float_panel[PARTIAL_SUMS * PARTIAL_SUM_STRIDE];

/** The 32 rows of a strip in two halves, each with its stride; and the address to prefetch. */
typedef struct {
    const char *w[PANELS];
    size_t stride[PANELS];
    const char *prefetch;
} float_strip;

/** Converts values of each row of a strip, whole cache lines of them, to a panel. */
typedef void (*pack_floats_fn)(const float_strip *strip, int64_t values, float *out);

/** Adds the products of a panel of `steps` steps and x [n][X_STRIDE] to y [n][STRIP_ROWS]. */
typedef void (*multiply_float_panel_fn)(const float *w, const float *x, int64_t n, int64_t steps, float *y);

/**
 * The same for small n, at most the gemv_n of the table, and at most 32 rows, w_stride bytes apart. values
 * is a multiple of 16; x has n pointers to rows.
 */
typedef void (*float_gemv_fn)(const char *w, size_t w_stride, int64_t rows, int64_t values,
                              const float *const *x, int64_t n, float *y);

/** The functions of an instruction set. Without a pack function gemv is called several times. */
typedef struct {
    int64_t gemv_n; /* rows of X of one call of gemv */
    pack_floats_fn pack[TYPE_COUNT];
    float_gemv_fn gemv[TYPE_COUNT];
    multiply_float_panel_fn multiply;
} float_gemm_table;

extern const float_gemm_table float_gemm_scalar;
#if defined(__x86_64__)
extern const float_gemm_table float_gemm_avx512;
extern const float_gemm_table float_gemm_avx2;
#elif defined(__aarch64__)
extern const float_gemm_table float_gemm_neon;
#endif

/** gemm() of these types. */
void float_gemm(const float_gemm_table *table, const gemm_args *args, int64_t from, int64_t to);

#endif
