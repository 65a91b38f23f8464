/**
 * Types that are read row by row: a superblock becomes a byte for each weight, and 16 rows of bytes are
 * transposed to a panel. Every instruction set compiles these functions with its own flags.
 */
#ifndef MYELIN_SRC_GEMM_QUANTIZED_WIDEN_H
#define MYELIN_SRC_GEMM_QUANTIZED_WIDEN_H

#include <string.h>

#include "common.h"
#include "quantize/half.h"

/** A superblock of one row, as a row of its panel; of the scales only scale_count() are set. */
typedef struct {
    uint8_t q[K_BLOCK];
    float d[16];
    int16_t scales[16]; /* PANEL_SUPER_16_INT */
} __attribute__((aligned(64))) wide_row;

/** Reads a superblock, which has any alignment: the same as the dequantize_fn of the type. */
typedef void (*widen_fn)(const char *w, wide_row *out);

/** Transposes 4-byte words, `words` of them, a multiple of 4, of 16 rows: out is [words][PANEL_ROWS]. */
typedef void (*transpose_fn)(const void *rows, int words, void *out);

/** A pack_fn of superblocks; the arguments up to transpose_words are constants in the caller. */
INLINE void pack_wide(widen_fn widen, const enum panel_kind kind, transpose_fn transpose_words, const char *w,
                      size_t stride, panel *out) {
    wide_row rows[PANEL_ROWS];
    for (size_t i = 0; i < PANEL_ROWS; i++) {
        widen(w + i * stride, rows + i);
    }
    transpose_words(rows->q, K_BLOCK / 4, out->q);
    if (kind == PANEL_SUPER_16_INT) {
        transpose_words(rows->d, 4, out->d);
        transpose_words(rows->scales, BLOCKS, out->scales);
        return;
    }
    transpose_words(rows->d, (scale_count(kind, BLOCKS) + 3) / 4 * 4, out->d);
}

/** Reads a block smaller than a superblock: its quants and its scales. */
typedef void (*widen_block_fn)(const char *w, uint8_t *q, float *d);

/** A pack_fn of such blocks, of `size` weights. */
INLINE void pack_wide_blocks(widen_block_fn widen, const enum panel_kind kind, const int size,
                             const size_t block_bytes, transpose_fn transpose_words, const char *w,
                             size_t stride, int blocks, panel *out) {
    const int count = 32 * blocks / size;
    const int scales = scale_count(kind, size / 32);
    wide_row rows[PANEL_ROWS];
    for (size_t i = 0; i < PANEL_ROWS; i++) {
        for (int b = 0; b < count; b++) {
            widen(w + i * stride + (size_t)b * block_bytes, rows[i].q + size * b, rows[i].d + scales * b);
        }
    }
    transpose_words(rows->q, 8 * blocks, out->q);
    transpose_words(rows->d, (scale_count(kind, blocks) + 3) / 4 * 4, out->d);
}

/** Defines the pack_fn of a type of superblocks, PREFIX_NAME, by transpose_wide_rows(). */
#define DEFINE_PACK_WIDE(prefix, name, kind)                                  \
    void prefix##name(const char *w, size_t stride, int blocks, panel *out) { \
        (void)blocks;                                                         \
        pack_wide(widen_##name, kind, transpose_wide_rows, w, stride, out);   \
    }

/** The same of a type of blocks of `size` weights. */
#define DEFINE_PACK_WIDE_BLOCKS(prefix, name, kind, size)                                                \
    void prefix##name(const char *w, size_t stride, int blocks, panel *out) {                            \
        pack_wide_blocks(widen_##name, kind, size, sizeof(block_##name), transpose_wide_rows, w, stride, \
                         blocks, out);                                                                   \
    }

/** A vector that the compiler maps to the registers of the instruction set. */
typedef uint8_t bytes_32 __attribute__((vector_size(32)));
typedef uint8_t bytes_16 __attribute__((vector_size(16)));

INLINE bytes_32 load_32(const char *p) {
    bytes_32 v;
    memcpy(&v, p, sizeof v);
    return v;
}

INLINE bytes_16 load_16(const char *p) {
    bytes_16 v;
    memcpy(&v, p, sizeof v);
    return v;
}

/** Each byte of index, below 16, replaced by that of a table; defined by the file that includes this. */
INLINE bytes_16 lookup_16(bytes_16 table, bytes_16 index);

INLINE float load_half(const char *p) {
    half_t h;
    memcpy(&h, p, sizeof h);
    return half_to_float(h);
}

#endif
