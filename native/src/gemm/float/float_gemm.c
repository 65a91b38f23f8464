/* The loops of the float GEMM: which K-blocks of W are read when, and multiplied by what. */
#include "float_gemm.h"

#include <string.h>

enum {
    MAX_STRIPS = 4,     /* panels that are multiplied by the same copy of X */
    MAX_GEMV_CALLS = 2, /* calls of gemv up to which it is faster than a panel */
    K_BLOCK_BYTES = FLOAT_K_BLOCK * sizeof(float),
};

/** The buffers of a thread. Not on the stack, because Java threads have small ones. */
typedef struct {
    _Alignas(64) float panels[MAX_STRIPS][PARTIAL_SUMS * PARTIAL_SUM_STRIDE];
    _Alignas(64) float sums[MAX_STRIPS * MAX_N * STRIP_ROWS];
    _Alignas(64) float x[FLOAT_TILE_N][X_STRIDE];
    _Alignas(64) char copies[STRIP_ROWS][K_BLOCK_BYTES + CACHE_LINE];
} workspace;

static _Thread_local workspace work;

/** A pass over some rows of X; its sums are [strips][n][STRIP_ROWS]. */
typedef struct {
    const float_gemm_table *table;
    const gemm_args *args;
    size_t weight_bytes;
    int64_t first;
    int64_t n;
    const float *x[MAX_N];
} pass;

static int64_t min(int64_t a, int64_t b) {
    return a < b ? a : b;
}

static const char *weight_at(const pass *p, int64_t row, int64_t k) {
    return p->args->w + (size_t)row * p->args->w_stride + (size_t)k * p->weight_bytes;
}

/** Whether the values are whole cache lines, which can be read in place. */
static int whole_lines(const pass *p, int64_t values) {
    return (size_t)values * p->weight_bytes % CACHE_LINE == 0;
}

/** Copies values of some rows of W, filled with zeros to a cache line; missing rows are zeros. */
static void copy_w(const pass *p, int64_t row, int64_t rows, int64_t k, int64_t values) {
    const size_t used = (size_t)values * p->weight_bytes;
    memset(work.copies, 0, sizeof work.copies);
    for (int64_t i = 0; i < rows; i++) {
        memcpy(work.copies[i], weight_at(p, row + i, k), used);
    }
}

/** Copies values of some rows of X, filled with zeros to the next step. */
static void copy_x(const pass *p, int64_t first, int64_t n, int64_t k, int64_t values) {
    for (int64_t j = 0; j < n; j++) {
        memcpy(work.x[j], p->x[first + j] + k, (size_t)values * sizeof(float));
        memset(work.x[j] + values, 0, PARTIAL_SUMS * sizeof(float));
    }
}

/* ---- small n ---------------------------------------------------------------------------------------- */

static void gemv_strip(const pass *p, int64_t row, int64_t rows, float *sums) {
    const float_gemv_fn gemv = p->table->gemv[p->args->type];
    const int64_t k = p->args->k;
    /* a last K-block that does not end at a cache line is copied */
    const int64_t whole = whole_lines(p, k) ? k : k - k % FLOAT_K_BLOCK;
    if (whole > 0) {
        gemv(weight_at(p, row, 0), p->args->w_stride, rows, whole, p->x, p->n, sums);
    }
    if (whole < k) {
        const float *x[MAX_FLOAT_GEMV_N];
        copy_w(p, row, rows, whole, k - whole);
        copy_x(p, 0, p->n, whole, k - whole);
        for (int64_t j = 0; j < p->n; j++) {
            x[j] = work.x[j];
        }
        const int64_t values = (k - whole + PARTIAL_SUMS - 1) / PARTIAL_SUMS * PARTIAL_SUMS;
        gemv(work.copies[0], sizeof work.copies[0], rows, values, x, p->n, sums);
    }
}

/* ---- panels ----------------------------------------------------------------------------------------- */

