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
    int16_t keys[CELLS * MOST_HEAD];   /* panels of cells: a step is two values */
    int16_t values[CELLS * MOST_HEAD]; /* panels of values: a step is two cells */
    float step[CELLS];                 /* of the key */
    float exponent[CELLS];             /* of the value */
    float inverse[CELLS];              /* 2^-exponent; 0 of cells that are not there */
} __attribute__((aligned(64))) block;

/** Queries and what they have gathered. */
typedef struct {
    int64_t count;
    int16_t q[MOST_NUMBERS]; /* [count][2 * steps] */
    float out[MOST_NUMBERS]; /* [count][width] */
    float step[MOST_QUERIES + LANES_COUNT];
    float most[MOST_QUERIES + LANES_COUNT]; /* the largest weight's logarithm, to base 2 */
    float sum[MOST_QUERIES];
    int64_t visible[MOST_QUERIES];
} __attribute__((aligned(64))) chunk;

/** A tile's weights of a block: numbers of 2^-WEIGHT_BITS, what they were divided by, their sum. */
typedef struct {
    int16_t p[TILE_QUERIES][CELLS];
    float most[LANES_COUNT];
    float sum[LANES_COUNT];
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
    const int width = attention_width(a->head);
    int16_t rows[CELLS * MOST_HEAD] __attribute__((aligned(64)));
    float most[CELLS] = {0};
    float squares[CELLS] = {0};
    float in_one[CELLS];
    for (int c = 0; c < count; c++) {
        measure_row(type, k + (size_t)c * a->k_cell, a->head, most + c, squares + c);
    }
    for (int c = 0; c < CELLS; c += LANES_COUNT) {
        choose_steps(most + c, squares + c, out->step + c, in_one + c);
    }
    for (int c = 0; c < count; c++) {
        fix_row(type, k + (size_t)c * a->k_cell, a->head, in_one[c], rows + c * width);
    }
    memset(rows + count * width, 0, (size_t)((CELLS - count) * width) * sizeof *rows);
    for (int c = 0; c < CELLS; c += PANEL_WIDTH) {
        pair_columns(rows + c * width, width, steps, out->keys + c * 2 * steps);
    }
}

