/* The attention ops of a ggml graph. */
#include "attention.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

#include "cpu/dispatch.h"
#include "myelin.h"
#include "runtime/compute.h"
#include "runtime/ggml_tensor.h"
#include "runtime/work_queue.h"

enum { SOURCES = 5, SCRATCH_ALIGNMENT = 64 };

_Static_assert(sizeof(work_queue) <= sizeof((struct myelin_attention_params){0}.queue), "queue");

bool myelin_attention_supported(int32_t type, int64_t head_size) {
    return kernels_in_use() != NULL && attention_supports(type) && head_size >= 1 &&
           head_size <= MAX_HEAD_SIZE && (type != TYPE_Q8_0 || head_size % 32 == 0);
}

static bool is_row(int32_t type, int64_t width) {
    const int block = general_block_size(type);
    return block != 0 && width >= 1 && width <= GENERAL_MAX_WIDTH && width % block == 0;
}

int32_t myelin_attention_general_status(int32_t key_type, int64_t key_width, int32_t value_type,
                                        int64_t value_width) {
    return is_row(key_type, key_width) && is_row(value_type, value_width) ? MYELIN_OK
                                                                          : MYELIN_ERROR_UNSUPPORTED;
}

static cache_rows rows_of(const struct ggml_tensor *t) {
    return (cache_rows){
        .data = t->data,
        .type = t->type,
        .width = t->ne[0] <= GENERAL_MAX_WIDTH ? (int)t->ne[0] : 0,
        .head = t->nb[2],
        .cell = t->nb[1],
    };
}

static attention operands(const struct ggml_tensor *dst, const struct myelin_attention_params *params) {
    const struct ggml_tensor *q = dst->src[0];
    return (attention){
        .heads = q->ne[1],
        .kv_heads = dst->src[1]->ne[2],
        .tokens = q->ne[2],
        .cells = dst->src[1]->ne[1],
        .q = q->data,
        .q_head = q->nb[1],
        .q_token = q->nb[2],
        .k = rows_of(dst->src[1]),
        .v = rows_of(dst->src[2]),
        .table = dst->src[3]->data,
        .pages = dst->src[3]->ne[0],
        .ranges = dst->src[4]->data,
        .scale = params->scale,
        .out = dst->data,
    };
}

/** The sources that only some models have. */
static void add_optional_operands(const struct ggml_tensor *dst, const struct myelin_attention_params *params,
                                  attention *a) {
    int next = SOURCES;
    a->soft_cap = params->soft_cap;
    a->slopes = params->slopes;
    if (params->sources & MYELIN_ATTENTION_POSITIONS) {
        a->positions = dst->src[next++]->data;
    }
    if (params->sources & MYELIN_ATTENTION_SINKS) {
        a->sinks = dst->src[next++]->data;
    }
    if (params->sources & MYELIN_ATTENTION_RELATIVE) {
        const struct ggml_tensor *values = dst->src[next++];
        a->relative = (relative_bias){values->data, values->nb[1], params->buckets, params->distance};
    }
    if (params->sources & MYELIN_ATTENTION_SELECTED) {
        a->top_k = dst->src[next]->ne[0];
        a->selected = dst->src[next++]->data;
    }
}

static int32_t status_of(const struct ggml_tensor *dst, const attention *a) {
    const struct ggml_tensor *v = dst->src[2];
    const bool has_distances = a->slopes != NULL || a->relative.values != NULL;
    const bool is_shape = a->kv_heads >= 1 && a->heads % a->kv_heads == 0 &&
                          dst->src[0]->ne[0] == a->k.width && v->ne[1] == a->cells &&
                          v->ne[2] == a->kv_heads &&
                          dst->ne[0] * dst->ne[1] == a->v.width * a->heads * a->tokens;
    const bool is_bias = !has_distances || (a->positions != NULL && a->selected == NULL);
    const bool is_relative =
        a->relative.values == NULL || (a->relative.buckets != NULL && a->relative.distance >= 0 &&
                                       a->relative.distance <= MAX_RELATIVE_DISTANCE);
    return is_shape && is_bias && is_relative
               ? myelin_attention_general_status(a->k.type, a->k.width, a->v.type, a->v.width)
               : MYELIN_ERROR_ARGUMENT;
}

static void fill_nan(const attention *a, int64_t kv_head, int64_t from, int64_t to) {
    const int64_t group = attention_group(a);
    for (int64_t i = from; i < to; i++) {
        float *out = a->out + (i / group * a->heads + kv_head * group + i % group) * a->v.width;
        for (int j = 0; j < a->v.width; j++) {
            out[j] = NAN;
        }
    }
}

/** Whether a token sees positions of another sequence than the one after it: ranges of one overlap. */
static bool ends_sequence(const attention *a, int64_t token) {
    const int32_t *range = a->ranges + 2 * token;
    return range[2] >= range[1] || range[0] >= range[3];
}

/** Whether each token is one of another sequence: the next tokens of texts that are generated together. */
static bool is_decode(const attention *a) {
    for (int64_t t = 0; t + 1 < a->tokens; t++) {
        if (!ends_sequence(a, t)) {
            return false;
        }
    }
    return true;
}

