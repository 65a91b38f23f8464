/**
 * Attention of a chunk of queries, for every instruction set. A file that includes this includes the simd/
 * header of its instruction set first, and defines NAME, the name of the function, and
 *
 *   tile(rows, a, stride, steps, packed, out)   out, int32 [rows][PANEL_WIDTH], of each row the first
 *                                              TILE_COLUMNS: a, rows of int16, stride apart, two values a
 *                                              step, times packed [steps][PANEL_WIDTH][2]
 *   EACH_TILE(f)                               f(rows) for each size of tile, from the largest to 1
 *   pack_panel(rows, stride, steps, out)       a panel of PANEL_WIDTH rows, two values a step
 */
#include <math.h>
#include <string.h>

#include "fixed_point.h"

/** K and V of 64 cells of a KV head, as panels of integers. */
typedef struct {
    int16_t k[BLOCK_CELLS * MAX_HEAD_SIZE]; /* panels of cells; a step is two values */
    int16_t v[BLOCK_CELLS * MAX_HEAD_SIZE]; /* panels of values; a step is two cells */
    float k_scale[BLOCK_CELLS];             /* of the row of K */
    float exponent[BLOCK_CELLS];            /* of the row of V */
    float inverse[BLOCK_CELLS];             /* 2^-exponent; 0 for missing cells */
} __attribute__((aligned(64))) block;

/** Queries and their running sums. */
typedef struct {
    int64_t count;
    int16_t q[MAX_CHUNK_VALUES]; /* [count][2 * steps] */
    float out[MAX_CHUNK_VALUES]; /* [count][padded], not yet divided by sum */
    float q_scale[MAX_QUERIES + SIMD_WIDTH];
    float max[MAX_QUERIES + SIMD_WIDTH]; /* of the scores so far, to base 2 */
    float sum[MAX_QUERIES];
    int64_t begin[MAX_QUERIES]; /* positions that the query sees */
    int64_t end[MAX_QUERIES];
} __attribute__((aligned(64))) chunk;

/** The softmax weights of a tile in one block: multiples of 2^-WEIGHT_BITS relative to max, and their sum. */
typedef struct {
    int16_t p[TILE_QUERIES][BLOCK_CELLS];
    float max[SIMD_WIDTH];
    float sum[SIMD_WIDTH];
} __attribute__((aligned(64))) block_weights;

/** Multiplies at most TILE_QUERIES rows by a panel; arguments as for tile(). */
static void multiply_panel(int rows, const int16_t *a, int64_t stride, int steps, const int16_t *packed,
                           int32_t *out) {
    /* hides the value: with a known one GCC keeps two copies of the sums */
    __asm__("" : "+r"(steps));
#define TILES(count)                                                                            \
    for (; rows >= (count); rows -= (count), a += (count)*stride, out += (count)*PANEL_WIDTH) { \
        for (int c = 0; c < PANEL_WIDTH; c += TILE_COLUMNS) {                                   \
            tile((count), a, stride, steps, packed + 2 * c, out + c);                           \
        }                                                                                       \
    }
    EACH_TILE(TILES)
}

INLINE void quantize_keys(const int32_t type, const int width, const attention *a, const char *k, int count, int steps,
                          block *out) {
    const int padded = attention_padded_head(width);
    int16_t rows[BLOCK_CELLS * MAX_HEAD_SIZE] __attribute__((aligned(64)));
    float max[BLOCK_CELLS] = {0};
    float squares[BLOCK_CELLS] = {0};
    float inverse_scale[BLOCK_CELLS];
    for (int c = 0; c < count; c++) {
        row_range(type, k + (size_t)c * a->k.cell, width, max + c, squares + c);
    }
    for (int c = 0; c < BLOCK_CELLS; c += SIMD_WIDTH) {
        choose_scales(max + c, squares + c, out->k_scale + c, inverse_scale + c);
    }
    for (int c = 0; c < count; c++) {
        quantize_row(type, k + (size_t)c * a->k.cell, width, inverse_scale[c], rows + c * padded);
    }
    memset(rows + count * padded, 0, (size_t)((BLOCK_CELLS - count) * padded) * sizeof *rows);
    for (int c = 0; c < BLOCK_CELLS; c += PANEL_WIDTH) {
        pack_panel(rows + c * padded, padded, steps, out->k + c * 2 * steps);
    }
}

