/*
 * GEMV of blocks of 32 for one row of X: four rows of W at a time, each from its beginning to its end. The
 * steps of a block are added across registers, four rows together; the sums and scales of a block of four
 * rows go to a buffer, from which they are added in the order of the reference.
 */
#include "avx512_row.h"

enum { MAX_K_BLOCKS = 128 }; /* of a row at a time */

/** A K-block of X: the first halves of blocks 0 to 3, the last halves, the same of blocks 4 to 7. */
typedef struct {
    int8_t q[K_BLOCK];
    int32_t start[2][16];            /* what the zero point takes from the steps of a block */
    float d[BLOCKS][ROWS_AT_ONCE];   /* the scale of a block, for each row */
    float sum[BLOCKS][ROWS_AT_ONCE]; /* the sum of a block times its scale */
} __attribute__((aligned(64))) row_x;

/** The scales, and the minimums if there are some, of a K-block of four rows. */
typedef struct {
    __m512 d[2]; /* lanes of 16 bytes are blocks */
    __m512 m[2];
} scales_of_rows;

/** The quants of a K-block as X has them. */
typedef void (*read_quants_fn)(const char *w, __m512i out[4]);

typedef void (*read_scales_fn)(const char *const w[ROWS_AT_ONCE], scales_of_rows *out);

typedef struct {
    size_t bytes; /* of a K-block */
    int zero_shift;
    int has_min;
    int wide; /* sums of eight products exceed 16 bits */
    read_quants_fn read;
    read_scales_fn read_scales;
} row_type;

INLINE void prepare_x(const activation_block *x, int zero, row_x *out) {
    const __m512i zeros = _mm512_set1_epi8((char)zero);
    for (int b = 0; b < 2 * BLOCKS; b++) {
        memcpy(out->q + 128 * (b / 8) + 64 * (b % 2) + 16 * (b / 2 % 4), x->q + 16 * b, 16);
    }
    UNROLL(i, 2) {
        __m512i taken =
            _mm512_dpbusd_epi32(_mm512_setzero_si512(), zeros, _mm512_load_si512(out->q + 128 * i));
        taken = _mm512_dpbusd_epi32(taken, zeros, _mm512_load_si512(out->q + 128 * i + 64));
        _mm512_store_si512(out->start[i], _mm512_sub_epi32(_mm512_setzero_si512(), taken));
    }
    for (int b = 0; b < BLOCKS; b++) {
        _mm_store_ps(out->d[b], _mm_set1_ps(x->d[b]));
        _mm_store_ps(out->sum[b], _mm_set1_ps((float)-x->neg_sums[b] * x->d[b]));
    }
}

/** Sums, scales and minimums of a K-block of four rows. */
typedef struct {
    float sum[BLOCKS][ROWS_AT_ONCE];
    float d[BLOCKS][ROWS_AT_ONCE];
    float m[BLOCKS][ROWS_AT_ONCE];
} __attribute__((aligned(64))) products;

INLINE void multiply_k_block(const row_type *t, const char *const w[ROWS_AT_ONCE], const row_x *x,
                             products *out) {
    __m512i sum[ROWS_AT_ONCE][2];
    scales_of_rows scales;
    t->read_scales(w, &scales);
    UNROLL(r, ROWS_AT_ONCE) {
        __m512i q[4];
        t->read(w[r], q);
        UNROLL(i, 2) {
            const __m512i start = t->has_min ? _mm512_setzero_si512() : _mm512_load_si512(x->start[i]);
            sum[r][i] = _mm512_dpbusd_epi32(start, q[2 * i], _mm512_load_si512(x->q + 128 * i));
            sum[r][i] = _mm512_dpbusd_epi32(sum[r][i], q[2 * i + 1], _mm512_load_si512(x->q + 128 * i + 64));
        }
    }
    UNROLL(i, 2) {
        const __m512i low = t->wide ? add_wide_pairs(sum[0][i], sum[1][i]) : add_pairs(sum[0][i], sum[1][i]);
        const __m512i high = t->wide ? add_wide_pairs(sum[2][i], sum[3][i]) : add_pairs(sum[2][i], sum[3][i]);
        const __m512i all = t->wide || t->has_min ? add_wide_pairs(low, high) : add_pairs(low, high);
        const __m512 d = _mm512_mul_ps(scales.d[i], _mm512_load_ps(x->d[4 * i]));
        _mm512_store_ps(out->sum[4 * i], _mm512_cvtepi32_ps(all));
        _mm512_store_ps(out->d[4 * i], d);
        if (t->has_min) {
            _mm512_store_ps(out->m[4 * i], scales.m[i]);
        }
    }
}

