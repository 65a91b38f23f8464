/**
 * The way of queries through the cells they see. Who includes this has defined NAME, the lanes of its
 * instruction set, and
 *
 *   tile(rows, a, stride, steps, columns, out)   out, int32 [rows][PANEL_WIDTH], the first TILE_COLUMNS of
 *                                                each: rows of whole numbers, stride apart, two a step,
 *                                                times columns [steps][PANEL_WIDTH][2]
 *   EACH_TILE(f)                                 f(rows) for the tiles there are, from most rows to 1
 *   pair_columns(rows, stride, steps, out)       a panel of PANEL_WIDTH rows, two numbers a step
 */
#include <math.h>
#include <string.h>

#include "fixed_point.h"

/** 64 cells of a head as panels of whole numbers. */
typedef struct {
    int16_t keys[BLOCK_CELLS * MAX_HEAD_SIZE];   /* panels of cells: a step is two values */
    int16_t values[BLOCK_CELLS * MAX_HEAD_SIZE]; /* panels of values: a step is two cells */
    float step[BLOCK_CELLS];                     /* of the key */
    float exponent[BLOCK_CELLS];                 /* of the value */
    float inverse[BLOCK_CELLS];                  /* 2^-exponent; 0 of cells that are not there */
} __attribute__((aligned(64))) block;

/** Queries and what they have gathered. */
typedef struct {
    int64_t count;
    int16_t q[MAX_CHUNK_VALUES]; /* [count][2 * steps] */
    float out[MAX_CHUNK_VALUES]; /* [count][width] */
    float step[MAX_QUERIES + SIMD_WIDTH];
    float most[MAX_QUERIES + SIMD_WIDTH]; /* the largest weight's logarithm, to base 2 */
    float sum[MAX_QUERIES];
    int64_t visible[MAX_QUERIES];
} __attribute__((aligned(64))) chunk;

/** A tile's weights of a block: numbers of 2^-WEIGHT_BITS, what they were divided by, their sum. */
typedef struct {
    int16_t p[TILE_QUERIES][BLOCK_CELLS];
    float most[SIMD_WIDTH];
    float sum[SIMD_WIDTH];
} __attribute__((aligned(64))) weights;

/** Products of at most TILE_QUERIES rows and a panel, as tile() has them. */
static void multiply(int rows, const int16_t *a, int64_t stride, int steps, const int16_t *columns,
                     int32_t *out) {
    /* a number that the compiler knows makes it keep two copies of the sums */
    __asm__("" : "+r"(steps));
#define TILES_OF(count)                                                                         \
    for (; rows >= (count); rows -= (count), a += (count)*stride, out += (count)*PANEL_WIDTH) { \
        for (int c = 0; c < PANEL_WIDTH; c += TILE_COLUMNS) {                                   \
            tile((count), a, stride, steps, columns + 2 * c, out + c);                          \
        }                                                                                       \
    }
    EACH_TILE(TILES_OF)
}

INLINE void read_keys(const int32_t type, const attention *a, const char *k, int count, int steps,
                      block *out) {
    const int width = attention_padded_head(a->head_size);
    int16_t rows[BLOCK_CELLS * MAX_HEAD_SIZE] __attribute__((aligned(64)));
    float most[BLOCK_CELLS] = {0};
    float squares[BLOCK_CELLS] = {0};
    float inverse_scale[BLOCK_CELLS];
    for (int c = 0; c < count; c++) {
        row_range(type, k + (size_t)c * a->k_cell, a->head_size, most + c, squares + c);
    }
    for (int c = 0; c < BLOCK_CELLS; c += SIMD_WIDTH) {
        choose_scales(most + c, squares + c, out->step + c, inverse_scale + c);
    }
    for (int c = 0; c < count; c++) {
        quantize_row(type, k + (size_t)c * a->k_cell, a->head_size, inverse_scale[c], rows + c * width);
    }
    memset(rows + count * width, 0, (size_t)((BLOCK_CELLS - count) * width) * sizeof *rows);
    for (int c = 0; c < BLOCK_CELLS; c += PANEL_WIDTH) {
        pack_panel(rows + c * width, width, steps, out->keys + c * 2 * steps);
    }
}

