/**
 * GEMV of types of few bits, for every SIMD instruction set, without a panel. The bytes of several rows are
 * transposed as they are, a 4-byte word of each row to a lane; a plane, the same bits of every byte, is a
 * step of weights. Where these are not four weights in order, the activations are put in their order.
 *
 * A file that includes this defines LANES, the rows of a vector, and with the types lanes_u32, lanes_i32 and
 * lanes_f32
 *
 *   transpose_rows(p, stride, out)  16 bytes of each row: out[j] has bytes 4 j to 4 j + 3
 *   words_at(p, stride)             4 bytes of each row
 *   halves_at(p, stride)            an f16 of each row
 *   to_floats(v)                    the low half of each word, an f16
 *   lookup(table, v)                each byte, below 16, replaced by that of a table
 *   ternary_digits(v)               3 * v / 256 of each byte
 *   dot(steps, q, x)                the dot product of at most 8 steps of quants below 32, of bytes of X
 *   multiply_add(a, b, c)           a * b + c, rounded once
 *   zip_4x8(x, out)                 [4][8] bytes to [8][4]
 *   zip_4x4(x, out)                 [4][4] bytes to [4][4], transposed
 */
#ifndef MYELIN_SRC_GEMM_QUANTIZED_PLANES_H
#define MYELIN_SRC_GEMM_QUANTIZED_PLANES_H

#include <string.h>

#include "common.h"

typedef uint32_t lanes_u32 __attribute__((vector_size(4 * LANES)));
typedef int32_t lanes_i32 __attribute__((vector_size(4 * LANES)));
typedef float lanes_f32 __attribute__((vector_size(4 * LANES)));

INLINE void transpose_rows(const char *p, size_t stride, lanes_u32 out[4]);
INLINE lanes_u32 words_at(const char *p, size_t stride);
INLINE lanes_f32 halves_at(const char *p, size_t stride);
INLINE lanes_f32 to_floats(lanes_u32 v);
INLINE lanes_u32 lookup(const uint8_t table[16], lanes_u32 v);
INLINE lanes_u32 ternary_digits(lanes_u32 v);
INLINE lanes_i32 dot(const int steps, const lanes_u32 *q, const int8_t *x);
INLINE lanes_f32 multiply_add(lanes_f32 a, lanes_f32 b, lanes_f32 c);
INLINE void zip_4x8(const int8_t *x, int8_t *out);
INLINE void zip_4x4(const int8_t *x, int8_t *out);

#define EACH_ROW_OF_X(r) _Pragma("GCC unroll 8") for (int r = 0; r < n; r++)

/** Every byte of v. */
INLINE lanes_u32 each_byte(uint8_t v) {
    return (lanes_u32){0} + 0x01010101u * v;
}

INLINE lanes_f32 each(float v) {
    return (lanes_f32){0} + v;
}

INLINE lanes_f32 *sums_of(float *y, int r) {
    return (lanes_f32 *)(void *)(y + r * STRIP_ROWS);
}

/** Prefetches piece i of `pieces` of a K-block of 16 rows: the next ones in memory, to the L2 cache. */
INLINE void prefetch_piece(const char *prefetch, const size_t bytes, size_t i, const size_t pieces) {
    for (size_t line = i * bytes / pieces / 64; line < (i + 1) * bytes / pieces / 64; line++) {
        __builtin_prefetch(prefetch + 64 * line, 0, 2);
    }
}

/* ---- blocks of an f16 and 16 bytes -------------------------------------------------------------------- */

/** The planes of block i of 32 weights. */
typedef void (*planes_fn)(const lanes_u32 bytes[4], const int i, lanes_u32 q[8]);

/** Puts activations in the order of the planes. */
typedef void (*order_fn)(const int8_t *x, int8_t *out);

/** Bit k of byte j is weight 8 j + k. */
INLINE void planes_q1_0(const lanes_u32 bytes[4], const int i, lanes_u32 q[8]) {
#pragma GCC unroll 8
    for (int k = 0; k < 8; k++) {
        q[k] = bytes[i] >> k & each_byte(1);
    }
}

INLINE void order_q1_0(const int8_t *x, int8_t *out) {
    for (int i = 0; i < K_BLOCK; i += 32) {
        zip_4x8(x + i, out + i);
    }
}

/** Bits 2 k and 2 k + 1 of byte j are weight 4 j + k. */
INLINE void planes_q2_0(const lanes_u32 bytes[4], const int i, lanes_u32 q[8]) {
#pragma GCC unroll 8
    for (int k = 0; k < 8; k++) {
        q[k] = bytes[2 * i + k / 4] >> 2 * (k % 4) & each_byte(3);
    }
}

INLINE void order_q2_0(const int8_t *x, int8_t *out) {
    for (int i = 0; i < K_BLOCK; i += 16) {
        zip_4x4(x + i, out + i);
    }
}