/** Adds the first blocks of a K-block. */
INLINE __m128 add_products(const row_type *t, const products *p, const row_x *x, int blocks, __m128 y) {
    UNROLL(b, BLOCKS) {
        if (b < blocks) {
            y = _mm_fmadd_ps(_mm_load_ps(p->sum[b]), _mm_load_ps(p->d[b]), y);
            if (t->has_min) {
                y = _mm_fmadd_ps(_mm_load_ps(p->m[b]), _mm_load_ps(x->sum[b]), y);
            }
        }
    }
    return y;
}

/** Rows of W and K-blocks of X. */
typedef struct {
    const char *w[ROWS_AT_ONCE];
    const char *prefetch; /* as much as is read */
    int64_t blocks;
    const row_x *x;
} four_rows;

/** Adds the products of four rows to y. */
INLINE __m128 multiply_rows(const row_type *t, const four_rows *rows, __m128 y) {
    const size_t bytes = t->bytes;
    products p;
    int64_t k = 0;
    for (; (k + 1) * BLOCKS <= rows->blocks; k++) {
        const char *w[ROWS_AT_ONCE];
        UNROLL(r, ROWS_AT_ONCE) {
            w[r] = rows->w[r] + (size_t)k * bytes;
        }
        prefetch_l2(rows->prefetch + (size_t)k * ROWS_AT_ONCE * bytes, ROWS_AT_ONCE * bytes);
        multiply_k_block(t, w, rows->x + k, &p);
        y = add_products(t, &p, rows->x + k, BLOCKS, y);
    }
    const int64_t left = rows->blocks - k * BLOCKS;
    if (left > 0) {
        char rest[ROWS_AT_ONCE][MAX_K_BLOCK_BYTES];
        const char *w[ROWS_AT_ONCE];
        memset(rest, 0, sizeof rest);
        UNROLL(r, ROWS_AT_ONCE) {
            memcpy(rest[r], rows->w[r] + (size_t)k * bytes, (size_t)left * bytes / BLOCKS);
            w[r] = rest[r];
        }
        multiply_k_block(t, w, rows->x + k, &p);
        y = add_products(t, &p, rows->x + k, (int)left, y);
    }
    return y;
}

INLINE void multiply_blocks(const row_type *t, const gemm_args *args, int64_t from, int64_t to) {
    row_x x[MAX_K_BLOCKS];
    float *y = args->y + scatter_row(args, 0) * args->y_stride;
    for (int64_t first = 0, count; first < args->k; first += count) {
        count = args->k - first < MAX_K_BLOCKS * K_BLOCK ? args->k - first : MAX_K_BLOCKS * K_BLOCK;
        for (int64_t i = 0; i < k_block_count(count); i++) {
            prepare_x(args->x + first / K_BLOCK + i, 1 << t->zero_shift, x + i);
        }
        four_rows rows = {.blocks = count / 32, .x = x};
        for (int64_t row = from; row < to; row += ROWS_AT_ONCE) {
            const int64_t n = to - row < ROWS_AT_ONCE ? to - row : ROWS_AT_ONCE;
            take_four_rows(args, row, to, (size_t)(first / K_BLOCK) * t->bytes, rows.w, &rows.prefetch);
            float sums[ROWS_AT_ONCE] __attribute__((aligned(16))) = {0};
            memcpy(sums, y + row, first > 0 ? (size_t)n * sizeof *y : 0);
            _mm_store_ps(sums, multiply_rows(t, &rows, _mm_load_ps(sums)));
            memcpy(y + row, sums, (size_t)n * sizeof *y);
        }
    }
}