/** The end of the queries [from, to) that belong to the sequence of the first one. */
static int64_t sequence_end(const attention *a, int64_t from, int64_t to) {
    const int64_t group = attention_group(a);
    for (int64_t end = (from / group + 1) * group; end < to; end += group) {
        if (ends_sequence(a, end / group - 1)) {
            return end;
        }
    }
    return to;
}

/** How a node's work is cut: chunks of queries of one KV head, a token's own where it selects positions. */
typedef struct {
    int64_t span; /* queries that a chunk does not reach beyond: all, or those of a token */
    int64_t spans;
    int64_t chunk;  /* queries of a chunk */
    int64_t chunks; /* of a span */
} partition;

static partition cut(const attention *a, int64_t most, bool by_token) {
    const int64_t group = attention_group(a);
    const int64_t span = by_token ? group : group * a->tokens;
    return (partition){span, by_token ? a->tokens : 1, most, (span + most - 1) / most};
}

/**
 * The next chunk that no thread has taken; false if there is none. The last queries, which see the most
 * cells, come first, so that threads end together.
 */
static bool take(const attention *a, const partition *p, work_queue *queue, int64_t *kv_head, int64_t *from,
                 int64_t *to) {
    const int64_t i = atomic_fetch_add_explicit(&queue->next, 1, memory_order_relaxed);
    const int64_t all = p->spans * p->chunks;
    if (i >= all * a->kv_heads) {
        return false;
    }
    const int64_t n = all - 1 - i / a->kv_heads;
    const int64_t begin = n / p->chunks * p->span;
    *kv_head = i % a->kv_heads;
    *from = begin + n % p->chunks * p->chunk;
    *to = *from + p->chunk < begin + p->span ? *from + p->chunk : begin + p->span;
    return true;
}

/** About how long it takes, by a fast kernel on one thread. */
static int64_t attention_nanoseconds(const attention *a) {
    int64_t cells = 0; /* that all tokens see */
    for (int64_t t = 0; t < a->tokens; t++) {
        const int64_t seen = (int64_t)a->ranges[2 * t + 1] - a->ranges[2 * t];
        cells += seen < 0 ? 0 : a->selected != NULL && a->top_k < seen ? a->top_k : seen;
    }
    return cells * a->heads * (a->k.width + a->v.width) / 16;
}

void myelin_op_attention(struct ggml_tensor *dst, int32_t thread, int32_t threads, void *node) {
    (void)thread;
    struct myelin_attention_params *params = node;
    work_queue *queue = (void *)params->queue;
    const attention a = operands(dst, params);
    assert(myelin_attention_supported(a.k.type, a.k.width) && status_of(dst, &a) == MYELIN_OK);
    assert(a.k.type == a.v.type && a.k.width == a.v.width);
    if (spread(myelin_op_attention, dst, threads, node, attention_nanoseconds(&a))) {
        return;
    }
    const partition p = cut(&a, attention_max_queries(a.k.width), is_decode(&a));
    int64_t kv_head;
    int64_t from;
    int64_t to;
    while (take(&a, &p, queue, &kv_head, &from, &to)) {
        for (int64_t end; from < to; from = end) {
            end = sequence_end(&a, from, to);
            kernels_in_use()->attend(&a, kv_head, from, end);
        }
    }
    work_queue_finish(queue, threads);
}

/** Queries of a chunk: fewer than fit if there are too few chunks for the threads otherwise. */
static int64_t chunk_queries(const attention *a, int32_t threads) {
    const int64_t most = general_max_queries(a);
    const int64_t share = a->tokens * a->heads / (2 * (int64_t)threads) + 1;
    const int64_t least = most < GENERAL_MIN_QUERIES ? most : GENERAL_MIN_QUERIES;
    return share < least ? least : share < most ? share : most;
}

void myelin_op_attention_general(struct ggml_tensor *dst, int32_t thread, int32_t threads, void *node) {
    struct myelin_attention_params *params = node;
    work_queue *queue = (void *)params->queue;
    attention a = operands(dst, params);
    add_optional_operands(dst, params, &a);
    const int32_t status = status_of(dst, &a);
    if (status != MYELIN_OK) {
        if (thread == 0) {
            float *out = dst->data;
            params->status = status;
            for (int64_t i = 0; i < dst->ne[0] * dst->ne[1]; i++) {
                out[i] = NAN;
            }
        }
        return;
    }
    if (spread(myelin_op_attention_general, dst, threads, node, attention_nanoseconds(&a))) {
        return;
    }
    const partition p = cut(&a, chunk_queries(&a, threads), a.selected != NULL || is_decode(&a));
    char *memory = malloc(general_scratch_bytes(&a, p.chunk) + SCRATCH_ALIGNMENT);
    void *scratch =
        memory == NULL ? NULL : memory + (SCRATCH_ALIGNMENT - (uintptr_t)memory % SCRATCH_ALIGNMENT);
    int64_t kv_head;
    int64_t from;
    int64_t to;
    while (take(&a, &p, queue, &kv_head, &from, &to)) {
        if (memory == NULL) {
            fill_nan(&a, kv_head, from, to);
            continue;
        }
        for (int64_t end; from < to; from = end) {
            end = sequence_end(&a, from, to);
            attend_general_in_use()(&a, kv_head, from, end, scratch);
        }
    }
    if (memory == NULL) {
        params->status = MYELIN_ERROR_SYSTEM; /* the same value, if by several threads */
    }
    free(memory);
    work_queue_finish(queue, threads);
}
