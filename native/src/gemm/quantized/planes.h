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
 *   ternary_digits(v)               3 * (v + 128) / 256 of each byte, signed
 *   dot(steps, q, x)                the dot product of at most 8 steps of quants below 32, of bytes of X
 *   multiply_add(a, b, c)           a * b + c, rounded once
 *   zip_4x8(x, out)                 [4][8] bytes to [8][4]
 *   zip_4x4(x, out)                 [4][4] bytes to [4][4], transposed
 *
 * dot() takes any byte for a quant if DOT_TAKES_BYTES is 1; then ternary_digits() is not needed.
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
#if !DOT_TAKES_BYTES
INLINE lanes_u32 ternary_digits(lanes_u32 v);
#endif
INLINE lanes_i32 dot(const int steps, const lanes_u32 *q, const int8_t *x);
INLINE lanes_f32 multiply_add(lanes_f32 a, lanes_f32 b, lanes_f32 c);
INLINE void zip_4x8(const int8_t *x, int8_t *out);
INLINE void zip_4x4(const int8_t *x, int8_t *out);

#if DOT_TAKES_BYTES
#define ADD_DIGITS add_triples
#define DIGITS_SHIFT 8
#else
#define ADD_DIGITS add_digits
#define DIGITS_SHIFT 0
#endif

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

/**
 * Prefetches while piece i of `pieces`, a constant, of the K-block of LANES rows at w is read, c the first of
 * them: what is read after the strip to the L2 cache, in the order of memory, and the next K-block of these
 * rows to the L1 cache. A line between two pieces may be left out.
 */