/* ---- what a type reads ------------------------------------------------------------------------------- */

/** 16 bytes of each of four blocks. */
INLINE __m512i load_four(const char *p, const size_t bytes) {
    __m512i v = _mm512_castsi128_si512(_mm_loadu_si128((const void *)p));
    v = _mm512_mask_broadcast_i32x4(v, 0x00f0, _mm_loadu_si128((const void *)(p + bytes)));
    v = _mm512_mask_broadcast_i32x4(v, 0x0f00, _mm_loadu_si128((const void *)(p + 2 * bytes)));
    return _mm512_mask_broadcast_i32x4(v, 0xf000, _mm_loadu_si128((const void *)(p + 3 * bytes)));
}

INLINE void read_nibbles(const char *p, const size_t bytes, __m512i out[4]) {
    UNROLL(i, 2) {
        const __m512i v = load_four(p + 4 * (size_t)i * bytes, bytes);
        out[2 * i] = low_nibbles(v);
        out[2 * i + 1] = high_nibbles(v);
    }
}

INLINE void read_quants_q4_0(const char *w, __m512i out[4]) {
    read_nibbles(w + offsetof(block_q4_0, qs), sizeof(block_q4_0), out);
}

INLINE void read_codebook(const uint8_t values[16], const char *p, const size_t bytes, __m512i out[4]) {
    const __m512i codebook = _mm512_broadcast_i32x4(_mm_loadu_si128((const void *)values));
    read_nibbles(p, bytes, out);
    UNROLL(i, 4) {
        out[i] = _mm512_shuffle_epi8(codebook, out[i]);
    }
}

INLINE void read_quants_iq4_nl(const char *w, __m512i out[4]) {
    read_codebook(CODEBOOK_IQ4, w + offsetof(block_iq4_nl, qs), sizeof(block_iq4_nl), out);
}

INLINE void widen_scales(__m512i halves, __m512 out[2]) {
    out[0] = _mm512_cvtph_ps(_mm512_castsi512_si256(halves));
    out[1] = _mm512_cvtph_ps(_mm512_extracti64x4_epi64(halves, 1));
}

/** The scales of blocks of 18 bytes: half words 0, 9, 18, 27 of the first 64 bytes, 4, 13, 22, 31 of the
 * next. */
INLINE void read_scales_18(const char *const w[ROWS_AT_ONCE], scales_of_rows *out) {
    static const uint16_t positions[] = {0, 0, 0, 0, 9,  9,  9,  9,  18, 18, 18, 18, 27, 27, 27, 27,
                                         4, 4, 4, 4, 13, 13, 13, 13, 22, 22, 22, 22, 31, 31, 31, 31};
    const __m512i at = _mm512_loadu_si512(positions);
    __m512i halves = _mm512_setzero_si512();
    UNROLL(r, ROWS_AT_ONCE) {
        const __m512i v = _mm512_mask_loadu_epi16(_mm512_loadu_si512(w[r]), 0x80402010, w[r] + 64);
        halves = _mm512_mask_permutexvar_epi16(halves, 0x11111111u << r, at, v);
    }
    widen_scales(halves, out->d);
}

/** Defines the function of a type. */
#define DEFINE_ROW(name, bytes, zero_shift, has_min, wide, read_scales)                            \
    void avx512_row_##name(const gemm_args *args, int64_t from, int64_t to) {                      \
        const row_type type = {bytes, zero_shift, has_min, wide, read_quants_##name, read_scales}; \
        multiply_blocks(&type, args, from, to);                                                    \
    }

DEFINE_ROW(q4_0, BLOCKS * sizeof(block_q4_0), 3, 0, 0, read_scales_18)
DEFINE_ROW(iq4_nl, BLOCKS * sizeof(block_iq4_nl), 7, 0, 1, read_scales_18)