static void pack(const pass *p, int64_t row, int64_t rows, int64_t k, int64_t values, float *out) {
    const char *w = weight_at(p, row, k);
    const size_t stride = p->args->w_stride;
    /* the next strip is contiguous and prefetched in the order of memory */
    const char *prefetch = weight_at(p, row, 0) + STRIP_ROWS * (stride + (size_t)k * p->weight_bytes);
    float_strip strip = {{w, w + PANEL_ROWS * stride}, {stride, stride}, prefetch};
    if (rows < STRIP_ROWS || !whole_lines(p, values)) {
        const size_t copy_stride = sizeof work.copies[0];
        copy_w(p, row, rows, k, values);
        strip =
            (float_strip){{work.copies[0], work.copies[PANEL_ROWS]}, {copy_stride, copy_stride}, prefetch};
    }
    p->table->pack[p->args->type](&strip, values, out);
}

static void multiply_strips(const pass *p, int64_t from, int64_t to) {
    const int64_t strips = (to - from + STRIP_ROWS - 1) / STRIP_ROWS;
    for (int64_t k = 0; k < p->args->k; k += FLOAT_K_BLOCK) {
        const int64_t values = min(FLOAT_K_BLOCK, p->args->k - k);
        const int64_t steps = (values + PARTIAL_SUMS - 1) / PARTIAL_SUMS;
        for (int64_t s = 0; s < strips; s++) {
            const int64_t row = from + s * STRIP_ROWS;
            pack(p, row, min(to - row, STRIP_ROWS), k, values, work.panels[s]);
        }
        for (int64_t j = 0, n; j < p->n; j += n) {
            n = balanced_part(p->n - j, FLOAT_TILE_N);
            copy_x(p, j, n, k, values);
            for (int64_t s = 0; s < strips; s++) {
                p->table->multiply(work.panels[s], work.x[0], n, steps,
                                   work.sums + (s * p->n + j) * STRIP_ROWS);
            }
        }
    }
}

/* ---- both ------------------------------------------------------------------------------------------- */

static void select_x(pass *p, int64_t first, int64_t n) {
    const f32_rows *x = &p->args->x_f32;
    p->first = first;
    p->n = n;
    for (int64_t j = 0; j < n; j++) {
        const int64_t i = scatter_row(p->args, first + j);
        const size_t offset = (size_t)(i / x->used) * x->stride + (size_t)(i % x->used) * x->slot_stride;
        p->x[j] = (const void *)(x->data + offset);
    }
}

static void run_pass(const pass *p, int64_t from, int64_t to) {
    const int64_t size = p->n * STRIP_ROWS;
    const int64_t strips = (to - from + STRIP_ROWS - 1) / STRIP_ROWS;
    memset(work.sums, 0, (size_t)(strips * size) * sizeof *work.sums);
    if (p->n > p->table->gemv_n) {
        multiply_strips(p, from, to);
    }
    for (int64_t s = 0; s < strips; s++) {
        const int64_t row = from + s * STRIP_ROWS;
        const int64_t rows = min(to - row, STRIP_ROWS);
        float *sums = work.sums + s * size;
        if (p->n <= p->table->gemv_n) {
            gemv_strip(p, row, rows, sums);
        }
        for (int64_t j = 0; j < p->n; j++) {
            float *y = p->args->y + scatter_row(p->args, p->first + j) * p->args->y_stride + row;
            memcpy(y, sums + j * STRIP_ROWS, (size_t)rows * sizeof *y);
        }
    }
}

void float_gemm(const float_gemm_table *table, const gemm_args *args, int64_t from, int64_t to) {
    pass p = {.table = table, .args = args, .weight_bytes = weight_types[args->type].block_bytes};
    const int by_gemv = table->pack[args->type] == NULL || args->n <= MAX_GEMV_CALLS * table->gemv_n;
    const int64_t max = by_gemv ? balanced_part(args->n, table->gemv_n) : MAX_N;
    /* rows that are read again should still be in the L2 cache */
    const int64_t step = by_gemv ? STRIP_ROWS : MAX_STRIPS * STRIP_ROWS;
    for (int64_t row = from; row < to; row += step) {
        for (int64_t j = 0; j < args->n; j += max) {
            select_x(&p, j, min(args->n - j, max));
            run_pass(&p, row, min(row + step, to));
        }
    }
}
