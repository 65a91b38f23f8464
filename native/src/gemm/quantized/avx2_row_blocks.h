/**
 * GEMV of whole rows for types in blocks of 32. A K-block of a row becomes a vector of eight dot products and
 * one of eight scales, a lane for each block. They are kept for eight rows; while the last of these is read,
 * they are transposed, and the blocks of all eight rows are added in the order of k.
 */
#ifndef MYELIN_SRC_GEMM_QUANTIZED_AVX2_ROW_BLOCKS_H
#define MYELIN_SRC_GEMM_QUANTIZED_AVX2_ROW_BLOCKS_H

#include "avx2_row.h"

enum {
    MAX_ROW_N = 3,             /* rows of X; with more the transposed weights of gemv_fn are faster */
    SPAN = 64,                 /* K-blocks of a row that are read one after the other */
    PART = LANES * BLOCKS,     /* values of one kind of eight rows: scales, minimums, dot products */
    MAX_PARTS = 2 + MAX_ROW_N, /* of a K-block */
    HAS_MIN = -1,              /* in place of a zero point */
};

/** A K-block of a row of X; quants are in the order in which a type multiplies them. */
typedef struct {
    int8_t q[K_BLOCK];
    float d[BLOCKS];
    union {
        int32_t zero[BLOCKS]; /* negated sums of the quants times the zero point of the weights */
        float sums[BLOCKS];   /* of types with a minimum: sums of the quants times d */
    };
} __attribute__((aligned(64))) row_x;

/** By nibbles: [low nibbles of blocks j and j + 4], [their high nibbles] for j = 0 to 3. */
enum x_order { IN_ORDER, BY_NIBBLES };

/** Sets the dot products of a K-block, less the zero point, with n rows of X. */
typedef void (*dots_32_fn)(const size_t n, const char *w, const row_x *x, __m256i dots[MAX_ROW_N]);

/** Reads the scales of a K-block and the minimums if the type has them. */
typedef scale_and_min (*scales_32_fn)(const char *w);

INLINE void arrange(const enum x_order order, const int zero_shift, const activation_block *x, row_x *out) {
    memcpy(out->q, x->q, sizeof out->q);
    for (size_t i = 0; order == BY_NIBBLES && i < K_BLOCK / 16; i++) {
        const size_t block = i / 4 + 4 * (i % 2);
        memcpy(out->q + 16 * i, x->q + 32 * block + 16 * (i / 2 % 2), 16);
    }
    memcpy(out->d, x->d, sizeof out->d);
    for (size_t b = 0; b < BLOCKS; b++) {
        if (zero_shift == HAS_MIN) {
            out->sums[b] = (float)-x->neg_sums[b] * x->d[b];
        } else {
            out->zero[b] = x->neg_sums[b] * (1 << zero_shift);
        }
    }
}

/**
 * The last blocks of a row that are less than a K-block: they come last in the 256 values that end with the
 * row, so that no block is copied.
 */
INLINE void align_to_end(const activation_block *x, const size_t blocks, activation_block *out) {
    const size_t skip = BLOCKS - blocks;
    memset(out, 0, sizeof *out);
    memcpy(out->q + 32 * skip, x->q, 32 * blocks);
    memcpy(out->neg_sums + skip, x->neg_sums, blocks * sizeof *x->neg_sums);
    memcpy(out->d + skip, x->d, blocks * sizeof *x->d);
}

/** Adds blocks [begin, 8) of a K-block of eight rows to y, whose lanes are rows. */
INLINE void add_blocks(const size_t n, const int zero_shift, const float *parts, const row_x *x,
                       const size_t begin, __m256 y[MAX_ROW_N]) {
#pragma GCC unroll 2
    for (size_t first = 0; first < BLOCKS; first += 4) {
        __m256 d[4];
        __m256 m[4];
        load_columns(parts, first, d);
        if (zero_shift == HAS_MIN) {
            load_columns(parts + PART, first, m);
        }
#pragma GCC unroll 3
        for (size_t r = 0; r < n; r++) {
            __m256 dots[4];
            load_columns(parts + (1 + (size_t)(zero_shift == HAS_MIN) + r) * PART, first, dots);
#pragma GCC unroll 4
            for (size_t i = 0; i < 4; i++) {
                const size_t b = first + i;
                if (b >= begin) {
                    const __m256 scale = _mm256_mul_ps(d[i], _mm256_broadcast_ss(&x[r].d[b]));
                    y[r] = _mm256_fmadd_ps(dots[i], scale, y[r]);
                    y[r] = zero_shift == HAS_MIN
                               ? _mm256_fmadd_ps(m[i], _mm256_broadcast_ss(&x[r].sums[b]), y[r])
                               : y[r];
                }
            }
        }
    }
}

/** The rows of W and the X of a span. */
typedef struct {
    const char *w;
    size_t stride;
    const char *next;          /* what is read after the rows of this span; null: the rows are contiguous */
    int64_t k_blocks;          /* whole ones */
    size_t rest;               /* blocks that follow, less than a K-block */
    int is_short;              /* the row is less than a K-block */
    row_x x[SPAN * MAX_ROW_N]; /* [K-blocks][n] */
    float parts[SPAN * MAX_PARTS * PART] __attribute__((aligned(64)));
} span;