/** After the keys: what is wrong with one is noted in the value's inverse. */
INLINE void read_values(const int32_t type, const attention *a, const char *v, int count, block *out) {
    const int width = attention_padded_head(a->head_size);
    float most[BLOCK_CELLS] = {0};
    float squares[BLOCK_CELLS] = {0};
    float inverse_scale[BLOCK_CELLS];
    for (int c = 0; c < count; c++) {
        row_range(type, v + (size_t)c * a->v_cell, a->head_size, most + c, squares + c);
    }
    for (int c = 0; c < BLOCK_CELLS; c += SIMD_WIDTH) {
        choose_exponents(most + c, squares + c, out->exponent + c, out->inverse + c, inverse_scale + c);
        const f32x16 wrong = f32x16_mul(f32x16_load(out->step + c), f32x16_set1(0));
        const f32x16 inverse = f32x16_add(f32x16_load(out->inverse + c), wrong);
        f32x16_store(out->inverse + c, f32x16_first_n(count - c, inverse, 0));
    }
    for (int c = 0; c < BLOCK_CELLS; c += 2) {
        const char *row = v + (size_t)c * a->v_cell;
        for (int i = 0; i < width; i += SIMD_WIDTH) {
            f32x16 x[2] = {f32x16_set1(0), f32x16_set1(0)};
            for (int j = 0; j < 2 && c + j < count && i < a->head_size; j++) {
                const f32x16 value = row_values(type, row + (size_t)j * a->v_cell, i, a->head_size);
                /* the largest may round up to one more */
                x[j] = f32x16_min(f32x16_mul(value, f32x16_set1(inverse_scale[c + j])),
                                  f32x16_set1((1 << VALUE_BITS) - 1));
            }
            int16_t *columns = out->values + i / PANEL_WIDTH * PANEL_WIDTH * BLOCK_CELLS;
            f32x16_to_i16_pairs(x[0], x[1], columns + c * PANEL_WIDTH + 2 * (i % PANEL_WIDTH));
        }
    }
}

INLINE void read_cells(const int32_t type, const attention *a, int64_t kv_head, int64_t begin, int count,
                       int steps, block *out) {
    read_keys(type, a, a->k + (size_t)kv_head * a->k_head + (size_t)begin * a->k_cell, count, steps, out);
    read_values(type, a, a->v + (size_t)kv_head * a->v_head + (size_t)begin * a->v_cell, count, out);
}

static void read_block(const attention *a, int64_t kv_head, int64_t begin, int count, int steps, block *out) {
    if (a->type == TYPE_Q8_0) {
        read_cells(TYPE_Q8_0, a, kv_head, begin, count, steps, out);
    } else {
        read_cells(TYPE_F16, a, kv_head, begin, count, steps, out);
    }
}

/** The weights of a query, whose products with the keys are s, of the first cells; all is a constant. */
INLINE void softmax_block(const int all, int32_t (*s)[TILE_QUERIES][PANEL_WIDTH], int r, float step,
                          const block *b, int seen, weights *out) {
    f32x16 t[BLOCK_CELLS / SIMD_WIDTH];
    f32x16 most = f32x16_set1(-INFINITY);
    f32x16 sum = f32x16_set1(0);
#pragma GCC unroll 4
    for (int j = 0; j < BLOCK_CELLS / SIMD_WIDTH; j++) {
        const int i = j * SIMD_WIDTH;
        const f32x16 dot =
            f32x16_mul(f32x16_from_i32(&s[i / PANEL_WIDTH][r][i % PANEL_WIDTH]), f32x16_set1(step));
        t[j] = f32x16_fma(dot, f32x16_load(b->step + i), f32x16_load(b->exponent + i));
        t[j] = all ? t[j] : f32x16_first_n(seen - i, t[j], -INFINITY);
        most = f32x16_max(t[j], most);
    }
    out->most[r] = f32x16_reduce_max(most);
#pragma GCC unroll 4
    for (int j = 0; j < BLOCK_CELLS / SIMD_WIDTH; j++) {
        const int i = j * SIMD_WIDTH;
        const f32x16 inverse = f32x16_load(b->inverse + i);
        const f32x16 e = exp2_nonpositive(f32x16_sub(t[j], f32x16_set1(out->most[r])));
        sum = f32x16_fma(e, all ? inverse : f32x16_first_n(seen - i, inverse, 0), sum);
        f32x16_to_i16(f32x16_mul(e, f32x16_set1(1 << WEIGHT_BITS)), out->p[r] + i);
    }
    out->sum[r] = f32x16_reduce_sum(sum);
}

/** The larger weight, and what counts what was gathered before and what is now. */
INLINE void rescale(float *most, const weights *w, float *before, float *now) {
    const f32x16 old = f32x16_load(most);
    const f32x16 new = f32x16_load(w->most);
    const f32x16 top = f32x16_max(new, old);
    f32x16_store(before, exp2_nonpositive(f32x16_sub(old, top)));
    f32x16_store(now, exp2_nonpositive(f32x16_sub(new, top)));
    f32x16_store(most, top);
}