/** Called after quantize_keys(): a NaN scale of a key makes the inverse of the value NaN. */
INLINE void quantize_values(const int32_t type, const int width, const attention *a, const char *v, int count, block *out) {
    const int padded = attention_padded_head(width);
    float max[BLOCK_CELLS] = {0};
    float squares[BLOCK_CELLS] = {0};
    float inverse_scale[BLOCK_CELLS];
    for (int c = 0; c < count; c++) {
        row_range(type, v + (size_t)c * a->v.cell, width, max + c, squares + c);
    }
    for (int c = 0; c < BLOCK_CELLS; c += SIMD_WIDTH) {
        choose_exponents(max + c, squares + c, out->exponent + c, out->inverse + c, inverse_scale + c);
        const f32x16 broken_key = f32x16_mul(f32x16_load(out->k_scale + c), f32x16_set1(0));
        const f32x16 inverse = f32x16_add(f32x16_load(out->inverse + c), broken_key);
        f32x16_store(out->inverse + c, f32x16_first_n(count - c, inverse, f32x16_set1(0)));
    }
    for (int c = 0; c < BLOCK_CELLS; c += 2) {
        const char *row = v + (size_t)c * a->v.cell;
        for (int i = 0; i < padded; i += SIMD_WIDTH) {
            f32x16 x[2] = {f32x16_set1(0), f32x16_set1(0)};
            for (int j = 0; j < 2 && c + j < count && i < width; j++) {
                const f32x16 value = read_row(type, row + (size_t)j * a->v.cell, i, width);
                /* the largest value may round up by one */
                x[j] = f32x16_min(f32x16_mul(value, f32x16_set1(inverse_scale[c + j])),
                                  f32x16_set1((1 << VALUE_BITS) - 1));
            }
            int16_t *packed = out->v + i / PANEL_WIDTH * PANEL_WIDTH * BLOCK_CELLS;
            f32x16_to_i16_pairs(x[0], x[1], packed + c * PANEL_WIDTH + 2 * (i % PANEL_WIDTH));
        }
    }
}

/** type is a constant, and width is one where that is faster. */
INLINE void quantize_cells(const int32_t type, const int width, const attention *a, int64_t kv_head, int64_t cell, int count,
                           int steps, block *out) {
    const char *k = a->k.data + (size_t)kv_head * a->k.head + (size_t)cell * a->k.cell;
    const char *v = a->v.data + (size_t)kv_head * a->v.head + (size_t)cell * a->v.cell;
    quantize_keys(type, width, a, k, count, steps, out);
    quantize_values(type, width, a, v, count, out);
}

/** The first count cells of the page of position begin. If the table has no such page, they are NaN. */
static void quantize_block(const attention *a, int64_t kv_head, int64_t begin, int count, int steps,
                           block *out) {
    const int64_t cell = page_cell(a, begin / BLOCK_CELLS);
    if (cell < 0) {
        memset(out, 0, sizeof *out);
        for (int c = 0; c < BLOCK_CELLS; c++) {
            out->inverse[c] = NAN;
        }
    } else if (a->k.type == TYPE_Q8_0) {
        quantize_cells(TYPE_Q8_0, a->k.width, a, kv_head, cell, count, steps, out);
    } else if (a->k.width == 64) {
        quantize_cells(TYPE_F16, 64, a, kv_head, cell, count, steps, out);
    } else if (a->k.width == 128) {
        quantize_cells(TYPE_F16, 128, a, kv_head, cell, count, steps, out);
    } else {
        quantize_cells(TYPE_F16, a->k.width, a, kv_head, cell, count, steps, out);
    }
}

/** x for the cells [from, to) of 16, else other. */
INLINE f32x16 visible(int from, int to, f32x16 x, f32x16 other) {
    return f32x16_first_n(from, other, f32x16_first_n(to, x, other));
}

/**
 * The softmax weights of a query, whose dot products with the keys are s, and which sees the cells [from,
 * to). all_visible is a constant.
 */
