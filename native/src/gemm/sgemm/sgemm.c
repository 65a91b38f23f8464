/*
 * The f32 GEMM op of a ggml graph.
 *
 * dst(i, j) = sum over k of A(i, k) B(j, k), A of src[0] and B of src[1]; i is the contiguous dimension of
 * dst. A block of A is packed into the L2 cache, then B strip by strip, and tiles of dst are computed from
 * both. k is always cut at the same places and each element is summed in the order of k, so the result has
 * the same bits for any number of threads and any tile.
 */
#include "sgemm.h"

#include "cpu/dispatch.h"
#include "myelin.h"
#include "runtime/compute.h"

/** The buffers of a thread. Not on the stack, because Java threads have small ones. */
typedef struct {
    _Alignas(64) float a[SGEMM_MAX_BLOCK * SGEMM_K_BLOCK];
    _Alignas(64) float b[SGEMM_STRIP * SGEMM_K_BLOCK];
    _Alignas(64) float edge[SGEMM_MAX_ROWS * SGEMM_MAX_COLUMNS];
} workspace;

static _Thread_local workspace packed;

static int64_t min(int64_t a, int64_t b) {
    return a < b ? a : b;
}

static int64_t ceil_div(int64_t values, int64_t by) {
    return (values + by - 1) / by;
}

typedef struct {
    int64_t from;
    int64_t to;
} range;

/** Part index of parts, all of about the same size. */
static range split(int64_t total, int64_t index, int64_t parts) {
    return (range){total * index / parts, total * (index + 1) / parts};
}

/** A GEMM and how it is cut. Panels of columns are numbered through all matrices of dst. */
typedef struct {
    const sgemm_table *table;
    const struct ggml_tensor *a;
    const struct ggml_tensor *b;
    struct ggml_tensor *dst;
    sgemm_strides a_strides;
    sgemm_strides b_strides;
    int64_t n;
    int64_t m;
    int64_t k;
    int64_t k_block;    /* products that are summed at a time */
    int64_t panels;     /* of columns, of one matrix */
    int64_t matrices;   /* of dst */
    int64_t broadcast2; /* consecutive matrices with the same A */
    int64_t broadcast3;
} sgemm_plan;

static sgemm_plan make_plan(const sgemm_table *table, struct ggml_tensor *dst, int32_t kind) {
    const struct ggml_tensor *a = dst->src[0];
    const struct ggml_tensor *b = dst->src[1];
    /* the dimension that is summed over, and the other one */
    const int inner = kind == MYELIN_SGEMM_MUL_MAT ? 0 : 1;
    const int outer = 1 - inner;
    const int64_t k = a->ne[inner];
    return (sgemm_plan){
        .table = table,
        .a = a,
        .b = b,
        .dst = dst,
        .a_strides = {a->nb[outer], a->nb[inner]},
        .b_strides = {b->nb[outer], b->nb[inner]},
        .n = dst->ne[0],
        .m = dst->ne[1],
        .k = k,
        .k_block = ceil_div(k, ceil_div(k, SGEMM_K_BLOCK)),
        .panels = ceil_div(dst->ne[1], table->columns),
        .matrices = dst->ne[2] * dst->ne[3],
        .broadcast2 = dst->ne[2] / a->ne[2],
        .broadcast3 = dst->ne[3] / a->ne[3],
    };
}

/** A matrix of a tensor. */
static char *matrix(const struct ggml_tensor *t, int64_t i2, int64_t i3) {
    return (char *)t->data + (size_t)i2 * t->nb[2] + (size_t)i3 * t->nb[3];
}

/** Multiplies the packed block of A by the packed strip of B. */
static void multiply_packed(const sgemm_plan *p, float *c, size_t stride, int64_t rows, int64_t columns,
                            int64_t k_block, bool add) {
    const sgemm_table *t = p->table;
    for (int64_t j = 0; j < columns; j += t->columns) {
        const int width = (int)min(t->columns, columns - j);
        for (int64_t i = 0; i < rows; i += t->rows) {
            const int height = (int)min(t->rows, rows - i);
            const float *a = packed.a + i * k_block;
            const float *b = packed.b + j * k_block;
            float *to = c + (size_t)j * stride + i;
            if (height % t->lanes == 0) {
                t->tile(k_block, a, b, to, stride, height, width, add);
                continue;
            }
            /* whole vectors would write beyond the end of the row */
            const int whole = (height / t->lanes + 1) * t->lanes;
            t->tile(k_block, a, b, packed.edge, (size_t)t->rows, whole, width, false);
            for (int y = 0; y < width; y++) {
                for (int x = 0; x < height; x++) {
                    const float sum = packed.edge[y * t->rows + x];
                    float *out = to + (size_t)y * stride + x;
                    *out = add ? *out + sum : sum;
                }
            }
        }
    }
}