INLINE void prefetch_piece(const char *prefetch, const char *w, size_t stride, const size_t bytes,
                           const size_t c, const size_t i, const size_t pieces) {
    const size_t rows = LANES / pieces;
    const char *far = prefetch + (c + rows * i) * bytes;
#pragma GCC unroll 16
    for (size_t at = 0; at < rows * bytes; at += 64) {
        __builtin_prefetch(far + at, 0, 2);
    }
#pragma GCC unroll 16
    for (size_t row = 0; row < rows; row++) {
        /* from the end of the K-block, as its beginning may lie in the last line of this one */
        const char *end = w + (rows * i + row) * stride + 2 * bytes - 1;
#pragma GCC unroll 4
        for (size_t line = 0; line < (bytes + 31) / 64; line++) {
            __builtin_prefetch(end - 64 * line, 0, 3);
        }
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
            prefetch_piece(prefetch, w, stride, BLOCK_BYTES * (size_t)(BLOCKS / blocks_of_d), (size_t)c,
                           (size_t)(first / blocks_of_d), (size_t)(BLOCKS / blocks_of_d));
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
            if (b % 2 == 0) {
                prefetch_piece(prefetch, w, stride, sizeof(block_nvfp4) * BLOCKS / 2, (size_t)c,
                               (size_t)b / 2, BLOCKS / 2);
            }
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
typedef void (*add_superblock_fn)(const int n, const char *w, size_t stride, const char *prefetch,
                                  const size_t c, const activation_block *x, lanes_i32 sum[MAX_GEMV_N]);

INLINE void add_tq2_0(const int n, const char *w, size_t stride, const char *prefetch, const size_t c,
                      const activation_block *x, lanes_i32 sum[MAX_GEMV_N]) {
    for (int h = 0; h < 2; h++) {
        lanes_u32 bytes[8];
        transpose_rows(w + 32 * h, stride, bytes);
        transpose_rows(w + 32 * h + 16, stride, bytes + 4);
#pragma GCC unroll 4
        for (int j = 0; j < 4; j++) {
            if (j % 2 == 0) {
                prefetch_piece(prefetch, w, stride, sizeof(block_tq2_0), c, (size_t)(2 * h + j / 2), 4);
            }
            lanes_u32 q[8];
#pragma GCC unroll 8
            for (int i = 0; i < 8; i++) {
                q[i] = bytes[i] >> 2 * j & each_byte(3);
            }
            add_steps(n, 8, q, x, 128 * h + 32 * j, sum);
        }
    }
}

#ifndef ADD_TQ2_0
#define ADD_TQ2_0 add_tq2_0
#endif

/** Three times each byte. */
INLINE lanes_u32 triple(lanes_u32 v) {
    typedef uint8_t bytes __attribute__((vector_size(4 * LANES)));
    const bytes b = (bytes)v;
    return (lanes_u32)(b + b + b);
}

#if !DOT_TAKES_BYTES
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
#else
/**
 * Adds digits 0 to digits - 1 of some words, times 256: digit n is weight k + 4 * count * n. A digit of v is
 * (3 v - v') / 256, v' the triple of v in 8 bits.
 */
INLINE void add_triples(const int n, const int digits, const int count, lanes_u32 *v,
                        const activation_block *x, int k, lanes_i32 sum[MAX_GEMV_N]) {
    for (int i = 0; i < digits; i++) {
        lanes_u32 next[8];
#pragma GCC unroll 8
        for (int j = 0; j < count; j++) {
            next[j] = triple(v[j]);
        }
        EACH_ROW_OF_X(r) {
            const int8_t *at = x[r].q + k + 4 * count * i;
            sum[r] += 3 * dot(count, v, at) - dot(count, next, at);
        }
#pragma GCC unroll 8
        for (int j = 0; j < count; j++) {
            v[j] = next[j];
        }
    }
}

#endif

INLINE void add_tq1_0(const int n, const char *w, size_t stride, const char *prefetch, const size_t c,
                      const activation_block *x, lanes_i32 sum[MAX_GEMV_N]) {
    const size_t bytes = sizeof(block_tq1_0);
    /* signed bytes are compared faster; 128 less stays 128 less when it is tripled */
    const lanes_u32 sign = each_byte(DOT_TAKES_BYTES ? 0 : 0x80);
    lanes_i32 all[MAX_GEMV_N];
    lanes_u32 v[8];
    EACH_ROW_OF_X(r) {
        all[r] = (lanes_i32){0};
    }
    transpose_rows(w, stride, v);
    transpose_rows(w + 16, stride, v + 4);
#pragma GCC unroll 8
    for (int i = 0; i < 8; i++) {
        v[i] ^= sign;
    }
    prefetch_piece(prefetch, w, stride, bytes, c, 0, 4);
    ADD_DIGITS(n, 5, 8, v, x, 0, all);
    prefetch_piece(prefetch, w, stride, bytes, c, 1, 4);
    transpose_rows(w + 32, stride, v);
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++) {
        v[i] ^= sign;
    }
    prefetch_piece(prefetch, w, stride, bytes, c, 2, 4);
    ADD_DIGITS(n, 5, 4, v, x, 160, all);
    prefetch_piece(prefetch, w, stride, bytes, c, 3, 4);
    v[0] = words_at(w + offsetof(block_tq1_0, qh), stride) ^ sign;
    ADD_DIGITS(n, 4, 1, v, x, 240, all);
    EACH_ROW_OF_X(r) {
        sum[r] += all[r] >> DIGITS_SHIFT;
    }
}

INLINE void gemv_ternary(const int n, add_superblock_fn add, const size_t d_at, const char *w, size_t stride,
                         const char *prefetch, const activation_block *x, float *y) {
    for (int c = 0; c < PANEL_ROWS; c += LANES, w += LANES * stride, y += LANES) {
        lanes_i32 sum[MAX_GEMV_N];
        EACH_ROW_OF_X(r) {
            sum[r] = (lanes_i32){0} - x[r].sum;
        }
        add(n, w, stride, prefetch, (size_t)c, x, sum);
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
#define DEFINE_GEMV_PLANES(NAME, CALL)                                                     \
    void NAME(q1_0)(GEMV_PARAMETERS) {                                                     \
        CALL(gemv_bits, planes_q1_0, order_q1_0, 4, 1, w, stride, blocks, prefetch, x, y)  \
    }                                                                                      \
    void NAME(q2_0)(GEMV_PARAMETERS) {                                                     \
        CALL(gemv_bits, planes_q2_0, order_q2_0, 2, 0, w, stride, blocks, prefetch, x, y)  \
    }                                                                                      \
    void NAME(nvfp4)(GEMV_PARAMETERS) {                                                    \
        CALL(gemv_nvfp4, w, stride, blocks, prefetch, x, y)                                \
    }                                                                                      \
    void NAME(tq1_0)(GEMV_PARAMETERS) {                                                    \
        (void)blocks;                                                                      \
        CALL(gemv_ternary, add_tq1_0, offsetof(block_tq1_0, d), w, stride, prefetch, x, y) \
    }                                                                                      \
    void NAME(tq2_0)(GEMV_PARAMETERS) {                                                    \
        (void)blocks;                                                                      \
        CALL(gemv_ternary, ADD_TQ2_0, offsetof(block_tq2_0, d), w, stride, prefetch, x, y) \
    }

#endif
