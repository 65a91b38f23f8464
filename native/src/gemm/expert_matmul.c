/*
 * Matmul of a mixture of experts. The activations of one expert are stored side by side, so that those of a
 * prompt are multiplied as one matrix. A pair is a token and one of its experts: token * used + slot.
 */
#include <assert.h>
#include <string.h>

#include "cpu/dispatch.h"
#include "myelin.h"
#include "runtime/compute.h"
#include "runtime/ggml_tensor.h"
#include "runtime/work_queue.h"

/** What myelin_op_group_by_expert() writes: the number of experts, the first pair of each, the pairs. */
typedef struct {
    int32_t experts;
    const int32_t *begin; /* [experts + 1] */
    const int32_t *pairs;
} routing;

static routing routing_of(const struct ggml_tensor *t) {
    const int32_t *data = t->data;
    return (routing){data[0], data + 1, data + 1 + data[0] + 1};
}

static int64_t expert_of(const struct ggml_tensor *ids, int64_t used, int64_t pair) {
    const char *row = (const char *)ids->data + (size_t)(pair / used) * ids->nb[1];
    return ((const int32_t *)(const void *)row)[pair % used];
}

void myelin_op_group_by_expert(struct ggml_tensor *dst, int32_t thread, int32_t threads, void *n_experts) {
    (void)threads;
    if (thread != 0) {
        return;
    }
    const struct ggml_tensor *ids = dst->src[0];
    const int64_t used = ids->ne[0];
    const int64_t tokens = ids->ne[1];
    const int64_t experts = (intptr_t)n_experts;
    int32_t *data = dst->data;
    int32_t *begin = data + 1;
    int32_t *pairs = begin + experts + 1;
    assert(dst->ne[0] == 2 + experts + used * tokens);
    data[0] = (int32_t)experts;
    memset(begin, 0, (size_t)(experts + 1) * sizeof *begin);
    /* counting sort: begin[e + 2] counts the pairs of e, then begin[e + 1] is where its next pair goes */
    for (int64_t pair = 0; pair < used * tokens; pair++) {
        assert(0 <= expert_of(ids, used, pair) && expert_of(ids, used, pair) < experts);
        const int64_t counter = expert_of(ids, used, pair) + 2;
        if (counter <= experts) {
            begin[counter]++;
        }
    }
    for (int64_t e = 2; e <= experts; e++) {
        begin[e] += begin[e - 1];
    }
    for (int64_t pair = 0; pair < used * tokens; pair++) {
        pairs[begin[expert_of(ids, used, pair) + 1]++] = (int32_t)pair;
    }
}

void myelin_op_quantize_by_expert(struct ggml_tensor *dst, int32_t thread, int32_t threads, void *format) {
    const struct ggml_tensor *x = dst->src[0];
    const routing r = routing_of(dst->src[1]);
    const int64_t k = x->ne[0];
    const int64_t used = dst->ne[1] / x->ne[2];
    if (spread(myelin_op_quantize_by_expert, dst, threads, format, quantize_nanoseconds(k, dst->ne[1]))) {
        return;
    }
    assert(used * x->ne[2] == dst->ne[1] && (x->ne[1] == 1 || x->ne[1] == used));
    assert(dst->ne[0] == myelin_activation_row_bytes((int32_t)(intptr_t)format, k) && dst->ne[0] > 0);
    const quantize_row_fn quantize = kernels_in_use()->activations->quantize[(intptr_t)format];
    for (int64_t e = 0; e < r.experts; e++) {
        const int64_t first = r.begin[e];
        const int64_t n = r.begin[e + 1] - first;
        activation_block *out = (activation_block *)dst->data + first * k_block_count(k);
        for (int64_t i = thread; i < n; i += threads) {
            const int64_t pair = r.pairs[first + i];
            const int64_t slot = x->ne[1] == 1 ? 0 : pair % used;
            const char *from =
                (const char *)x->data + (size_t)slot * x->nb[1] + (size_t)(pair / used) * x->nb[2];
            quantize(k, (const void *)from, out + i, n);
        }
    }
}

void myelin_op_matmul_by_expert(struct ggml_tensor *dst, int32_t thread, int32_t threads, void *queue) {
    (void)thread;
    const struct ggml_tensor *w = dst->src[0];
    const struct ggml_tensor *x = dst->src[1];
    const routing r = routing_of(dst->src[2]);
    const int64_t rows = w->ne[1];
    if (spread(myelin_op_matmul_by_expert, dst, threads, queue,
               gemm_nanoseconds(rows, dst->ne[1] * dst->ne[2], w->ne[0]))) {
        return;
    }
    assert(r.experts == w->ne[2] && r.begin[r.experts] == dst->ne[1] * dst->ne[2] && dst->ne[0] == rows);
    /* with ACTIVATIONS_F32, x is not grouped: a row for each pair, or one for each token */
    const f32_rows x_f32 = {
        .data = x->data,
        .stride = x->nb[2],
        .slot_stride = x->ne[1] == 1 ? 0 : x->nb[1],
        .used = dst->ne[1],
    };
    int64_t count;
    int64_t from;
    /* the rows of all experts are shared as those of one matrix */
    while ((from = work_queue_take(queue, r.experts * rows, threads, &count)) >= 0) {
        for (int64_t to = from + count; from < to;) {
            const int64_t e = from / rows;
            const int64_t begin = from % rows;
            const int64_t end = begin + (to - from) < rows ? begin + (to - from) : rows;
            from += end - begin;
            if (r.begin[e] == r.begin[e + 1]) {
                continue;
            }
            const gemm_args args = {
                .next_w = (const char *)w->data + (size_t)e * w->nb[2] +
                          (size_t)(end < rows ? end : begin) * w->nb[1],
                .type = w->type,
                .k = w->ne[0],
                .w = (const char *)w->data + (size_t)e * w->nb[2],
                .w_stride = w->nb[1],
                .x = (const activation_block *)x->data + r.begin[e] * k_block_count(w->ne[0]),
                .x_f32 = x_f32,
                .n = r.begin[e + 1] - r.begin[e],
                .y = dst->data,
                .y_stride = (int64_t)(dst->nb[1] / sizeof(float)),
                .scatter = r.pairs + r.begin[e],
            };
            gemm(kernels_in_use(), &args, begin, end);
        }
    }
    work_queue_finish(queue, threads);
}
