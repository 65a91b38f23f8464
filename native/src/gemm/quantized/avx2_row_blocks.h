/**
 * GEMV of whole rows for types in blocks of 32. A K-block of a row becomes a vector of eight dot products and
 * one of eight scales, a lane for each block. They are kept for eight rows; while the last of these is read,
 * they are transposed, and the blocks of all eight rows are added in the order of k.
 */
#ifndef MYELIN_SRC_GEMM_QUANTIZED_AVX2_ROW_BLOCKS_H
#define MYELIN_SRC_GEMM_QUANTIZED_AVX2_ROW_BLOCKS_H

#include "avx2_row.h"

enum {
    MAX_ROW_N = 4,              /* rows of X */
    SPAN = 64,                  /* K-blocks of a row that are read one after the other */
    PART = LANES * BLOCKS,      /* values of one kind of eight rows: scales, minimums, dot products */
    MAX_PARTS = 2 + MAX_ROW_N,  /* of a K-block */
    MAX_32_BYTES = 34 * BLOCKS, /* of a K-block: of q8_0 */
};

/** A K-block of a row of X; quants are in the order in which a type multiplies them. */
typedef struct {
    int8_t q[K_BLOCK];
    int32_t neg_sums[BLOCKS];
    float d[BLOCKS];
    float sums[BLOCKS]; /* of the quants, times d */
} __attribute__((aligned(32))) row_x;

/** By nibbles: [low nibbles of blocks j and j + 4], [their high nibbles] for j = 0 to 3. */
enum x_order { IN_ORDER, BY_NIBBLES };

/** Sets the dot products of a K-block, less the zero point, with n rows of X. */
typedef void (*dots_32_fn)(const size_t n, const char *w, const row_x *x, __m256i dots[MAX_ROW_N]);

/** Reads the scales of a K-block and the minimums if the type has them. */
typedef scale_and_min (*scales_32_fn)(const char *w);

INLINE void arrange(const enum x_order order, const activation_block *x, row_x *out) {
    memcpy(out->q, x->q, sizeof out->q);
    for (size_t i = 0; order == BY_NIBBLES && i < K_BLOCK / 16; i++) {
        const size_t block = i / 4 + 4 * (i % 2);
        memcpy(out->q + 16 * i, x->q + 32 * block + 16 * (i / 2 % 2), 16);
    }
    memcpy(out->neg_sums, x->neg_sums, sizeof out->neg_sums);
    memcpy(out->d, x->d, sizeof out->d);
    for (size_t b = 0; b < BLOCKS; b++) {
        out->sums[b] = (float)-x->neg_sums[b] * x->d[b];
    }
}

/** Adds the first blocks of a K-block of eight rows to y, whose lanes are rows. */
INLINE void add_blocks(const size_t n, const int has_min, const float *parts, const row_x *x,
                       const size_t blocks, __m256 y[MAX_ROW_N]) {
#pragma GCC unroll 2
    for (size_t first = 0; first < BLOCKS; first += 4) {
        __m256 d[4];
        __m256 m[4];
        load_columns(parts, first, d);
        if (has_min) {
            load_columns(parts + PART, first, m);
        }
#pragma GCC unroll 4
        for (size_t r = 0; r < n; r++) {
            __m256 dots[4];
            load_columns(parts + (1 + (size_t)has_min + r) * PART, first, dots);
#pragma GCC unroll 4
            for (size_t i = 0; i < 4; i++) {
                const size_t b = first + i;
                if (b < blocks) {
                    const __m256 scale = _mm256_mul_ps(d[i], _mm256_broadcast_ss(&x[r].d[b]));
                    y[r] = _mm256_fmadd_ps(dots[i], scale, y[r]);
                    y[r] = has_min ? _mm256_fmadd_ps(m[i], _mm256_broadcast_ss(&x[r].sums[b]), y[r]) : y[r];
                }
            }
        }
    }
}

/** The rows of W and the X of a span. */
typedef struct {
    const char *w;
    size_t stride;
    int64_t k_blocks;          /* whole ones */
    size_t rest;               /* blocks of the last one */
    row_x x[SPAN * MAX_ROW_N]; /* [K-blocks][n] */
    float parts[SPAN * MAX_PARTS * PART] __attribute__((aligned(64)));
} span;

