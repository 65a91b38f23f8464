/* The way of a product of floats through memory: which rows of W are read when, and multiplied by what. */
#include "float_gemm.h"

#include <string.h>

enum {
    MOST_GROUPS = 4, /* panels that are multiplied by the same copy of activations */
    STREAMED_PARTS =
        2, /* a panel is worth its while from more positions on than are streamed so many times */
    RUN_BYTES = FLOAT_RUN * sizeof(float),
};

/** What a thread works in. Not on the stack, because threads of Java have little of it. */
typedef struct {
    _Alignas(64) float panels[MOST_GROUPS][CHAINS * CHAIN_STRIDE];
    _Alignas(64) float sums[MOST_GROUPS * MOST_POSITIONS * FLOAT_ROWS];
    _Alignas(64) float x[FLOAT_POSITIONS][FLOAT_STRIDE];
    _Alignas(64) char copies[FLOAT_ROWS][RUN_BYTES + LINE_BYTES];
} workspace;

static _Thread_local workspace work;

/** Some positions of a product; their sums are [groups][positions][FLOAT_ROWS]. */
typedef struct {
    const float_table *table;
    const product *p;
    size_t bytes; /* of a weight */
    int64_t first;
    int64_t positions;
    const float *x[MOST_POSITIONS];
} run;

static int64_t min(int64_t a, int64_t b) {
    return a < b ? a : b;
}

static const char *row_of(const run *r, int64_t row, int64_t at) {
    return r->p->weights + (size_t)row * r->p->stride + (size_t)at * r->bytes;
}

/** Whether so many values are whole lines, which can be read where they are. */
static int whole_lines(const run *r, int64_t values) {
    return (size_t)values * r->bytes % LINE_BYTES == 0;
}

/** Copies of some rows' values, then zeroes up to a line; missing rows are zero. */
static void copy_rows(const run *r, int64_t row, int64_t rows, int64_t at, int64_t values) {
    const size_t used = (size_t)values * r->bytes;
    memset(work.copies, 0, sizeof work.copies);
    for (int64_t i = 0; i < rows; i++) {
        memcpy(work.copies[i], row_of(r, row + i, at), used);
    }
}

/** Copies of some positions' values, then zeroes up to the next step. */
static void copy_positions(const run *r, int64_t first, int64_t positions, int64_t at, int64_t values) {
    for (int64_t m = 0; m < positions; m++) {
        memcpy(work.x[m], r->x[first + m] + at, (size_t)values * sizeof(float));
        memset(work.x[m] + values, 0, CHAINS * sizeof(float));
    }
}

/* ---- few positions ---------------------------------------------------------------------------------- */

static void stream_group(const run *r, int64_t row, int64_t rows, float *sums) {
    const stream_floats_fn stream = r->table->stream[r->p->type];
    const int64_t k = r->p->k;
    /* a last run whose end is no whole line is copied */
    const int64_t whole = whole_lines(r, k) ? k : k - k % FLOAT_RUN;
    if (whole > 0) {
        stream(row_of(r, row, 0), r->p->stride, rows, whole, r->x, r->positions, sums);
    }
    if (whole < k) {
        const float *x[MOST_FLOATS_STREAMED];
        copy_rows(r, row, rows, whole, k - whole);
        copy_positions(r, 0, r->positions, whole, k - whole);
        for (int64_t m = 0; m < r->positions; m++) {
            x[m] = work.x[m];
        }
        const int64_t values = (k - whole + CHAINS - 1) / CHAINS * CHAINS;
        stream(work.copies[0], sizeof work.copies[0], rows, values, x, r->positions, sums);
    }
}

/* ---- panels ----------------------------------------------------------------------------------------- */