/** The weights of a block are d * (q << q_shift, minus 1). */
INLINE void gemv_bits(const int n, planes_fn planes, order_fn order, const int blocks_of_d, const int q_shift,
                      const char *w, size_t stride, int blocks, const char *prefetch,
                      const activation_block *x, float *y) {
    enum { BLOCK_BYTES = sizeof(block_q1_0) };
    int8_t ordered[MAX_GEMV_N][K_BLOCK] __attribute__((aligned(64)));
    EACH_ROW_OF_X(r) {
        order(x[r].q, ordered[r]);
    }
    for (int c = 0; c < PANEL_ROWS; c += LANES, w += LANES * stride, y += LANES) {
        lanes_f32 f[MAX_GEMV_N];
        EACH_ROW_OF_X(r) {
            f[r] = *sums_of(y, r);
        }
        for (int first = 0; first < blocks; first += blocks_of_d) {
            const char *at = w + first / blocks_of_d * BLOCK_BYTES;
            lanes_u32 bytes[4];
            prefetch_piece(prefetch, PANEL_ROWS * BLOCK_BYTES * (size_t)(BLOCKS / blocks_of_d),
                           (size_t)(c * BLOCKS + first * LANES), PANEL_ROWS * BLOCKS);
            transpose_rows(at + offsetof(block_q1_0, qs), stride, bytes);
            const lanes_f32 d = halves_at(at, stride);
#pragma GCC unroll 4
            for (int i = 0; i < blocks_of_d; i++) {
                const int b = first + i;
                lanes_u32 q[8];
                planes(bytes, i, q);
                EACH_ROW_OF_X(r) {
                    const lanes_i32 sum = (dot(8, q, ordered[r] + 32 * b) << q_shift) + x[r].neg_sums[b];
                    f[r] = multiply_add(__builtin_convertvector(sum, lanes_f32), d * each(x[r].d[b]), f[r]);
                }
            }
        }
        EACH_ROW_OF_X(r) {
            *sums_of(y, r) = f[r];
        }
    }
}

/* ---- nvfp4 -------------------------------------------------------------------------------------------- */

/** Half of the scale in UE4M3 that is byte i of each word: see half_of_ue4m3(). */
INLINE lanes_f32 half_of_ue4m3(lanes_u32 v, const int i) {
    const lanes_u32 e = v >> 8 * i & 0xff;
    const lanes_u32 is_number = (lanes_u32)(e != 0x7f);
    return to_floats((e & 0x7f) << 7 & is_number) * each(128.0f);
}

INLINE void gemv_nvfp4(const int n, const char *w, size_t stride, int blocks, const char *prefetch,
                       const activation_block *x, float *y) {
    for (int c = 0; c < PANEL_ROWS; c += LANES, w += LANES * stride, y += LANES) {
        lanes_f32 f[MAX_GEMV_N];
        EACH_ROW_OF_X(r) {
            f[r] = *sums_of(y, r);
        }
        for (int b = 0; b < blocks; b++) {
            const char *at = w + b / 2 * (int)sizeof(block_nvfp4);
            lanes_u32 bytes[4];
            prefetch_piece(prefetch, PANEL_ROWS * sizeof(block_nvfp4) * BLOCKS / 2,
                           (size_t)(c * BLOCKS + b * LANES), PANEL_ROWS * BLOCKS);
            const lanes_u32 scales = words_at(at, stride) >> 16 * (b % 2);
            transpose_rows(at + offsetof(block_nvfp4, qs) + 16 * (b % 2), stride, bytes);
#pragma GCC unroll 2
            for (int i = 0; i < 2; i++) {
                const lanes_u32 q[4] = {
                    lookup(CODEBOOK_E2M1, bytes[2 * i] & each_byte(15)),
                    lookup(CODEBOOK_E2M1, bytes[2 * i + 1] & each_byte(15)),
                    lookup(CODEBOOK_E2M1, bytes[2 * i] >> 4 & each_byte(15)),
                    lookup(CODEBOOK_E2M1, bytes[2 * i + 1] >> 4 & each_byte(15)),
                };
                const lanes_f32 d = half_of_ue4m3(scales, i);
                EACH_ROW_OF_X(r) {
                    const int32_t start = neg_sum(PANEL_16, x + r, (size_t)(2 * b + i)) * 16;
                    const lanes_i32 sum = dot(4, q, x[r].q + 32 * b + 16 * i) + start;
                    f[r] = multiply_add(__builtin_convertvector(sum, lanes_f32), d * each(x[r].d[b]), f[r]);
                }
            }
        }
        EACH_ROW_OF_X(r) {
            *sums_of(y, r) = f[r];
        }
    }
}

/* ---- superblocks of ternary digits -------------------------------------------------------------------- */

/** Adds the products of some steps from weight k on. */
INLINE void add_steps(const int n, const int steps, const lanes_u32 *q, const activation_block *x, int k,
                      lanes_i32 sum[MAX_GEMV_N]) {
    EACH_ROW_OF_X(r) {
        sum[r] += dot(steps, q, x[r].q + k);
    }
}

/** Adds a superblock of LANES rows to the sums. */
typedef void (*add_superblock_fn)(const int n, const char *w, size_t stride, const activation_block *x,
                                  lanes_i32 sum[MAX_GEMV_N]);