/** Multiplies the packed block of A by panels of columns of one matrix. */
static void multiply_columns(const sgemm_plan *p, int64_t index, range panels, range rows, range k_range) {
    const int64_t i2 = index % p->dst->ne[2];
    const int64_t i3 = index / p->dst->ne[2];
    const size_t stride = p->dst->nb[1] / sizeof(float);
    float *c = (float *)(void *)matrix(p->dst, i2, i3) + rows.from;
    const char *b = matrix(p->b, i2, i3) + (size_t)k_range.from * p->b_strides.inner;
    const int64_t k_block = k_range.to - k_range.from;
    const int64_t end = min(panels.to * p->table->columns, p->m);
    for (int64_t j = panels.from * p->table->columns; j < end; j += SGEMM_STRIP) {
        const int64_t count = min(SGEMM_STRIP, end - j);
        sgemm_pack(packed.b, b + (size_t)j * p->b_strides.outer, p->b_strides, count, k_block,
                   p->table->columns);
        multiply_packed(p, c + (size_t)j * stride, stride, rows.to - rows.from, count, k_block,
                        k_range.from > 0);
    }
}

/** Multiplies rows of A by panels of consecutive matrices with the same A. */
static void multiply_panels(const sgemm_plan *p, range panels, range rows) {
    const int64_t first = panels.from / p->panels;
    const int64_t i2 = first % p->dst->ne[2] / p->broadcast2;
    const int64_t i3 = first / p->dst->ne[2] / p->broadcast3;
    const char *a = matrix(p->a, i2, i3);
    for (int64_t k = 0; k < p->k; k += p->k_block) {
        const range k_range = {k, min(k + p->k_block, p->k)};
        for (int64_t i = rows.from; i < rows.to; i += p->table->block) {
            const range block = {i, min(i + p->table->block, rows.to)};
            sgemm_pack(packed.a, a + (size_t)i * p->a_strides.outer + (size_t)k * p->a_strides.inner,
                       p->a_strides, block.to - i, k_range.to - k, p->table->rows);
            for (int64_t at = panels.from; at < panels.to;) {
                const int64_t index = at / p->panels;
                const int64_t start = index * p->panels;
                const int64_t end = min(start + p->panels, panels.to);
                multiply_columns(p, index, (range){at - start, end - start}, block, k_range);
                at = end;
            }
        }
    }
}

/**
 * The number of parts of the rows, a divisor of threads; the columns are cut into threads / parts. Minimises
 * the work of the busiest thread, in quarters of a cycle per k.
 */
static int64_t row_parts(const sgemm_plan *p, int32_t threads) {
    const sgemm_table *t = p->table;
    int64_t best = 1;
    int64_t least = INT64_MAX;
    for (int64_t parts = 1; parts <= threads; parts++) {
        if (threads % parts == 0) {
            const int64_t rows = ceil_div(ceil_div(p->n, t->rows), parts);
            const int64_t panels = ceil_div(p->panels * p->matrices, threads / parts);
            const int64_t packs = ceil_div(panels, p->panels * p->broadcast2);
            /* packing a value takes half a cycle; a cycle multiplies two vectors */
            const int64_t cost = 2 * rows * t->rows * panels * t->columns / t->lanes +
                                 2 * (rows * t->rows * packs + panels * t->columns);
            if (cost < least) {
                least = cost;
                best = parts;
            }
        }
    }
    return best;
}

/** Matrices of one element with contiguous operands: dot products, without packing. */
static void dot_products(const sgemm_plan *p, int32_t thread, int32_t threads) {
    const range own = split(p->matrices, thread, threads);
    for (int64_t index = own.from; index < own.to; index++) {
        const int64_t i2 = index % p->dst->ne[2];
        const int64_t i3 = index / p->dst->ne[2];
        const float *x = (const void *)matrix(p->a, i2 / p->broadcast2, i3 / p->broadcast3);
        const float *y = (const void *)matrix(p->b, i2, i3);
        *(float *)(void *)matrix(p->dst, i2, i3) = sgemm_dot(p->k, x, y);
    }
}

void sgemm_compute(const sgemm_table *table, struct ggml_tensor *dst, int32_t thread, int32_t threads,
                   int32_t kind) {
    const sgemm_plan p = make_plan(table, dst, kind);
    if (p.n == 1 && p.m == 1 && p.a_strides.inner == sizeof(float) && p.b_strides.inner == sizeof(float)) {
        dot_products(&p, thread, threads);
        return;
    }
    const int64_t parts = row_parts(&p, threads);
    range rows = split(ceil_div(p.n, table->rows), thread % parts, parts);
    rows = (range){rows.from * table->rows, min(rows.to * table->rows, p.n)};
    const range panels = split(p.panels * p.matrices, thread / parts, threads / parts);
    if (rows.from >= rows.to) {
        return;
    }
    const int64_t panels_with_same_a = p.panels * p.broadcast2;
    for (int64_t at = panels.from; at < panels.to;) {
        const int64_t end = min((at / panels_with_same_a + 1) * panels_with_same_a, panels.to);
        multiply_panels(&p, (range){at, end}, rows);
        at = end;
    }
}

void myelin_op_sgemm(struct ggml_tensor *dst, int32_t thread, int32_t threads, void *kind) {
    const struct ggml_tensor *a = dst->src[0];
    const int64_t k = (intptr_t)kind == MYELIN_SGEMM_MUL_MAT ? a->ne[0] : a->ne[1];
    if (spread(myelin_op_sgemm, dst, threads, kind, elements(dst) * k / 16)) {
        return;
    }
    sgemm_compute(sgemm_in_use(), dst, thread, threads, (int32_t)(intptr_t)kind);
}
