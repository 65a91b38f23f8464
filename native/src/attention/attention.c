/* The attention op of a ggml graph. */
#include "attention.h"

#include <assert.h>

#include "cpu/dispatch.h"
#include "myelin.h"
#include "runtime/ggml_tensor.h"
#include "runtime/work_queue.h"

/** The parameters of a node; the items of the queue are chunks of queries. */
typedef struct {
    float scale;
    work_queue chunks;
} node_params;

_Static_assert(sizeof(node_params) <= MYELIN_ATTENTION_PARAMS_BYTES, "node");

bool myelin_attention_supported(int32_t type, int64_t head_size) {
    return kernels_in_use() != NULL && attention_supports(type) && head_size >= 1 &&
           head_size <= MAX_HEAD_SIZE && (type != TYPE_Q8_0 || head_size % 32 == 0);
}

void myelin_op_attention(struct ggml_tensor *dst, int32_t thread, int32_t threads, void *params) {
    (void)thread;
    node_params *node = params;
    const struct ggml_tensor *q = dst->src[0];
    const struct ggml_tensor *k = dst->src[1];
    const struct ggml_tensor *v = dst->src[2];
    const attention a = {
        .type = k->type,
        .head_size = (int)q->ne[0],
        .heads = q->ne[1],
        .kv_heads = k->ne[2],
        .tokens = q->ne[2],
        .cells = k->ne[1],
        .q = q->data,
        .q_head = q->nb[1],
        .q_token = q->nb[2],
        .k = k->data,
        .k_head = k->nb[2],
        .k_cell = k->nb[1],
        .v = v->data,
        .v_head = v->nb[2],
        .v_cell = v->nb[1],
        .positions = dst->src[3]->data,
        .scale = node->scale,
        .out = dst->data,
    };
    assert(myelin_attention_supported(a.type, q->ne[0]) && v->type == a.type && a.heads % a.kv_heads == 0);
    assert(k->ne[0] == a.head_size && v->ne[0] == a.head_size && v->ne[1] == a.cells &&
           v->ne[2] == a.kv_heads);
    assert(dst->ne[0] * dst->ne[1] == a.head_size * a.heads * a.tokens && dst->src[3]->ne[0] == a.tokens);
    const int64_t queries = a.tokens * (a.heads / a.kv_heads);
    const int64_t chunk_queries = attention_max_queries(a.head_size);
    const int64_t chunks = (queries + chunk_queries - 1) / chunk_queries;
    int64_t i;
    while ((i = atomic_fetch_add_explicit(&node->chunks.next, 1, memory_order_relaxed)) <
           chunks * a.kv_heads) {
        /* the last queries see the most cells: they come first, so that threads end together */
        const int64_t from = (chunks - 1 - i / a.kv_heads) * chunk_queries;
        const int64_t to = from + chunk_queries < queries ? from + chunk_queries : queries;
        kernels_in_use()->attend(&a, i % a.kv_heads, from, to);
    }
    work_queue_finish(&node->chunks, threads);
}