/** Computes a K-block of row i of eight, and adds the blocks of all eight if it is the last one. */
INLINE void read_k_block(const size_t n, const int has_min, dots_32_fn dots_of, scales_32_fn scales_of,
                         const char *w, const row_x *x, const size_t blocks, size_t i, const int last,
                         float *parts, __m256 y[MAX_ROW_N]) {
    __m256i dots[MAX_ROW_N];
    const scale_and_min s = scales_of(w);
    dots_of(n, w, x, dots);
    float *at = parts + BLOCKS * i;
    _mm256_store_ps(at, s.d);
    if (has_min) {
        _mm256_store_ps(at + PART, s.m);
    }
#pragma GCC unroll 4
    for (size_t r = 0; r < n; r++) {
        _mm256_store_ps(at + (1 + (size_t)has_min + r) * PART, _mm256_cvtepi32_ps(dots[r]));
    }
    if (last) {
        add_blocks(n, has_min, parts, x, blocks, y);
    }
}

/** Reads row i of eight. */
INLINE void read_row(const size_t n, const size_t bytes, const int has_min, dots_32_fn dots_of,
                     scales_32_fn scales_of, span *s, size_t i, const int last, prefetcher *ahead,
                     __m256 y[MAX_ROW_N]) {
    const size_t parts = (1 + (size_t)has_min + n) * PART;
    const char *w = s->w;
    float *to = s->parts;
    const row_x *x = s->x;
    for (int64_t kb = 0; kb < s->k_blocks; kb++, w += bytes, x += n, to += parts) {
        prefetch_bytes(ahead, bytes);
        read_k_block(n, has_min, dots_of, scales_of, w, x, BLOCKS, i, last, to, y);
    }
    if (s->rest > 0) {
        char copy[MAX_32_BYTES] = {0};
        prefetch_bytes(ahead, bytes);
        memcpy(copy, w, bytes / BLOCKS * s->rest);
        read_k_block(n, has_min, dots_of, scales_of, copy, x, s->rest, i, last, to, y);
    }
    s->w += s->stride;
}

/** Multiplies rows [from, to) of a span. */
INLINE void multiply_span(const size_t n, const size_t bytes, const int has_min, dots_32_fn dots_of,
                          scales_32_fn scales_of, const gemm_args *args, int64_t from, int64_t to,
                          const int first, span *s, prefetcher *ahead) {
    for (int64_t row = from, count; row < to; row += count) {
        float sums[MAX_ROW_N][LANES] __attribute__((aligned(32))) = {{0}};
        __m256 y[MAX_ROW_N];
        count = to - row < LANES ? to - row : LANES;
        for (size_t r = 0; r < n; r++) {
            float *out = args->y + scatter_row(args, (int64_t)r) * args->y_stride + row;
            if (!first) {
                memcpy(sums[r], out, (size_t)count * sizeof *out);
            }
            y[r] = _mm256_load_ps(sums[r]);
        }
        for (size_t i = 0; i + 1 < (size_t)count; i++) {
            read_row(n, bytes, has_min, dots_of, scales_of, s, i, 0, ahead, y);
        }
        read_row(n, bytes, has_min, dots_of, scales_of, s, (size_t)count - 1, 1, ahead, y);
        for (size_t r = 0; r < n; r++) {
            float *out = args->y + scatter_row(args, (int64_t)r) * args->y_stride + row;
            _mm256_store_ps(sums[r], y[r]);
            memcpy(out, sums[r], (size_t)count * sizeof *out);
        }
    }
}

