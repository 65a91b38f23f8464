/* A product's way through memory: which rows of W are unpacked when, and multiplied by what. */
#include <string.h>

#include "gemm/gemm.h"

enum {
    GROUP = PANELS * COLUMNS, /* rows of W that are multiplied together */
    MOST_GROUPS = 4,          /* groups that share a pass over the activations */
    MOST_SEGMENT_BYTES = 272, /* of a row: q8_0's */
};

/** A run of rows, at most MOST_GROUPS groups, and where their sums are. */
typedef struct {
    const kernel_table *table;
    const product *p;
    const kernel_type *type;
    float *sums;      /* [groups][positions][GROUP] */
    const char *next; /* what is read after the run */
} run;

static const char *row_at(const run *r, int64_t row) {
    return r->p->weights + (size_t)row * r->p->stride;
}

/** 16 rows of a segment, which may be copies of fewer; what stands for missing ones is not used. */
typedef struct {
    const char *w;
    size_t stride;
    char copies[COLUMNS][MOST_SEGMENT_BYTES];
} sixteen;

static void take_rows_of(const run *r, const char *w, int64_t rows, int blocks, sixteen *out) {
    out->w = w;
    out->stride = r->p->stride;
    if (rows < COLUMNS) {
        const size_t bytes = kernel_row_bytes(r->type, 32 * blocks);
        memset(out->copies, 0, sizeof out->copies);
        for (int64_t i = 0; i < rows; i++) {
            memcpy(out->copies[i], w + (size_t)i * r->p->stride, bytes);
        }
        out->w = out->copies[0];
        out->stride = MOST_SEGMENT_BYTES;
    }
}

static void unpack(const run *r, const sixteen *rows, int blocks, const char *ahead, panel *out) {
    const unpack_fn quick = r->table->unpack[r->p->type];
    if (quick != NULL) {
        quick(rows->w, rows->stride, blocks, ahead, out);
    } else {
        unpack_columns(r->type, rows->w, rows->stride, blocks, out);
    }
}

/** Sums of the group's rows with one segment of the positions. */
static void add_segment(const run *r, int64_t row, int64_t rows, const char *next, int64_t s, int64_t first,
                        int64_t positions, float *sums) {
    panel panels[PANELS];
    const int64_t left = r->p->k - s * SEGMENT;
    const int blocks = left < SEGMENT ? (int)(left / 32) : BLOCKS;
    const size_t segment_bytes = kernel_row_bytes(r->type, SEGMENT);
    const char *at = row_at(r, row) + (size_t)s * segment_bytes;
    const segment *x = r->p->x + s * r->p->positions + first;
    const stream_fn stream = positions <= r->table->most_streamed ? r->table->stream[r->p->type] : NULL;
    for (int i = 0; i < PANELS; i++) {
        /* a group of less than half its rows takes the first ones twice */
        const int64_t begin = rows > i * COLUMNS ? i * COLUMNS : 0;
        /* the group that follows is one run of memory, and asked for in its order */
        const char *ahead = next + (size_t)(s * PANELS + i) * COLUMNS * segment_bytes;
        sixteen of;
        take_rows_of(r, at + (size_t)begin * r->p->stride, rows - begin, blocks, &of);
        if (stream != NULL) {
            for (int64_t m = 0; m < positions; m += r->table->streamed) {
                const int64_t rest = positions - m;
                const int n = rest < r->table->streamed ? (int)rest : r->table->streamed;
                stream(of.w, of.stride, blocks, ahead, x + m, n, sums + m * GROUP + i * COLUMNS);
            }
        } else {
            unpack(r, &of, blocks, ahead, panels + i);
        }
    }
    if (stream == NULL) {
        r->table->multiply[r->type->kind](panels, x, positions, blocks, r->type->zero_shift, sums);
    }
}

static void store(const run *r, int64_t row, int64_t rows, int64_t first, int64_t positions,
                  const float *sums) {
    for (int64_t m = 0; m < positions; m++) {
        float *y = r->p->y + place_of(r->p, first + m) * r->p->position_stride + row;
        memcpy(y, sums + m * GROUP, (size_t)rows * sizeof *y);
    }
}

static void multiply_run(const run *r, int64_t from, int64_t to, int64_t first, int64_t positions) {
    const int64_t groups = (to - from + GROUP - 1) / GROUP;
    const int64_t size = positions * GROUP;
    memset(r->sums, 0, (size_t)(groups * size) * sizeof *r->sums);
    for (int64_t s = 0; s < segment_count(r->p->k); s++) {
        for (int64_t g = 0; g < groups; g++) {
            const int64_t row = from + g * GROUP;
            const int64_t rows = to - row < GROUP ? to - row : GROUP;
            const char *next = g + 1 < groups ? row_at(r, row + GROUP) : r->next;
            add_segment(r, row, rows, next, s, first, positions, r->sums + g * size);
        }
    }
    for (int64_t g = 0; g < groups; g++) {
        const int64_t row = from + g * GROUP;
        store(r, row, to - row < GROUP ? to - row : GROUP, first, positions, r->sums + g * size);
    }
}

void quantized_product(const kernel_table *table, const product *p, int64_t from, int64_t to) {
    float sums[MOST_GROUPS * MOST_POSITIONS * GROUP] __attribute__((aligned(64)));
    run r = {table, p, &kernel_types[p->type], sums, NULL};
    /* with few positions, rows that are read once are best read in their order */
    const int64_t step = p->positions <= 2 * BLOCKS ? GROUP : MOST_GROUPS * GROUP;
    for (int64_t row = from; row < to; row += step) {
        r.next = row + step < to ? row_at(&r, row + step) : p->next;
        for (int64_t m = 0; m < p->positions; m += MOST_POSITIONS) {
            const int64_t positions = p->positions - m < MOST_POSITIONS ? p->positions - m : MOST_POSITIONS;
            multiply_run(&r, row, row + step < to ? row + step : to, m, positions);
        }
    }
}