static void unpack(const run *r, int64_t row, int64_t rows, int64_t at, int64_t values, float *out) {
    const char *w = row_of(r, row, at);
    const size_t stride = r->p->stride;
    /* the group that follows is one run of memory, and asked for in its order */
    const char *ahead = row_of(r, row, 0) + FLOAT_ROWS * (stride + (size_t)at * r->bytes);
    float_rows of = {{w, w + COLUMNS * stride}, {stride, stride}, ahead};
    if (rows < FLOAT_ROWS || !whole_lines(r, values)) {
        const size_t apart = sizeof work.copies[0];
        copy_rows(r, row, rows, at, values);
        of = (float_rows){{work.copies[0], work.copies[COLUMNS]}, {apart, apart}, ahead};
    }
    r->table->unpack[r->p->type](&of, values, out);
}

static void multiply_groups(const run *r, int64_t from, int64_t to) {
    const int64_t groups = (to - from + FLOAT_ROWS - 1) / FLOAT_ROWS;
    for (int64_t at = 0; at < r->p->k; at += FLOAT_RUN) {
        const int64_t values = min(FLOAT_RUN, r->p->k - at);
        const int64_t steps = (values + CHAINS - 1) / CHAINS;
        for (int64_t g = 0; g < groups; g++) {
            const int64_t row = from + g * FLOAT_ROWS;
            unpack(r, row, min(to - row, FLOAT_ROWS), at, values, work.panels[g]);
        }
        for (int64_t m = 0, some; m < r->positions; m += some) {
            some = even_part(r->positions - m, FLOAT_POSITIONS);
            copy_positions(r, m, some, at, values);
            for (int64_t g = 0; g < groups; g++) {
                r->table->multiply(work.panels[g], work.x[0], some, steps,
                                   work.sums + (g * r->positions + m) * FLOAT_ROWS);
            }
        }
    }
}

/* ---- both ------------------------------------------------------------------------------------------- */

static void take_positions(run *r, int64_t first, int64_t positions) {
    const float_activations *x = &r->p->floats;
    r->first = first;
    r->positions = positions;
    for (int64_t m = 0; m < positions; m++) {
        const int64_t i = place_of(r->p, first + m);
        const size_t at = (size_t)(i / x->used) * x->stride + (size_t)(i % x->used) * x->slot_stride;
        r->x[m] = (const void *)(x->data + at);
    }
}

static void multiply_run(const run *r, int64_t from, int64_t to) {
    const int64_t size = r->positions * FLOAT_ROWS;
    const int64_t groups = (to - from + FLOAT_ROWS - 1) / FLOAT_ROWS;
    memset(work.sums, 0, (size_t)(groups * size) * sizeof *work.sums);
    if (r->positions > r->table->streamed) {
        multiply_groups(r, from, to);
    }
    for (int64_t g = 0; g < groups; g++) {
        const int64_t row = from + g * FLOAT_ROWS;
        const int64_t rows = min(to - row, FLOAT_ROWS);
        float *sums = work.sums + g * size;
        if (r->positions <= r->table->streamed) {
            stream_group(r, row, rows, sums);
        }
        for (int64_t m = 0; m < r->positions; m++) {
            float *y = r->p->y + place_of(r->p, r->first + m) * r->p->position_stride + row;
            memcpy(y, sums + m * FLOAT_ROWS, (size_t)rows * sizeof *y);
        }
    }
}

void float_product(const float_table *table, const product *p, int64_t from, int64_t to) {
    run r = {.table = table, .p = p, .bytes = kernel_types[p->type].bytes};
    const int streamed = table->unpack[p->type] == NULL || p->positions <= STREAMED_PARTS * table->streamed;
    const int64_t most = streamed ? even_part(p->positions, table->streamed) : MOST_POSITIONS;
    /* rows that are read again should still be in the second cache */
    const int64_t step = streamed ? FLOAT_ROWS : MOST_GROUPS * FLOAT_ROWS;
    for (int64_t row = from; row < to; row += step) {
        for (int64_t m = 0; m < p->positions; m += most) {
            take_positions(&r, m, min(p->positions - m, most));
            multiply_run(&r, row, min(row + step, to));
        }
    }
}