/** Adds to what some queries have gathered the cells of a block, the first of which is begin. */
static void add_block(const block *b, int steps, int width, int64_t begin, int64_t first, int rows,
                      chunk *c) {
    int32_t s[BLOCK_CELLS / PANEL_WIDTH][TILE_QUERIES][PANEL_WIDTH] __attribute__((aligned(64)));
    weights w __attribute__((aligned(64)));
    float before[SIMD_WIDTH];
    float now[SIMD_WIDTH];
    const int16_t *q = c->q + first * 2 * steps;
    for (int i = 0; i < BLOCK_CELLS / PANEL_WIDTH; i++) {
        multiply(rows, q, 2 * steps, steps, b->keys + i * PANEL_WIDTH * 2 * steps, s[i][0]);
    }
    for (int r = 0; r < SIMD_WIDTH; r++) {
        w.most[r] = -INFINITY;
    }
    for (int r = 0; r < rows; r++) {
        const int64_t seen = c->visible[first + r] - begin;
        if (seen >= BLOCK_CELLS) {
            softmax_block(1, s, r, c->step[first + r], b, BLOCK_CELLS, &w);
        } else {
            softmax_block(0, s, r, c->step[first + r], b, (int)seen, &w);
        }
    }
    rescale(c->most + first, &w, before, now);
    for (int r = 0; r < rows; r++) {
        c->sum[first + r] = fmaf(c->sum[first + r], before[r], w.sum[r] * now[r]);
    }
    for (int i = 0; i < width; i += PANEL_WIDTH) {
        multiply(rows, w.p[0], BLOCK_CELLS, BLOCK_CELLS / 2, b->values + i * BLOCK_CELLS, s[0][0]);
        for (int r = 0; r < rows; r++) {
            float *out = c->out + (first + r) * width + i;
            const f32x16 old = f32x16_set1(before[r]);
            const f32x16 unit = f32x16_set1(now[r] * 0x1p-25f); /* of WEIGHT_BITS and VALUE_BITS */
#pragma GCC unroll 2
            for (int j = 0; j < PANEL_WIDTH; j += SIMD_WIDTH) {
                const f32x16 added = f32x16_mul(f32x16_from_i32(&s[0][r][j]), unit);
                f32x16_store(out + j, f32x16_fma(f32x16_load(out + j), old, added));
            }
        }
    }
}

/** Where the head of a query is; its token is the one of the same number divided by the group's heads. */
INLINE const char *query_row(const attention *a, int64_t kv_head, int64_t query) {
    const int64_t group = a->heads / a->kv_heads;
    return a->q + (size_t)(query / group) * a->q_token +
           (size_t)(kv_head * group + query % group) * a->q_head;
}

static void read_queries(const attention *a, int64_t kv_head, int64_t from, int steps, chunk *c) {
    const int64_t group = a->heads / a->kv_heads;
    for (int64_t i = 0; i < c->count; i += SIMD_WIDTH) {
        const int64_t n = c->count - i < SIMD_WIDTH ? c->count - i : SIMD_WIDTH;
        float most[SIMD_WIDTH] = {0};
        float squares[SIMD_WIDTH] = {0};
        float inverse_scale[SIMD_WIDTH];
        for (int64_t j = 0; j < n; j++) {
            row_range(TYPE_F32, query_row(a, kv_head, from + i + j), a->head_size, most + j, squares + j);
        }
        choose_scales(most, squares, c->step + i, inverse_scale);
        for (int64_t j = 0; j < n; j++) {
            int16_t row[MAX_HEAD_SIZE];
            quantize_row(TYPE_F32, query_row(a, kv_head, from + i + j), a->head_size, inverse_scale[j], row);
            memcpy(c->q + (i + j) * 2 * steps, row, (size_t)steps * 2 * sizeof *row);
            /* to base 2, and with the scale of the products */
            c->step[i + j] *= a->scale * 0x1.715476p0f;
        }
    }
    for (int64_t i = 0; i < c->count; i++) {
        const int64_t seen = a->positions[(from + i) / group] + INT64_C(1);
        c->visible[i] = seen < a->cells ? seen : a->cells;
        c->most[i] = -INFINITY;
        c->sum[i] = 0;
    }
}

static void write(const attention *a, int64_t kv_head, int64_t from, int width, const chunk *c) {
    const int64_t group = a->heads / a->kv_heads;
    for (int64_t i = 0; i < c->count; i++) {
        const int64_t head = kv_head * group + (from + i) % group;
        float *out = a->out + ((from + i) / group * a->heads + head) * a->head_size;
        const float share = 1 / c->sum[i];
        for (int j = 0; j < a->head_size; j++) {
            out[j] = c->out[i * width + j] * share;
        }
    }
}

void NAME(const attention *a, int64_t kv_head, int64_t from, int64_t to) {
    chunk c;
    block b;
    const int width = attention_padded_head(a->head_size);
    const int steps = (a->head_size + 1) / 2;
    int64_t furthest[MAX_QUERIES / TILE_QUERIES + 1] = {0};
    int64_t end = 0;
    c.count = to - from;
    memset(c.out, 0, (size_t)(c.count * width) * sizeof *c.out);
    read_queries(a, kv_head, from, steps, &c);
    for (int64_t i = 0; i < c.count; i++) {
        int64_t *tile_end = &furthest[i / TILE_QUERIES];
        *tile_end = c.visible[i] > *tile_end ? c.visible[i] : *tile_end;
        end = *tile_end > end ? *tile_end : end;
    }
    for (int64_t begin = 0; begin < end; begin += BLOCK_CELLS) {
        const int count = end - begin < BLOCK_CELLS ? (int)(end - begin) : BLOCK_CELLS;
        read_block(a, kv_head, begin, count, steps, &b);
        for (int64_t i = 0; i < c.count; i += TILE_QUERIES) {
            if (furthest[i / TILE_QUERIES] > begin) {
                const int rows = c.count - i < TILE_QUERIES ? (int)(c.count - i) : TILE_QUERIES;
                add_block(&b, steps, width, begin, i, rows, &c);
            }
        }
    }
    write(a, kv_head, from, width, &c);
}