/** After the keys: what is wrong with one is noted in the value's inverse. */
INLINE void read_values(const int32_t type, const attention *a, const char *v, int count, block *out) {
    const int width = attention_width(a->head);
    float most[CELLS] = {0};
    float squares[CELLS] = {0};
    float in_one[CELLS];
    for (int c = 0; c < count; c++) {
        measure_row(type, v + (size_t)c * a->v_cell, a->head, most + c, squares + c);
    }
    for (int c = 0; c < CELLS; c += LANES_COUNT) {
        choose_exponents(most + c, squares + c, out->exponent + c, out->inverse + c, in_one + c);
        const lanes wrong = lanes_multiply(lanes_load(out->step + c), lanes_all(0));
        const lanes inverse = lanes_add(lanes_load(out->inverse + c), wrong);
        lanes_store(out->inverse + c, lanes_first(count - c, inverse, 0));
    }
    for (int c = 0; c < CELLS; c += 2) {
        const char *row = v + (size_t)c * a->v_cell;
        for (int i = 0; i < width; i += LANES_COUNT) {
            lanes x[2] = {lanes_all(0), lanes_all(0)};
            for (int j = 0; j < 2 && c + j < count && i < a->head; j++) {
                const lanes value = row_lanes(type, row + (size_t)j * a->v_cell, i, a->head);
                /* the largest may round up to one more */
                x[j] = lanes_min(lanes_multiply(value, lanes_all(in_one[c + j])),
                                 lanes_all((1 << VALUE_BITS) - 1));
            }
            int16_t *columns = out->values + i / PANEL_WIDTH * PANEL_WIDTH * CELLS;
            lanes_round_pairs(x[0], x[1], columns + c * PANEL_WIDTH + 2 * (i % PANEL_WIDTH));
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
INLINE void soften(const int all, int32_t (*s)[TILE_QUERIES][PANEL_WIDTH], int r, float step, const block *b,
                   int seen, weights *out) {
    lanes t[CELLS / LANES_COUNT];
    lanes most = lanes_all(-INFINITY);
    lanes sum = lanes_all(0);
#pragma GCC unroll 4
    for (int j = 0; j < CELLS / LANES_COUNT; j++) {
        const int i = j * LANES_COUNT;
        const lanes dot =
            lanes_multiply(lanes_of_int(&s[i / PANEL_WIDTH][r][i % PANEL_WIDTH]), lanes_all(step));
        t[j] = lanes_fma(dot, lanes_load(b->step + i), lanes_load(b->exponent + i));
        t[j] = all ? t[j] : lanes_first(seen - i, t[j], -INFINITY);
        most = lanes_max(t[j], most);
    }
    out->most[r] = lanes_largest(most);
#pragma GCC unroll 4
    for (int j = 0; j < CELLS / LANES_COUNT; j++) {
        const int i = j * LANES_COUNT;
        const lanes inverse = lanes_load(b->inverse + i);
        const lanes e = power_of_two(lanes_subtract(t[j], lanes_all(out->most[r])));
        sum = lanes_fma(e, all ? inverse : lanes_first(seen - i, inverse, 0), sum);
        lanes_round(lanes_multiply(e, lanes_all(1 << WEIGHT_BITS)), out->p[r] + i);
    }
    out->sum[r] = lanes_sum(sum);
}

/** The larger weight, and what counts what was gathered before and what is now. */
INLINE void weigh(float *most, const weights *w, float *before, float *now) {
    const lanes old = lanes_load(most);
    const lanes new = lanes_load(w->most);
    const lanes top = lanes_max(new, old);
    lanes_store(before, power_of_two(lanes_subtract(old, top)));
    lanes_store(now, power_of_two(lanes_subtract(new, top)));
    lanes_store(most, top);
}

/** Adds to what some queries have gathered the cells of a block, the first of which is begin. */
static void gather(const block *b, int steps, int width, int64_t begin, int64_t first, int rows, chunk *c) {
    int32_t s[CELLS / PANEL_WIDTH][TILE_QUERIES][PANEL_WIDTH] __attribute__((aligned(64)));
    weights w __attribute__((aligned(64)));
    float before[LANES_COUNT];
    float now[LANES_COUNT];
    const int16_t *q = c->q + first * 2 * steps;
    for (int i = 0; i < CELLS / PANEL_WIDTH; i++) {
        multiply(rows, q, 2 * steps, steps, b->keys + i * PANEL_WIDTH * 2 * steps, s[i][0]);
    }
    for (int r = 0; r < LANES_COUNT; r++) {
        w.most[r] = -INFINITY;
    }
    for (int r = 0; r < rows; r++) {
        const int64_t seen = c->visible[first + r] - begin;
        if (seen >= CELLS) {
            soften(1, s, r, c->step[first + r], b, CELLS, &w);
        } else {
            soften(0, s, r, c->step[first + r], b, (int)seen, &w);
        }
    }
    weigh(c->most + first, &w, before, now);
    for (int r = 0; r < rows; r++) {
        c->sum[first + r] = fmaf(c->sum[first + r], before[r], w.sum[r] * now[r]);
    }
    for (int i = 0; i < width; i += PANEL_WIDTH) {
        multiply(rows, w.p[0], CELLS, CELLS / 2, b->values + i * CELLS, s[0][0]);
        for (int r = 0; r < rows; r++) {
            float *out = c->out + (first + r) * width + i;
            const lanes old = lanes_all(before[r]);
            const lanes unit = lanes_all(now[r] * 0x1p-25f); /* of WEIGHT_BITS and VALUE_BITS */
#pragma GCC unroll 2
            for (int j = 0; j < PANEL_WIDTH; j += LANES_COUNT) {
                const lanes added = lanes_multiply(lanes_of_int(&s[0][r][j]), unit);
                lanes_store(out + j, lanes_fma(lanes_load(out + j), old, added));
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
    for (int64_t i = 0; i < c->count; i += LANES_COUNT) {
        const int64_t n = c->count - i < LANES_COUNT ? c->count - i : LANES_COUNT;
        float most[LANES_COUNT] = {0};
        float squares[LANES_COUNT] = {0};
        float in_one[LANES_COUNT];
        for (int64_t j = 0; j < n; j++) {
            measure_row(TYPE_F32, query_row(a, kv_head, from + i + j), a->head, most + j, squares + j);
        }
        choose_steps(most, squares, c->step + i, in_one);
        for (int64_t j = 0; j < n; j++) {
            int16_t row[MOST_HEAD];
            fix_row(TYPE_F32, query_row(a, kv_head, from + i + j), a->head, in_one[j], row);
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
        float *out = a->out + ((from + i) / group * a->heads + head) * a->head;
        const float share = 1 / c->sum[i];
        for (int j = 0; j < a->head; j++) {
            out[j] = c->out[i * width + j] * share;
        }
    }
}

void NAME(const attention *a, int64_t kv_head, int64_t from, int64_t to) {
    chunk c;
    block b;
    const int width = attention_width(a->head);
    const int steps = (a->head + 1) / 2;
    int64_t furthest[MOST_QUERIES / TILE_QUERIES + 1] = {0};
    int64_t end = 0;
    c.count = to - from;
    memset(c.out, 0, (size_t)(c.count * width) * sizeof *c.out);
    read_queries(a, kv_head, from, steps, &c);
    for (int64_t i = 0; i < c.count; i++) {
        int64_t *tile_end = &furthest[i / TILE_QUERIES];
        *tile_end = c.visible[i] > *tile_end ? c.visible[i] : *tile_end;
        end = *tile_end > end ? *tile_end : end;
    }
    for (int64_t begin = 0; begin < end; begin += CELLS) {
        const int count = end - begin < CELLS ? (int)(end - begin) : CELLS;
        read_block(a, kv_head, begin, count, steps, &b);
        for (int64_t i = 0; i < c.count; i += TILE_QUERIES) {
            if (furthest[i / TILE_QUERIES] > begin) {
                const int rows = c.count - i < TILE_QUERIES ? (int)(c.count - i) : TILE_QUERIES;
                gather(&b, steps, width, begin, i, rows, &c);
            }
        }
    }
    write(a, kv_head, from, width, &c);
}