INLINE void add_tq2_0(const int n, const char *w, size_t stride, const activation_block *x,
                      lanes_i32 sum[MAX_GEMV_N]) {
    for (int h = 0; h < 2; h++) {
        lanes_u32 bytes[8];
        transpose_rows(w + 32 * h, stride, bytes);
        transpose_rows(w + 32 * h + 16, stride, bytes + 4);
#pragma GCC unroll 4
        for (int j = 0; j < 4; j++) {
            lanes_u32 q[8];
#pragma GCC unroll 8
            for (int i = 0; i < 8; i++) {
                q[i] = bytes[i] >> 2 * j & each_byte(3);
            }
            add_steps(n, 8, q, x, 128 * h + 32 * j, sum);
        }
    }
}

/** Three times each byte. */
INLINE lanes_u32 triple(lanes_u32 v) {
    typedef uint8_t bytes __attribute__((vector_size(4 * LANES)));
    const bytes b = (bytes)v;
    return (lanes_u32)(b + b + b);
}

/** Adds digits 0 to digits - 1 of some words: digit n is weight k + 4 * count * n. */
INLINE void add_digits(const int n, const int digits, const int count, lanes_u32 *v,
                       const activation_block *x, int k, lanes_i32 sum[MAX_GEMV_N]) {
    for (int i = 0; i < digits; i++) {
        lanes_u32 q[8];
#pragma GCC unroll 8
        for (int j = 0; j < count; j++) {
            q[j] = ternary_digits(v[j]);
            v[j] = triple(v[j]);
        }
        add_steps(n, count, q, x, k + 4 * count * i, sum);
    }
}

INLINE void add_tq1_0(const int n, const char *w, size_t stride, const activation_block *x,
                      lanes_i32 sum[MAX_GEMV_N]) {
    lanes_u32 v[8];
    transpose_rows(w, stride, v);
    transpose_rows(w + 16, stride, v + 4);
    add_digits(n, 5, 8, v, x, 0, sum);
    transpose_rows(w + 32, stride, v);
    add_digits(n, 5, 4, v, x, 160, sum);
    v[0] = words_at(w + offsetof(block_tq1_0, qh), stride);
    add_digits(n, 4, 1, v, x, 240, sum);
}

INLINE void gemv_ternary(const int n, add_superblock_fn add, const size_t block_bytes, const size_t d_at,
                         const char *w, size_t stride, const char *prefetch, const activation_block *x,
                         float *y) {
    for (int c = 0; c < PANEL_ROWS; c += LANES, w += LANES * stride, y += LANES) {
        lanes_i32 sum[MAX_GEMV_N];
        EACH_ROW_OF_X(r) {
            sum[r] = (lanes_i32){0} - x[r].sum;
        }
        prefetch_piece(prefetch, PANEL_ROWS * block_bytes, (size_t)c, PANEL_ROWS);
        add(n, w, stride, x, sum);
        const lanes_f32 d = halves_at(w + d_at, stride);
        EACH_ROW_OF_X(r) {
            const lanes_f32 f = __builtin_convertvector(sum[r], lanes_f32) * d;
            *sums_of(y, r) = multiply_add(f, each(x[r].d[0]), *sums_of(y, r));
        }
    }
}

/* ---- types -------------------------------------------------------------------------------------------- */

/**
 * Defines the gemv_fn of every type of EACH_PLANES_TYPE: NAME(name), by CALL_WITH_N_TO_ the gemv_n of the
 * instruction set.
 */
#define DEFINE_GEMV_PLANES(NAME, CALL)                                                                       \
    void NAME(q1_0)(GEMV_PARAMETERS) {                                                                       \
        CALL(gemv_bits, planes_q1_0, order_q1_0, 4, 1, w, stride, blocks, prefetch, x, y)                    \
    }                                                                                                        \
    void NAME(q2_0)(GEMV_PARAMETERS) {                                                                       \
        CALL(gemv_bits, planes_q2_0, order_q2_0, 2, 0, w, stride, blocks, prefetch, x, y)                    \
    }                                                                                                        \
    void NAME(nvfp4)(GEMV_PARAMETERS) {                                                                      \
        CALL(gemv_nvfp4, w, stride, blocks, prefetch, x, y)                                                  \
    }                                                                                                        \
    void NAME(tq1_0)(GEMV_PARAMETERS) {                                                                      \
        (void)blocks;                                                                                        \
        CALL(gemv_ternary, add_tq1_0, sizeof(block_tq1_0), offsetof(block_tq1_0, d), w, stride, prefetch, x, \
             y)                                                                                              \
    }                                                                                                        \
    void NAME(tq2_0)(GEMV_PARAMETERS) {                                                                      \
        (void)blocks;                                                                                        \
        CALL(gemv_ternary, add_tq2_0, sizeof(block_tq2_0), offsetof(block_tq2_0, d), w, stride, prefetch, x, \
             y)                                                                                              \
    }

#endif
