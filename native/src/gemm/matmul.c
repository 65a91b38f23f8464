/* The kernels as nodes of a ggml graph: functions of the type ggml_custom_op_t. */

#include <assert.h>
#include <stddef.h>
#include <string.h>

#include "cpu/dispatch.h"
#include "myelin.h"
#include "runtime/ggml_tensor.h"
#include "runtime/work_queue.h"

_Static_assert(WORK_MULTIPLE == PANELS * COLUMNS, "threads take whole groups of rows");

int32_t myelin_activation_format(int32_t type) {
    const int served = type >= 0 && type < TYPE_COUNT && kernels_in_use() != NULL;
    return served ? (int32_t)kernel_types[type].format : ACTIVATIONS_NONE;
}

void kernel_product(const isa_kernels *isa, const product *p, int64_t from, int64_t to) {
    if (kernel_types[p->type].format == ACTIVATIONS_F32) {
        float_product(isa->float_gemm, p, from, to);
    } else {
        quantized_product(isa->quantized_gemm, p, from, to);
    }
}

/** Matrices that multiply the same rows: what they give lies one after the other. */
typedef struct {
    int count;
    int64_t rows; /* of all */
    int64_t begin[MYELIN_MAX_MATRICES + 1];
    product of[MYELIN_MAX_MATRICES];
} matrices;

/** What Java has checked: weights of this format's, and rows in it. */
static void assert_rows(const struct ggml_tensor *w, const struct ggml_tensor *x, int32_t format) {
    (void)w;
    (void)x;
    (void)format;
    assert(format != ACTIVATIONS_NONE && myelin_activation_format(w->type) == format);
    assert(myelin_activation_row_bytes(format, w->ne[0]) > 0);
    assert(w->nb[1] >= kernel_row_bytes(&kernel_types[w->type], w->ne[0]));
    assert(x->ne[0] ==
           (format == ACTIVATIONS_F32 ? w->ne[0] : myelin_activation_row_bytes(format, w->ne[0])));
}

static void matrices_of(const struct ggml_tensor *dst, matrices *all) {
    memset(all, 0, sizeof *all);
    while (all->count < MYELIN_MAX_MATRICES && dst->src[all->count + 1] != NULL) {
        all->count++;
    }
    const struct ggml_tensor *x = dst->src[all->count];
    for (int i = 0; i < all->count; i++) {
        const struct ggml_tensor *w = dst->src[i];
        assert_rows(w, x, myelin_activation_format(dst->src[0]->type));
        all->of[i] = (product){
            .type = w->type,
            .k = w->ne[0],
            .weights = w->data,
            .stride = w->nb[1],
            .x = x->data,
            .floats = {.data = x->data, .stride = x->nb[1], .used = 1},
            .positions = x->ne[1],
            .y = (float *)dst->data + all->rows * x->ne[1],
            .position_stride = w->ne[1],
        };
        all->begin[i] = all->rows;
        all->rows += w->ne[1];
    }
    all->begin[all->count] = all->rows;
    assert(all->count > 0 && dst->ne[0] * dst->ne[1] == all->rows * x->ne[1]);
}

static int matrix_of(const matrices *all, int64_t row) {
    int i = 0;
    while (row >= all->begin[i + 1]) {
        i++;
    }
    return i;
}

static const char *weights_of(const matrices *all, int64_t row) {
    const int i = matrix_of(all, row);
    return all->of[i].weights + (size_t)(row - all->begin[i]) * all->of[i].stride;
}

static void multiply_rows(matrices *all, int64_t from, int64_t to, int64_t next) {
    while (from < to) {
        const int i = matrix_of(all, from);
        const int64_t end = to < all->begin[i + 1] ? to : all->begin[i + 1];
        all->of[i].next = weights_of(all, end < to ? end : next);
        kernel_product(kernels_in_use(), &all->of[i], from - all->begin[i], end - all->begin[i]);
        from = end;
    }
}

void myelin_op_matmul(struct ggml_tensor *dst, int32_t thread, int32_t threads, void *shared) {
    (void)thread;
    work_queue *queue = shared;
    matrices all;
    matrices_of(dst, &all);
    /* where memory decides, rows are taken before they are due, so that it can be asked for them */
    const int early = all.of->positions <= kernels_in_use()->quantized_gemm->most_streamed;
    int64_t count;
    int64_t from = work_queue_take(queue, all.rows, threads, &count);
    while (from >= 0) {
        int64_t next_count = 0;
        int64_t next = early ? work_queue_take(queue, all.rows, threads, &next_count) : -1;
        multiply_rows(&all, from, from + count, next < 0 ? from : next);
        if (!early) {
            next = work_queue_take(queue, all.rows, threads, &next_count);
        }
        from = next;
        count = next_count;
    }
    work_queue_finish(queue, threads);
}
