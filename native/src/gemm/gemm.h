/**
 * GEMM with the weights of a layer: Y [n, n_rows] = X [n, k] times W [n_rows, k] transposed.
 *
 * Names, the same in every file of this folder:
 *   W, w       weights, n_rows rows of k values in a ggml type, w_stride bytes apart
 *   X, x       activations, n rows (tokens) of k values
 *   Y, y       the output, n rows of n_rows values, y_stride floats apart
 *   block      values that share a scale: 32, or 256 of a superblock
 *   K-block    256 values of k
 *   panel      16 rows of a K-block of W, packed in the order in which the kernels read them
 *   strip      32 rows of W, two panels, which are multiplied together
 *   tile       the part of Y whose sums are in registers: TILE_N rows of X by some rows of W
 *   step       four values of k, one 32-bit lane of int8
 *   d, m, dmin, mins, q
 *              as in ggml's block formats: scale, minimum, scale of the integer minimums, these, quants
 *
 * For large n the K-blocks of a strip are packed into panels in the L1 cache and multiplied by the same
 * K-block of all rows of X. For small n (GEMV, skinny GEMM) the weights go from memory to registers
 * without a panel. Quantised weights: a block is summed in int32, blocks are added in f32 in the order of
 * k, so every output has the same bits for any n, any tile and any cut of the rows. float/float_gemm.h has
 * the order of weights in f16, bf16 and f32.
 */
#ifndef MYELIN_SRC_GEMM_GEMM_H
#define MYELIN_SRC_GEMM_GEMM_H

#include <stddef.h>
#include <stdint.h>

#include "quantize/activations.h"
#include "quantize/blocks.h"

enum {
    PANEL_ROWS = 16,                  /* rows of W of a panel */
    PANELS = 2,                       /* panels of a strip */
    STRIP_ROWS = PANELS * PANEL_ROWS, /* rows of W of a strip */
    MAX_N = 256,                      /* rows of X of one call of multiply_panels_fn */
    SKINNY_N = 64,                    /* rows of X up to which the time to read W matters */
    MAX_K_BLOCK_BYTES = 34 * BLOCKS,  /* of a row of quantised weights: of q8_0 */
    MAX_GEMV_N = 8,                   /* rows of X of one call of gemv_fn, of any instruction set */
};

/** What the scales of a panel apply to. */
enum panel_kind {
    PANEL_32,           /* d * (q - zero) by 32 */
    PANEL_16,           /* d * (q - zero) by 16, activations by 32 */
    PANEL_32_MIN,       /* d * q + m by 32 */
    PANEL_SUPER_32_MIN, /* d * q by 32, minus dmin * min, min an integer */
    PANEL_SUPER_16,     /* d * (q - zero) by 16 */
    PANEL_SUPER_256,    /* d * (q - zero) by 256 */
    PANEL_SUPER_16_MIN, /* d * q, q times its scale, minus dmin * min by 16; scale and min integers */
    PANEL_SUPER_16_INT, /* d * scale * (q - zero) by 16, scale an integer: a superblock is one exact sum */
    PANEL_KINDS,
};

/** A K-block of 16 rows of W. */
typedef struct {
    uint8_t q[K_BLOCK / 4][PANEL_ROWS][4]; /* [step][row][4] */
    float d[16][PANEL_ROWS];               /* by 32 (8 of them), by 16, or a single one */
    union {
        float m[BLOCKS][PANEL_ROWS];           /* PANEL_32_MIN */
        int16_t mins[BLOCKS][PANEL_ROWS][2];   /* by 32 (in the first 4) or by 16 */
        int16_t scales[BLOCKS][PANEL_ROWS][2]; /* PANEL_SUPER_16_INT */
    };
    float dmin[PANEL_ROWS];
} __attribute__((aligned(64))) panel;

/** A K-block of one row, read as the type is defined: the reference for the contents of a panel. */
typedef struct {
    uint8_t q[K_BLOCK];
    float d[16];
    float m[BLOCKS];
    union {
        int16_t mins[16];
        int16_t scales[16]; /* PANEL_SUPER_16_INT */
    };
    float dmin;
} dequantized_block;

/** The values of the nibbles of iq4_nl and iq4_xs, plus 128. */
extern const uint8_t CODEBOOK_IQ4[16];

/** Twice the values of E2M1, the format of mxfp4, plus 16. */
extern const uint8_t CODEBOOK_E2M1[16];

/** Reads a K-block of a row, or its first blocks of 32. */
typedef void (*dequantize_fn)(const void *w, int blocks, dequantized_block *out);

/** The reference of the types of quantized/grids.h. */
void dequantize_iq2_xxs(const void *w, int blocks, dequantized_block *out);
void dequantize_iq2_xs(const void *w, int blocks, dequantized_block *out);
void dequantize_iq2_s(const void *w, int blocks, dequantized_block *out);
void dequantize_iq3_xxs(const void *w, int blocks, dequantized_block *out);
void dequantize_iq3_s(const void *w, int blocks, dequantized_block *out);
void dequantize_iq1_s(const void *w, int blocks, dequantized_block *out);
void dequantize_iq1_m(const void *w, int blocks, dequantized_block *out);

/** A type of weights; of f16, bf16 and f32 only the sizes. */
typedef struct {
    enum activation_format activations; /* ACTIVATIONS_NONE: no kernel */
    enum panel_kind panel;
    int zero_shift; /* the zero point, or half the range of quants with minimums, is 1 << zero_shift */
    int block_size; /* values of a block */
    size_t block_bytes;
    dequantize_fn dequantize;
} weight_type;