INLINE void multiply_rows_32(const size_t n, const enum x_order order, const size_t bytes, const int has_min,
                             dots_32_fn dots_of, scales_32_fn scales_of, const gemm_args *args, int64_t from,
                             int64_t to) {
    span s;
    if (to - from < LANES) { /* the rows that are missing are added too */
        memset(s.parts, 0, sizeof s.parts);
    }
    const int64_t all = k_block_count(args->k);
    prefetcher ahead = prefetch_rows(args, from, to);
    for (int64_t kb = 0; kb < all; kb += SPAN) {
        const int64_t count = all - kb < SPAN ? all - kb : SPAN;
        const int64_t whole = args->k / K_BLOCK - kb;
        s.k_blocks = whole < count ? whole : count;
        s.rest = s.k_blocks < count ? (size_t)(args->k % K_BLOCK / 32) : 0;
        s.w = args->w + (size_t)from * args->w_stride + (size_t)kb * bytes;
        s.stride = args->w_stride;
        for (int64_t i = 0; i < count * (int64_t)n; i++) {
            arrange(order, args->x + kb * args->n + i, s.x + i);
        }
        multiply_span(n, bytes, has_min, dots_of, scales_of, args, from, to, kb == 0, &s, &ahead);
    }
}

/* ---- types ---------------------------------------------------------------------------------------- */

INLINE __m256i load_x(const row_x *x, size_t i) {
    return _mm256_load_si256((const void *)(x->q + 32 * i));
}

/** Nibbles: eight registers in the order of X, at most 15. */
INLINE void dots_nibbles(const size_t n, const char *qs, const size_t block_bytes, const int zero_shift,
                         const row_x *x, __m256i dots[MAX_ROW_N]) {
    __m256i q[8];
#pragma GCC unroll 4
    for (size_t j = 0; j < 4; j++) {
        const __m256i b = two_rows(qs + block_bytes * j, qs + block_bytes * (j + 4));
        q[2 * j] = low_nibbles(b);
        q[2 * j + 1] = high_nibbles(b);
    }
#pragma GCC unroll 4
    for (size_t r = 0; r < n; r++) {
        __m256i v[4];
#pragma GCC unroll 4
        for (size_t j = 0; j < 4; j++) {
            v[j] = multiply_quants(q[2 * j], load_x(x + r, 2 * j));
            v[j] = multiply_add_quants(v[j], q[2 * j + 1], load_x(x + r, 2 * j + 1));
        }
        /* 16 products of at most 15 * 127 in 16 bits */
        dots[r] = wide(fold_64(fold_32(v[0], v[1]), fold_32(v[2], v[3])));
        if (zero_shift >= 0) {
            const __m256i sums = _mm256_load_si256((const void *)x[r].neg_sums);
            dots[r] = _mm256_add_epi32(dots[r], _mm256_slli_epi32(sums, zero_shift));
        }
    }
}

/** Block i begins at 18 i = 16 i + 2 i: its scale is word i of the 16 bytes at 16 i. */
INLINE scale_and_min row_scales_q4_0(const char *w) {
    const __m256i *p = (const void *)w;
    const __m256i a = _mm256_blend_epi16(_mm256_loadu_si256(p), _mm256_loadu_si256(p + 1), 0x0c);
    const __m256i b = _mm256_blend_epi16(_mm256_loadu_si256(p + 2), _mm256_loadu_si256(p + 3), 0xc0);
    const __m256i c = _mm256_blend_epi16(a, b, 0xf0);
    const __m128i d = _mm_blend_epi16(_mm256_castsi256_si128(c), _mm256_extracti128_si256(c, 1), 0xaa);
    return (scale_and_min){_mm256_cvtph_ps(d), _mm256_setzero_ps()};
}

INLINE void row_dots_q4_0(const size_t n, const char *w, const row_x *x, __m256i dots[MAX_ROW_N]) {
    dots_nibbles(n, w + offsetof(block_q4_0, qs), sizeof(block_q4_0), 3, x, dots);
}

/** Defines the function of a type. */
#define DEFINE_ROWS_32(name, order, bytes, has_min)                                                         \
    static void row_gemv_##name(const gemm_args *args, int64_t from, int64_t to) {                          \
        const int64_t n = args->n;                                                                          \
        CALL_WITH_N_TO_4(multiply_rows_32, order, bytes, has_min, row_dots_##name, row_scales_##name, args, \
                         from, to)                                                                          \
    }

DEFINE_ROWS_32(q4_0, BY_NIBBLES, BLOCKS * sizeof(block_q4_0), 0)

#endif
