/*
 * Mixtures of experts: the rows that one expert answers lie side by side, so that a prompt's are
 * multiplied like any matrix. A pair is one of a token's experts: number token * used + slot.
 */
#include <assert.h>
#include <string.h>

#include "cpu/dispatch.h"
#include "myelin.h"
#include "runtime/ggml_tensor.h"
#include "runtime/work_queue.h"

/** What a node of myelin_op_group_by_expert() holds: how many experts, where each one's pairs begin, the
 * pairs. */
typedef struct {
    int32_t experts;
    const int32_t *begin; /* [experts + 1] */
    const int32_t *pairs;
} groups;

static groups groups_of(const struct ggml_tensor *t) {
    const int32_t *all = t->data;
    return (groups){all[0], all + 1, all + 1 + all[0] + 1};
}

static int64_t expert_of(const struct ggml_tensor *ids, int64_t used, int64_t pair) {
    const char *row = (const char *)ids->data + (size_t)(pair / used) * ids->nb[1];
    return ((const int32_t *)(const void *)row)[pair % used];
}

void myelin_op_group_by_expert(struct ggml_tensor *dst, int32_t thread, int32_t threads, void *experts) {
    (void)threads;
    if (thread != 0) {
        return;
    }
    const struct ggml_tensor *ids = dst->src[0];
    const int64_t used = ids->ne[0];
    const int64_t tokens = ids->ne[1];
    const int64_t count = (intptr_t)experts;
    int32_t *all = dst->data;
    int32_t *begin = all + 1;
    int32_t *pairs = begin + count + 1;
    assert(dst->ne[0] == 2 + count + used * tokens);
    all[0] = (int32_t)count;
    memset(begin, 0, (size_t)(count + 1) * sizeof *begin);
    /* how many each has, two further; then where its next one goes, one further */
    for (int64_t pair = 0; pair < used * tokens; pair++) {
        assert(0 <= expert_of(ids, used, pair) && expert_of(ids, used, pair) < count);
        const int64_t two_on = expert_of(ids, used, pair) + 2;
        if (two_on <= count) {
            begin[two_on]++;
        }
    }
    for (int64_t e = 2; e <= count; e++) {
        begin[e] += begin[e - 1];
    }
    for (int64_t pair = 0; pair < used * tokens; pair++) {
        pairs[begin[expert_of(ids, used, pair) + 1]++] = (int32_t)pair;
    }
}

void myelin_op_quantize_by_expert(struct ggml_tensor *dst, int32_t thread, int32_t threads, void *format) {
    const struct ggml_tensor *x = dst->src[0];
    const groups g = groups_of(dst->src[1]);
    const int64_t k = x->ne[0];
    const int64_t used = dst->ne[1] / x->ne[2];
    assert(used * x->ne[2] == dst->ne[1] && (x->ne[1] == 1 || x->ne[1] == used));
    assert(dst->ne[0] == myelin_activation_row_bytes((int32_t)(intptr_t)format, k) && dst->ne[0] > 0);
    const quantize_fn quantize = kernels_in_use()->activations->quantize[(intptr_t)format];
    for (int64_t e = 0; e < g.experts; e++) {
        const int64_t first = g.begin[e];
        const int64_t rows = g.begin[e + 1] - first;
        segment *out = (segment *)dst->data + first * segment_count(k);
        for (int64_t i = thread; i < rows; i += threads) {
            const int64_t pair = g.pairs[first + i];
            const int64_t slot = x->ne[1] == 1 ? 0 : pair % used;
            const char *from =
                (const char *)x->data + (size_t)slot * x->nb[1] + (size_t)(pair / used) * x->nb[2];
            quantize(k, (const void *)from, out + i, rows);
        }
    }
}

void myelin_op_matmul_by_expert(struct ggml_tensor *dst, int32_t thread, int32_t threads, void *shared) {
    (void)thread;
    work_queue *queue = shared;
    const struct ggml_tensor *w = dst->src[0];
    const struct ggml_tensor *x = dst->src[1];
    const groups g = groups_of(dst->src[2]);
    const int64_t rows = w->ne[1];
    assert(g.experts == w->ne[2] && g.begin[g.experts] == dst->ne[1] * dst->ne[2] && dst->ne[0] == rows);
    /* of floats, x is what they were: a pair's row, or its token's */
    const float_activations floats = {
        .data = x->data,
        .stride = x->nb[2],
        .slot_stride = x->ne[1] == 1 ? 0 : x->nb[1],
        .used = dst->ne[1],
    };
    int64_t count;
    int64_t from;
    /* rows of all experts are shared as if they were one matrix's */
    while ((from = work_queue_take(queue, g.experts * rows, threads, &count)) >= 0) {
        for (int64_t to = from + count; from < to;) {
            const int64_t e = from / rows;
            const int64_t begin = from % rows;
            const int64_t end = begin + (to - from) < rows ? begin + (to - from) : rows;
            from += end - begin;
            if (g.begin[e] == g.begin[e + 1]) {
                continue;
            }
            const product whole = {
                .next = (const char *)w->data + (size_t)e * w->nb[2] +
                        (size_t)(end < rows ? end : begin) * w->nb[1],
                .type = w->type,
                .k = w->ne[0],
                .weights = (const char *)w->data + (size_t)e * w->nb[2],
                .stride = w->nb[1],
                .x = (const segment *)x->data + g.begin[e] * segment_count(w->ne[0]),
                .floats = floats,
                .positions = g.begin[e + 1] - g.begin[e],
                .y = dst->data,
                .position_stride = (int64_t)(dst->nb[1] / sizeof(float)),
                .places = g.pairs + g.begin[e],
            };
            kernel_product(kernels_in_use(), &whole, begin, end);
        }
    }
    work_queue_finish(queue, threads);
}