/** By ggml_type. */
extern const weight_type weight_types[TYPE_COUNT];

/** Bytes of a row of k weights. */
static inline size_t weight_row_bytes(const weight_type *type, int64_t k) {
    return (size_t)(k / type->block_size) * type->block_bytes;
}

/** Packs a K-block of 16 rows, w_stride bytes apart, or its first blocks of 32, into a panel. */
typedef void (*pack_fn)(const char *w, size_t w_stride, int blocks, panel *out);

/** Bytes of W that are read later, which need not be mapped. */
typedef struct {
    const char *from;
    size_t bytes;
} prefetch_range;

/**
 * Adds the products of a strip and a K-block of X to y [n][STRIP_ROWS]; n <= MAX_N. Prefetches `next` to the
 * L2 cache, a part of it with each tile: prefetches that are issued all at once stall.
 */
typedef void (*multiply_panels_fn)(const panel w[PANELS], const activation_block *x, int64_t n, int blocks,
                                   int zero_shift, prefetch_range next, float *y);

/**
 * The same for small n, at most the gemv_n of the table, and 16 rows of W, without a panel: y
 * [n][STRIP_ROWS], of which half is written. Prefetches as many bytes as it reads, from `prefetch` on.
 */
typedef void (*gemv_fn)(const char *w, size_t w_stride, int blocks, const char *prefetch,
                        const activation_block *x, int n, float *y);

/** The block of 16 that is added i-th: blocks in the same bits of the stored bytes follow each other. */
static inline int superblock_16_order(int i) {
    return (i & 8) | (i & 3) << 1 | (i >> 2 & 1);
}

/** Packs a panel by the definition of the type, row by row. */
void pack_panel_by_row(const weight_type *type, const char *w, size_t w_stride, int blocks, panel *out);

/** Rows of X in f32: row i is at data + i / used * stride + i % used * slot_stride. */
typedef struct {
    const char *data;
    size_t stride;
    size_t slot_stride;
    int64_t used;
} f32_rows;

/** About how long a GEMM takes, by a fast kernel on one thread. */
static inline int64_t gemm_nanoseconds(int64_t n_rows, int64_t n, int64_t k) {
    return n_rows * n * k / 16;
}

/** The operands of a GEMM. */
typedef struct {
    int32_t type; /* of W */
    int64_t k;
    const char *w;
    size_t w_stride;
    const activation_block *x; /* [K-blocks][n]; not with ACTIVATIONS_F32 */
    f32_rows x_f32;            /* with ACTIVATIONS_F32: row i of X is row scatter_row(i) */
    int64_t n;
    float *y;
    int64_t y_stride;
    const int32_t *scatter; /* the row of Y of each row of X; null if they are in order */
    const char *next_w;     /* what is read after the last row of a call, to prefetch it */
} gemm_args;

/** The row of Y of row i of X. */
static inline int64_t scatter_row(const gemm_args *args, int64_t i) {
    return args->scatter == NULL ? i : args->scatter[i];
}

/** The size of the next of the fewest parts of at most max items, all of about the same size. */
static inline int64_t balanced_part(int64_t left, int64_t max) {
    const int64_t parts = (left + max - 1) / max;
    return (left + parts - 1) / parts;
}

/**
 * GEMV of whole rows, each from its first block to its last, in the order of memory: writes outputs [from,
 * to) of every row of X. args->n is at most the max_n of the row_gemv.
 */
typedef void (*row_gemv_fn)(const gemm_args *args, int64_t from, int64_t to);

typedef struct {
    row_gemv_fn multiply;
    int max_n; /* rows of X up to which it is used; 0: the type has none */
} row_gemv;

/**
 * The functions of an instruction set. Without a row_gemv or a gemv function a type always uses panels;
 * without a pack function panels are packed by the reference.
 */
typedef struct {
    const row_gemv *by_row; /* [TYPE_COUNT], preferred to gemv; null: none */
    pack_fn pack[TYPE_COUNT];
    int gemv_n;     /* rows of X of one call of gemv */
    int max_gemv_n; /* rows of X up to which gemv is used, in several calls */
    gemv_fn gemv[TYPE_COUNT];
    multiply_panels_fn multiply[PANEL_KINDS];
} quantized_gemm_table;

struct isa_kernels;

/** Computes rows [from, to) of W: y[i][from] to y[i][to - 1] of each row i of X. */
void gemm(const struct isa_kernels *isa, const gemm_args *args, int64_t from, int64_t to);

/** gemm() of quantised weights. */
void quantized_gemm(const quantized_gemm_table *table, const gemm_args *args, int64_t from, int64_t to);

/** The reference: every type, plain C for any machine. */
extern const quantized_gemm_table quantized_gemm_scalar;

#if defined(__x86_64__)
/** AVX-512 F, BW, DQ, VL, VBMI and VNNI. */
extern const quantized_gemm_table quantized_gemm_avx512;

/** AVX2, FMA and F16C; the second of each also AVX-VNNI. */
extern const quantized_gemm_table quantized_gemm_avx2;
extern const quantized_gemm_table quantized_gemm_avxvnni;
extern const row_gemv row_gemv_avx2[TYPE_COUNT];
extern const row_gemv row_gemv_avxvnni[TYPE_COUNT];
#elif defined(__aarch64__)
/** NEON with dotprod (Armv8.2); the second also i8mm (Armv8.6). */
extern const quantized_gemm_table quantized_gemm_dotprod;
extern const quantized_gemm_table quantized_gemm_i8mm;
#endif

#endif
