/* The matmul op of a ggml graph. */
#include <assert.h>
#include <stddef.h>
#include <string.h>

#include "cpu/dispatch.h"
#include "myelin.h"
#include "runtime/compute.h"
#include "runtime/ggml_tensor.h"
#include "runtime/weight_stream.h"
#include "runtime/work_queue.h"

_Static_assert((int)WORK_MULTIPLE == (int)STRIP_ROWS, "threads take whole strips");

int32_t myelin_activation_format(int32_t type) {
    const int supported = type >= 0 && type < TYPE_COUNT && kernels_in_use() != NULL;
    return supported ? (int32_t)weight_types[type].activations : ACTIVATIONS_NONE;
}

void gemm(const isa_kernels *isa, const gemm_args *args, int64_t from, int64_t to) {
    if (weight_types[args->type].activations == ACTIVATIONS_F32) {
        float_gemm(isa->float_gemm, args, from, to);
    } else {
        quantized_gemm(isa->quantized_gemm, args, from, to);
    }
}

/** The GEMMs of one node: several W with the same X. Their rows are numbered through. */
typedef struct {
    int count;
    int64_t rows; /* of all W */
    int64_t first_row[MYELIN_MAX_MATRICES + 1];
    gemm_args args[MYELIN_MAX_MATRICES];
} gemm_list;

/** Java has checked these conditions. */
static void assert_shapes(const struct ggml_tensor *w, const struct ggml_tensor *x, int32_t format) {
    (void)w;
    (void)x;
    (void)format;
    assert(format != ACTIVATIONS_NONE && myelin_activation_format(w->type) == format);
    assert(myelin_activation_row_bytes(format, w->ne[0]) > 0);
    assert(w->nb[1] >= weight_row_bytes(&weight_types[w->type], w->ne[0]));
    assert(x->ne[0] ==
           (format == ACTIVATIONS_F32 ? w->ne[0] : myelin_activation_row_bytes(format, w->ne[0])));
}

static void read_sources(const struct ggml_tensor *dst, gemm_list *list) {
    memset(list, 0, sizeof *list);
    while (list->count < MYELIN_MAX_MATRICES && dst->src[list->count + 1] != NULL) {
        list->count++;
    }
    const struct ggml_tensor *x = dst->src[list->count];
    for (int i = 0; i < list->count; i++) {
        const struct ggml_tensor *w = dst->src[i];
        assert_shapes(w, x, myelin_activation_format(dst->src[0]->type));
        list->args[i] = (gemm_args){
            .type = w->type,
            .k = w->ne[0],
            .w = w->data,
            .w_stride = w->nb[1],
            .x = x->data,
            .x_f32 = {.data = x->data, .stride = x->nb[1], .used = 1},
            .n = x->ne[1],
            .y = (float *)dst->data + list->rows * x->ne[1],
            .y_stride = w->ne[1],
        };
        list->first_row[i] = list->rows;
        list->rows += w->ne[1];
    }
    list->first_row[list->count] = list->rows;
    assert(list->count > 0 && dst->ne[0] * dst->ne[1] == list->rows * x->ne[1]);
}

static int matrix_of(const gemm_list *list, int64_t row) {
    int i = 0;
    while (row >= list->first_row[i + 1]) {
        i++;
    }
    return i;
}

static const char *weights_at(const gemm_list *list, int64_t row) {
    const int i = matrix_of(list, row);
    return list->args[i].w + (size_t)(row - list->first_row[i]) * list->args[i].w_stride;
}

/** Computes rows [from, to); next is the row that is read after them. */
static void multiply_rows(gemm_list *list, int64_t from, int64_t to, int64_t next) {
    while (from < to) {
        const int i = matrix_of(list, from);
        const int64_t end = to < list->first_row[i + 1] ? to : list->first_row[i + 1];
        list->args[i].next_w = weights_at(list, end < to ? end : next);
        gemm(kernels_in_use(), &list->args[i], from - list->first_row[i], end - list->first_row[i]);
        from = end;
    }
}

/** Where the weights are larger than memory, they are read ahead. */
static void announce_weights(const gemm_list *list) {
    weight_range ranges[MYELIN_MAX_MATRICES];
    for (int i = 0; i < list->count; i++) {
        const size_t rows = (size_t)(list->first_row[i + 1] - list->first_row[i]);
        ranges[i] = (weight_range){list->args[i].w, rows * list->args[i].w_stride};
    }
    weight_stream_use(ranges, list->count);
}

void myelin_op_matmul(struct ggml_tensor *dst, int32_t thread, int32_t threads, void *queue) {
    gemm_list list;
    read_sources(dst, &list);
    if (spread(myelin_op_matmul, dst, threads, queue,
               gemm_nanoseconds(list.rows, list.args->n, list.args->k))) {
        return;
    }
    if (thread == 0) {
        announce_weights(&list);
    }
    /* where rows are multiplied faster than they arrive, the next ones are taken early and prefetched */
    const int early = list.args->n <= SKINNY_N;
    int64_t count;
    int64_t from = work_queue_take(queue, list.rows, threads, &count);
    while (from >= 0) {
        int64_t next_count = 0;
        int64_t next = early ? work_queue_take(queue, list.rows, threads, &next_count) : -1;
        multiply_rows(&list, from, from + count, next < 0 ? from : next);
        if (!early) {
            next = work_queue_take(queue, list.rows, threads, &next_count);
        }
        from = next;
        count = next_count;
    }
    work_queue_finish(queue, threads);
}