INLINE void softmax_block(const int all_visible, int32_t (*s)[TILE_QUERIES][PANEL_WIDTH], int r,
                          float q_scale, const block *b, int from, int to, block_weights *out) {
    f32x16 t[BLOCK_CELLS / SIMD_WIDTH];
    f32x16 max = f32x16_set1(-INFINITY);
    f32x16 sum = f32x16_set1(0);
#pragma GCC unroll 4
    for (int j = 0; j < BLOCK_CELLS / SIMD_WIDTH; j++) {
        const int i = j * SIMD_WIDTH;
        const f32x16 dot =
            f32x16_mul(f32x16_from_i32(&s[i / PANEL_WIDTH][r][i % PANEL_WIDTH]), f32x16_set1(q_scale));
        t[j] = f32x16_fma(dot, f32x16_load(b->k_scale + i), f32x16_load(b->exponent + i));
        t[j] = all_visible ? t[j] : visible(from - i, to - i, t[j], f32x16_set1(-INFINITY));
        max = f32x16_max(t[j], max);
    }
    out->max[r] = f32x16_reduce_max(max);
#pragma GCC unroll 4
    for (int j = 0; j < BLOCK_CELLS / SIMD_WIDTH; j++) {
        const int i = j * SIMD_WIDTH;
        const f32x16 inverse = f32x16_load(b->inverse + i);
        const f32x16 e = exp2_nonpositive(f32x16_sub(t[j], f32x16_set1(out->max[r])));
        sum = f32x16_fma(e, all_visible ? inverse : visible(from - i, to - i, inverse, f32x16_set1(0)), sum);
        f32x16_to_i16(f32x16_mul(e, f32x16_set1(1 << WEIGHT_BITS)), out->p[r] + i);
    }
    out->sum[r] = f32x16_reduce_sum(sum);
}

/** Updates the running maximum, and computes the factors of the sums so far and of the new block. */
INLINE void rescale(float *max, const block_weights *w, float *old_scale, float *new_scale) {
    const f32x16 old = f32x16_load(max);
    const f32x16 new = f32x16_load(w->max);
    const f32x16 top = f32x16_max(new, old);
    f32x16_store(old_scale, exp2_nonpositive(f32x16_sub(old, top)));
    f32x16_store(new_scale, exp2_nonpositive(f32x16_sub(new, top)));
    f32x16_store(max, top);
}

/** Adds a block, whose first position is begin, to the running sums of a tile of queries. */
static void add_block(const block *b, int steps, int padded, int64_t begin, int64_t first, int rows,
                      chunk *c) {
    int32_t s[BLOCK_CELLS / PANEL_WIDTH][TILE_QUERIES][PANEL_WIDTH] __attribute__((aligned(64)));
    block_weights w __attribute__((aligned(64)));
    float old_scale[SIMD_WIDTH];
    float new_scale[SIMD_WIDTH];
    const int16_t *q = c->q + first * 2 * steps;
    for (int i = 0; i < BLOCK_CELLS / PANEL_WIDTH; i++) {
        multiply_panel(rows, q, 2 * steps, steps, b->k + i * PANEL_WIDTH * 2 * steps, s[i][0]);
    }
    for (int r = 0; r < SIMD_WIDTH; r++) {
        w.max[r] = -INFINITY;
    }
    for (int r = 0; r < rows; r++) {
        const int64_t from = c->begin[first + r] - begin;
        const int64_t to = c->end[first + r] - begin;
        if (from <= 0 && to >= BLOCK_CELLS) {
            softmax_block(1, s, r, c->q_scale[first + r], b, 0, BLOCK_CELLS, &w);
        } else {
            softmax_block(0, s, r, c->q_scale[first + r], b, from < BLOCK_CELLS ? (int)from : BLOCK_CELLS,
                          to < BLOCK_CELLS ? (int)to : BLOCK_CELLS, &w);
        }
    }
    rescale(c->max + first, &w, old_scale, new_scale);
    for (int r = 0; r < rows; r++) {
        c->sum[first + r] = fmaf(c->sum[first + r], old_scale[r], w.sum[r] * new_scale[r]);
    }
    for (int i = 0; i < padded; i += PANEL_WIDTH) {
        multiply_panel(rows, w.p[0], BLOCK_CELLS, BLOCK_CELLS / 2, b->v + i * BLOCK_CELLS, s[0][0]);
        for (int r = 0; r < rows; r++) {
            float *out = c->out + (first + r) * padded + i;
            const f32x16 old = f32x16_set1(old_scale[r]);
            const f32x16 unit = f32x16_set1(new_scale[r] * 0x1p-25f); /* WEIGHT_BITS and VALUE_BITS */
#pragma GCC unroll 2
            for (int j = 0; j < PANEL_WIDTH; j += SIMD_WIDTH) {
                const f32x16 added = f32x16_mul(f32x16_from_i32(&s[0][r][j]), unit);
                f32x16_store(out + j, f32x16_fma(f32x16_load(out + j), old, added));
            }
        }
    }
}

/** The row of Q of a query of a KV head. */
INLINE const char *query_row(const attention *a, int64_t kv_head, int64_t query) {
    const int64_t group = attention_group(a);
    return a->q + (size_t)(query / group) * a->q_token +
           (size_t)(kv_head * group + query % group) * a->q_head;
}

