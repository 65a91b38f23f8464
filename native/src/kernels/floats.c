/* The way of a product of floats through memory: which rows of W are read when, and multiplied by what. */
#include "floats.h"

#include <string.h>

enum {
    MOST_GROUPS = 4, /* groups of rows that share a copy of the activations */
    SEGMENT_BYTES = FLOAT_SEGMENT * sizeof(float),
};

/** A run of rows, at most MOST_GROUPS groups, some positions, and where their sums are. */
typedef struct {
    const float_table *table;
    const product *p;
    int64_t first;
    int64_t positions;
    const float *x[MOST_POSITIONS];
    float *sums; /* [groups][positions][FLOAT_ROWS] */
} run;

static int64_t min(int64_t a, int64_t b) {
    return a < b ? a : b;
}

static int64_t place_of(const product *p, int64_t position) {
    return p->places == NULL ? position : p->places[position];
}

/** Where values are cut: so many at most, whole lines, then what is less than a line. */
static int64_t values_from(const run *r, int64_t at, int64_t most) {
    const int64_t line = LINE_BYTES / (int64_t)kernel_types[r->p->type].bytes;
    const int64_t whole = r->p->k - r->p->k % line;
    return at < whole ? min(most, whole - at) : r->p->k - at;
}

/** Values of rows; copies where rows or their last line are not whole, whose missing ones are zero. */
static float_rows rows_of(const run *r, int64_t row, int64_t rows, int64_t at, int64_t values,
                          char copies[FLOAT_ROWS][SEGMENT_BYTES]) {
    const size_t bytes = kernel_types[r->p->type].bytes;
    const size_t stride = r->p->stride;
    const char *group = r->p->weights + (size_t)row * stride;
    const char *w = group + (size_t)at * bytes;
    /* the group that follows is one run of memory, and asked for in its order */
    const char *ahead = group + FLOAT_ROWS * (stride + (size_t)at * bytes);
    const size_t used = (size_t)values * bytes;
    if (rows == FLOAT_ROWS && used % LINE_BYTES == 0) {
        return (float_rows){{w, w + COLUMNS * stride}, {stride, stride}, ahead};
    }
    memset(copies, 0, FLOAT_ROWS * SEGMENT_BYTES);
    for (int64_t i = 0; i < rows; i++) {
        memcpy(copies[i], w + (size_t)i * stride, used);
    }
    return (float_rows){{copies[0], copies[COLUMNS]}, {SEGMENT_BYTES, SEGMENT_BYTES}, ahead};
}

static void stream_group(const run *r, int64_t row, int64_t rows, float *sums) {
    char copies[FLOAT_ROWS][SEGMENT_BYTES];
    const float *x[MOST_STREAMED];
    /* whole rows in one go; copies have room for a segment */
    const int64_t most = rows == FLOAT_ROWS ? r->p->k : FLOAT_SEGMENT;
    for (int64_t at = 0, values; at < r->p->k; at += values) {
        values = values_from(r, at, most);
        const float_rows of = rows_of(r, row, rows, at, values, copies);
        for (int64_t m = 0; m < r->positions; m++) {
            x[m] = r->x[m] + at;
        }
        r->table->stream[r->p->type](&of, values, x, (int)r->positions, sums);
    }
}

/** All groups by a panel each, segment by segment, so that activations are copied once. */
static void multiply_groups(const run *r, int64_t from, int64_t to) {
    char copies[FLOAT_ROWS][SEGMENT_BYTES];
    float_panel widened __attribute__((aligned(64)));
    float_positions x;
    for (int64_t at = 0, values; at < r->p->k; at += values) {
        values = values_from(r, at, FLOAT_SEGMENT);
        for (int64_t m = 0; m < r->positions; m++) {
            memcpy(x[m], r->x[m] + at, (size_t)values * sizeof(float));
        }
        float *sums = r->sums;
        for (int64_t row = from; row < to; row += FLOAT_ROWS, sums += r->positions * FLOAT_ROWS) {
            const float_rows of = rows_of(r, row, min(to - row, FLOAT_ROWS), at, values, copies);
            r->table->unpack[r->p->type](&of, values, widened);
            r->table->multiply(widened[0], x[0], r->positions, values, sums);
        }
    }
}

static void store(const run *r, int64_t row, int64_t rows, const float *sums) {
    for (int64_t m = 0; m < r->positions; m++) {
        float *y = r->p->y + place_of(r->p, r->first + m) * r->p->position_stride + row;
        memcpy(y, sums + m * FLOAT_ROWS, (size_t)rows * sizeof *y);
    }
}

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
    memset(r->sums, 0, (size_t)(groups * size) * sizeof *r->sums);
    if (r->positions <= MOST_STREAMED && r->table->stream[r->p->type] != NULL) {
        for (int64_t g = 0; g < groups; g++) {
            const int64_t row = from + g * FLOAT_ROWS;
            stream_group(r, row, min(to - row, FLOAT_ROWS), r->sums + g * size);
        }
    } else {
        multiply_groups(r, from, to);
    }
    for (int64_t g = 0; g < groups; g++) {
        const int64_t row = from + g * FLOAT_ROWS;
        store(r, row, min(to - row, FLOAT_ROWS), r->sums + g * size);
    }
}

void float_product(const float_table *table, const product *p, int64_t from, int64_t to) {
    float sums[MOST_GROUPS * MOST_POSITIONS * FLOAT_ROWS] __attribute__((aligned(64)));
    run r = {.table = table, .p = p, .sums = sums};
    /* with few positions, rows that are read once are best read in their order */
    const int64_t step = p->positions < 16 ? FLOAT_ROWS : MOST_GROUPS * FLOAT_ROWS;
    for (int64_t row = from; row < to; row += step) {
        for (int64_t m = 0; m < p->positions; m += MOST_POSITIONS) {
            take_positions(&r, m, min(p->positions - m, MOST_POSITIONS));
            multiply_run(&r, row, min(row + step, to));
        }
    }
}