/** Computes a K-block of row i of eight, and adds the blocks of all eight if it is the last one. */
INLINE void read_k_block(const size_t n, const int zero_shift, dots_32_fn dots_of, scales_32_fn scales_of,
                         const char *w, const row_x *x, const size_t begin, size_t i, const int last,
                         float *parts, __m256 y[MAX_ROW_N]) {
    __m256i dots[MAX_ROW_N];
    const scale_and_min s = scales_of(w);
    dots_of(n, w, x, dots);
    float *at = parts + BLOCKS * i;
    _mm256_store_ps(at, s.d);
    if (zero_shift == HAS_MIN) {
        _mm256_store_ps(at + PART, s.m);
    }
#pragma GCC unroll 4
    for (size_t r = 0; r < n; r++) {
        _mm256_store_ps(at + (1 + (size_t)(zero_shift == HAS_MIN) + r) * PART, _mm256_cvtepi32_ps(dots[r]));
    }
    if (last) {
        add_blocks(n, zero_shift, parts, x, begin, y);
    }
}

/** Reads row i of eight. */
INLINE void read_row(const size_t n, const size_t bytes, const int zero_shift, dots_32_fn dots_of,
                     scales_32_fn scales_of, span *s, size_t i, const int last, int more, prefetcher *ahead,
                     __m256 y[MAX_ROW_N]) {
    const size_t parts = (1 + (size_t)(zero_shift == HAS_MIN) + n) * PART;
    const char *w = s->w;
    if (s->next != NULL) {
        ahead->at = more ? w + s->stride : s->next;
    }
    float *to = s->parts;
    const row_x *x = s->x;
    for (int64_t kb = 0; kb < s->k_blocks; kb++, w += bytes, x += n, to += parts) {
        prefetch_bytes(ahead, bytes);
        read_k_block(n, zero_shift, dots_of, scales_of, w, x, 0, i, last, to, y);
    }
    if (s->rest > 0) {
        const size_t skip = BLOCKS - s->rest;
        char copy[MAX_K_BLOCK_BYTES];
        prefetch_bytes(ahead, bytes);
        ahead->at -= bytes / BLOCKS * skip;
        w -= bytes / BLOCKS * skip;
        if (s->is_short) {
            memset(copy, 0, sizeof copy);
            memcpy(copy + bytes / BLOCKS * skip, s->w, bytes / BLOCKS * s->rest);
            w = copy;
        }
        read_k_block(n, zero_shift, dots_of, scales_of, w, x, skip, i, last, to, y);
    }
    s->w += s->stride;
}

/** Multiplies rows [from, to) of a span. */
INLINE void multiply_span(const size_t n, const size_t bytes, const int zero_shift, dots_32_fn dots_of,
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
            read_row(n, bytes, zero_shift, dots_of, scales_of, s, i, 0, 1, ahead, y);
        }
        read_row(n, bytes, zero_shift, dots_of, scales_of, s, (size_t)count - 1, 1, row + count < to, ahead,
                 y);
        for (size_t r = 0; r < n; r++) {
            float *out = args->y + scatter_row(args, (int64_t)r) * args->y_stride + row;
            _mm256_store_ps(sums[r], y[r]);
            memcpy(out, sums[r], (size_t)count * sizeof *out);
        }
    }
}

INLINE void multiply_rows_32(const size_t n, const enum x_order order, const size_t bytes,
                             const int zero_shift, dots_32_fn dots_of, scales_32_fn scales_of,
                             const gemm_args *args, int64_t from, int64_t to) {
    span s;
    if (to - from < LANES) { /* the rows that are missing are added too */
        memset(s.parts, 0, sizeof s.parts);
    }
    const int64_t all = k_block_count(args->k);
    const char *w = args->w + (size_t)from * args->w_stride;
    prefetcher ahead = prefetch_rows(args, from, to);
    for (int64_t kb = 0; kb < all; kb += SPAN) {
        const int64_t count = all - kb < SPAN ? all - kb : SPAN;
        const int64_t whole = args->k / K_BLOCK - kb;
        s.k_blocks = whole < count ? whole : count;
        s.rest = s.k_blocks < count ? (size_t)(args->k % K_BLOCK / 32) : 0;
        s.is_short = args->k < K_BLOCK;
        s.w = w + (size_t)kb * bytes;
        s.stride = args->w_stride;
        s.next = all <= SPAN ? NULL : kb + SPAN < all ? s.w + SPAN * bytes : args->next_w;
        for (int64_t i = 0; i < count * (int64_t)n; i++) {
            activation_block end;
            const activation_block *x = args->x + kb * args->n + i;
            if (i / (int64_t)n == s.k_blocks) {
                align_to_end(x, s.rest, &end);
                x = &end;
            }
            arrange(order, zero_shift, x, s.x + i);
        }
        multiply_span(n, bytes, zero_shift, dots_of, scales_of, args, from, to, kb == 0, &s, &ahead);
    }
}

#endif