static void quantize_queries(const attention *a, int64_t kv_head, int64_t from, int steps, chunk *c) {
    const int64_t group = attention_group(a);
    for (int64_t i = 0; i < c->count; i += SIMD_WIDTH) {
        const int64_t n = c->count - i < SIMD_WIDTH ? c->count - i : SIMD_WIDTH;
        float max[SIMD_WIDTH] = {0};
        float squares[SIMD_WIDTH] = {0};
        float inverse_scale[SIMD_WIDTH];
        for (int64_t j = 0; j < n; j++) {
            row_range(TYPE_F32, query_row(a, kv_head, from + i + j), a->k.width, max + j, squares + j);
        }
        choose_scales(max, squares, c->q_scale + i, inverse_scale);
        for (int64_t j = 0; j < n; j++) {
            int16_t row[MAX_HEAD_SIZE];
            quantize_row(TYPE_F32, query_row(a, kv_head, from + i + j), a->k.width, inverse_scale[j], row);
            memcpy(c->q + (i + j) * 2 * steps, row, (size_t)steps * 2 * sizeof *row);
            /* scores to base 2, with the scale of attention */
            c->q_scale[i + j] *= a->scale * 0x1.715476p0f;
        }
    }
    for (int64_t i = 0; i < c->count; i++) {
        const int32_t *range = a->ranges + 2 * ((from + i) / group);
        const int64_t all = a->pages * BLOCK_CELLS;
        c->begin[i] = range[0] > 0 ? range[0] : 0;
        c->end[i] = range[1] < all ? range[1] : all;
        c->max[i] = -INFINITY;
        c->sum[i] = 0;
    }
}

static void write_output(const attention *a, int64_t kv_head, int64_t from, int padded, const chunk *c) {
    const int64_t group = attention_group(a);
    for (int64_t i = 0; i < c->count; i++) {
        const int64_t head = kv_head * group + (from + i) % group;
        float *out = a->out + ((from + i) / group * a->heads + head) * a->k.width;
        const float inverse_sum = c->begin[i] < c->end[i] ? 1 / c->sum[i] : 0;
        for (int j = 0; j < a->k.width; j++) {
            out[j] = c->out[i * padded + j] * inverse_sum;
        }
    }
}

void NAME(const attention *a, int64_t kv_head, int64_t from, int64_t to) {
    chunk c;
    block b;
    const int padded = attention_padded_head(a->k.width);
    const int steps = (a->k.width + 1) / 2;
    struct {
        int64_t begin;
        int64_t end;
    } seen[MAX_QUERIES / TILE_QUERIES + 1]; /* positions, by tile of queries */
    int64_t first = INT64_MAX;
    int64_t last = 0;
    c.count = to - from;
    memset(c.out, 0, (size_t)(c.count * padded) * sizeof *c.out);
    quantize_queries(a, kv_head, from, steps, &c);
    for (int64_t i = 0; i < c.count; i++) {
        const int64_t t = i / TILE_QUERIES;
        if (i % TILE_QUERIES == 0) {
            seen[t].begin = INT64_MAX;
            seen[t].end = 0;
        }
        if (c.begin[i] < c.end[i]) {
            seen[t].begin = c.begin[i] < seen[t].begin ? c.begin[i] : seen[t].begin;
            seen[t].end = c.end[i] > seen[t].end ? c.end[i] : seen[t].end;
            first = c.begin[i] < first ? c.begin[i] : first;
            last = c.end[i] > last ? c.end[i] : last;
        }
    }
    for (int64_t begin = first / BLOCK_CELLS * BLOCK_CELLS; begin < last; begin += BLOCK_CELLS) {
        const int count = last - begin < BLOCK_CELLS ? (int)(last - begin) : BLOCK_CELLS;
        int is_quantized = 0;
        for (int64_t i = 0; i < c.count; i += TILE_QUERIES) {
            const int64_t t = i / TILE_QUERIES;
            if (seen[t].begin < begin + BLOCK_CELLS && seen[t].end > begin) {
                const int rows = c.count - i < TILE_QUERIES ? (int)(c.count - i) : TILE_QUERIES;
                if (!is_quantized) {
                    quantize_block(a, kv_head, begin, count, steps, &b);
                    is_quantized = 1;
                }
                add_block(&b, steps, padded, begin, i, rows, &c);
            }
        }
    }
    write_output(a, kv_head, from, padded, &c);
}
