/* The loops of the quantised GEMM: which K-blocks of W are packed when, and multiplied by what. */
#include <string.h>

#include "gemm/gemm.h"

enum {
    MAX_STRIPS = 4, /* strips that share a pass over X */
};

/** A pass: at most MAX_STRIPS strips and at most MAX_N rows of X. */
typedef struct {
    const quantized_gemm_table *table;
    const gemm_args *args;
    const weight_type *type;
    float *sums;        /* [strips][n][STRIP_ROWS] */
    const char *next_w; /* what is read after the pass */
} pass;

static const char *row_at(const pass *p, int64_t row) {
    return p->args->w + (size_t)row * p->args->w_stride;
}

/** A K-block of 16 rows of W; a copy if there are fewer rows, the missing ones are zeros. */
typedef struct {
    const char *w;
    size_t stride;
    char copies[PANEL_ROWS][MAX_K_BLOCK_BYTES];
} panel_rows;

static void take_rows(const pass *p, const char *w, int64_t rows, int blocks, panel_rows *out) {
    out->w = w;
    out->stride = p->args->w_stride;
    if (rows < PANEL_ROWS) {
        const size_t bytes = weight_row_bytes(p->type, 32 * blocks);
        memset(out->copies, 0, sizeof out->copies);
        for (int64_t i = 0; i < rows; i++) {
            memcpy(out->copies[i], w + (size_t)i * p->args->w_stride, bytes);
        }
        out->w = out->copies[0];
        out->stride = MAX_K_BLOCK_BYTES;
    }
}

static void pack(const pass *p, const panel_rows *rows, int blocks, panel *out) {
    const pack_fn fast = p->table->pack[p->args->type];
    if (fast != NULL) {
        fast(rows->w, rows->stride, blocks, out);
    } else {
        pack_panel_by_row(p->type, rows->w, rows->stride, blocks, out);
    }
}

/**
 * Adds the products of K-block kb of a strip and of rows [first, first + n) of X; prefetches as many bytes
 * as it reads, from next_w on.
 */
static void add_k_block(const pass *p, int64_t row, int64_t rows, const char *next_w, int64_t kb,
                        int64_t first, int64_t n, float *sums) {
    panel panels[PANELS];
    const int64_t left = p->args->k - kb * K_BLOCK;
    const int blocks = left < K_BLOCK ? (int)(left / 32) : BLOCKS;
    const size_t k_block_bytes = weight_row_bytes(p->type, K_BLOCK);
    const char *w = row_at(p, row) + (size_t)kb * k_block_bytes;
    const activation_block *x = p->args->x + kb * p->args->n + first;
    const gemv_fn gemv = n <= p->table->max_gemv_n ? p->table->gemv[p->args->type] : NULL;
    for (int i = 0; i < PANELS; i++) {
        /* a strip of less than half its rows takes the first ones twice */
        const int64_t begin = rows > i * PANEL_ROWS ? i * PANEL_ROWS : 0;
        panel_rows of;
        take_rows(p, w + (size_t)begin * p->args->w_stride, rows - begin, blocks, &of);
        if (gemv != NULL) {
            for (int64_t j = 0; j < n; j += p->table->gemv_n) {
                const int64_t rest = n - j;
                const int count = rest < p->table->gemv_n ? (int)rest : p->table->gemv_n;
                gemv(of.w, of.stride, blocks, next_w + (size_t)i * PANEL_ROWS * k_block_bytes, x + j, count,
                     sums + j * STRIP_ROWS + i * PANEL_ROWS);
            }
        } else {
            pack(p, &of, blocks, panels + i);
        }
    }
    if (gemv == NULL) {
        const prefetch_range next = {next_w, STRIP_ROWS * k_block_bytes};
        p->table->multiply[p->type->panel](panels, x, n, blocks, p->type->zero_shift, next, sums);
    }
}

static void store(const pass *p, int64_t row, int64_t rows, int64_t first, int64_t n, const float *sums) {
    for (int64_t j = 0; j < n; j++) {
        float *y = p->args->y + scatter_row(p->args, first + j) * p->args->y_stride + row;
        memcpy(y, sums + j * STRIP_ROWS, (size_t)rows * sizeof *y);
    }
}

static void run_pass(const pass *p, int64_t from, int64_t to, int64_t first, int64_t n) {
    const int64_t strips = (to - from + STRIP_ROWS - 1) / STRIP_ROWS;
    const int64_t size = n * STRIP_ROWS;
    const size_t k_block_bytes = STRIP_ROWS * weight_row_bytes(p->type, K_BLOCK);
    const char *next_w = p->next_w;
    memset(p->sums, 0, (size_t)(strips * size) * sizeof *p->sums);
    for (int64_t kb = 0; kb < k_block_count(p->args->k); kb++) {
        /* the next pass is contiguous and prefetched in the order of memory */
        for (int64_t s = 0; s < strips; s++, next_w += k_block_bytes) {
            const int64_t row = from + s * STRIP_ROWS;
            const int64_t rows = to - row < STRIP_ROWS ? to - row : STRIP_ROWS;
            add_k_block(p, row, rows, next_w, kb, first, n, p->sums + s * size);
        }
    }
    for (int64_t s = 0; s < strips; s++) {
        const int64_t row = from + s * STRIP_ROWS;
        store(p, row, to - row < STRIP_ROWS ? to - row : STRIP_ROWS, first, n, p->sums + s * size);
    }
}

void quantized_gemm(const quantized_gemm_table *table, const gemm_args *args, int64_t from, int64_t to) {
    if (table->by_row != NULL && args->n <= table->by_row[args->type].max_n) {
        table->by_row[args->type].multiply(args, from, to);
        return;
    }
    float sums[MAX_STRIPS * MAX_N * STRIP_ROWS] __attribute__((aligned(64)));
    pass p = {table, args, &weight_types[args->type], sums, NULL};
    /* few rows of X are in the L2 cache: strips that share a pass would only be read out of order */
    const int64_t step = args->n <= SKINNY_N ? STRIP_ROWS : MAX_STRIPS * STRIP_ROWS;
    for (int64_t row = from; row < to; row += step) {
        p.next_w = row + step < to ? row_at(&p, row + step) : args->next_w;
        for (int64_t j = 0; j < args->n; j += MAX_N) {
            const int64_t n = args->n - j < MAX_N ? args->n - j : MAX_N;
            run_pass(&p, row, row + step < to ? row + step : to, j, n);
        }
    }
}
