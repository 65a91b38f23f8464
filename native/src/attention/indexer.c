/* The indexer's ops of a ggml graph. */
#include "indexer.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "cpu/dispatch.h"
#include "general.h"
#include "myelin.h"
#include "runtime/compute.h"
#include "runtime/ggml_tensor.h"
#include "runtime/work_queue.h"

enum { ALIGNMENT = 64, ROWS = 16, PADDING = 16 };

static int64_t row_stride(const indexer *a) {
    return (a->k.width + PADDING - 1) / PADDING * PADDING + PADDING;
}

size_t indexer_scratch_bytes(const indexer *a) {
    return (size_t)(ROWS * row_stride(a) + BLOCK_CELLS * (a->k.width + GENERAL_TILE)) * sizeof(float);
}

indexer_scratch indexer_layout(const indexer *a, float *memory) {
    const int64_t stride = row_stride(a);
    float *panels = memory + ROWS * stride;
    return (indexer_scratch){
        .rows = memory,
        .panels = panels,
        .s = panels + (int64_t)BLOCK_CELLS * a->k.width,
        .stride = stride,
    };
}

static indexer operands(const struct ggml_tensor *dst) {
    const struct ggml_tensor *q = dst->src[0];
    const struct ggml_tensor *k = dst->src[1];
    const struct ggml_tensor *weights = dst->src[2];
    return (indexer){
        .heads = q->ne[1],
        .tokens = q->ne[2],
        .cells = k->ne[1],
        .q = q->data,
        .q_head = q->nb[1],
        .q_token = q->nb[2],
        .k = {.data = k->data, .type = k->type, .width = (int)k->ne[0], .head = k->nb[2], .cell = k->nb[1]},
        .weights = weights->data,
        .weights_token = weights->nb[1],
        .table = dst->src[3]->data,
        .pages = dst->src[3]->ne[0],
        .ranges = dst->src[4]->data,
        .scores = dst->data,
    };
}

static void fill_nan(const indexer *a, int64_t page, int64_t from, int64_t to) {
    for (int64_t t = from; t < to; t++) {
        memset(a->scores + (t * a->pages + page) * BLOCK_CELLS, 0xff, BLOCK_CELLS * sizeof(float));
    }
}

void myelin_op_indexer_scores(struct ggml_tensor *dst, int32_t thread, int32_t threads, void *node) {
    (void)thread;
    work_queue *queue = node;
    const indexer a = operands(dst);
    assert(myelin_attention_general_status(a.k.type, a.k.width, a.k.type, a.k.width) == MYELIN_OK);
    assert(dst->ne[0] == a.pages * BLOCK_CELLS && dst->ne[1] == a.tokens && dst->src[2]->ne[0] == a.heads);
    if (spread(myelin_op_indexer_scores, dst, threads, node,
               a.heads * a.tokens * a.pages * BLOCK_CELLS * a.k.width / 16)) {
        return;
    }
    const int64_t chunks = (a.tokens + INDEXER_TOKENS - 1) / INDEXER_TOKENS;
    char *memory = malloc(indexer_scratch_bytes(&a) + ALIGNMENT);
    void *scratch = memory == NULL ? NULL : memory + (ALIGNMENT - (uintptr_t)memory % ALIGNMENT);
    int64_t i;
    while ((i = atomic_fetch_add_explicit(&queue->next, 1, memory_order_relaxed)) < chunks * a.pages) {
        const int64_t from = i % chunks * INDEXER_TOKENS;
        const int64_t to = from + INDEXER_TOKENS < a.tokens ? from + INDEXER_TOKENS : a.tokens;
        if (memory == NULL) {
            fill_nan(&a, i / chunks, from, to);
        } else {
            index_scores_in_use()(&a, i / chunks, from, to, scratch);
        }
    }
    free(memory);
    work_queue_finish(queue, threads);
}

/** The bits of a score as an integer in the same order; NaN is the largest. */
static uint32_t order_of(float score) {
    uint32_t bits;
    memcpy(&bits, &score, sizeof bits);
    if (score != score) {
        return UINT32_MAX;
    }
    return bits >> 31 ? ~bits : bits | UINT32_C(1) << 31;
}

/** The k-th largest order of n scores, byte by byte; *ties is how many of that order are among the k. */
static uint32_t kth_largest(const float *scores, int64_t n, int64_t k, int64_t *ties) {
    uint32_t prefix = 0;
    uint32_t known = 0;
    for (int shift = 24; shift >= 0; shift -= 8) {
        int64_t count[256] = {0};
        int byte = 255;
        for (int64_t i = 0; i < n; i++) {
            const uint32_t order = order_of(scores[i]);
            count[order >> shift & 255] += (order & known) == prefix;
        }
        for (; count[byte] < k; byte--) {
            k -= count[byte];
        }
        prefix |= (uint32_t)byte << shift;
        known |= UINT32_C(255) << shift;
    }
    *ties = k;
    return prefix;
}

void indexer_select(const float *scores, int64_t begin, int64_t end, int64_t top_k, int32_t *ids) {
    const int64_t n = end > begin ? end - begin : 0;
    int64_t ties = 0;
    int64_t written = 0;
    const uint32_t least = n > top_k ? kth_largest(scores + begin, n, top_k, &ties) : 0;
    for (int64_t i = begin; i < begin + n; i++) {
        const uint32_t order = n > top_k ? order_of(scores[i]) : UINT32_MAX;
        if (n <= top_k || order > least || (order == least && ties-- > 0)) {
            ids[written++] = (int32_t)i;
        }
    }
    while (written < top_k) {
        ids[written++] = -1;
    }
}

void myelin_op_indexer_select(struct ggml_tensor *dst, int32_t thread, int32_t threads, void *unused) {
    const struct ggml_tensor *scores = dst->src[0];
    if (spread(myelin_op_indexer_select, dst, threads, unused, scores->ne[0] * scores->ne[1])) {
        return;
    }
    const int32_t *ranges = dst->src[1]->data;
    assert(dst->ne[1] == scores->ne[1]);
    for (int64_t t = thread; t < dst->ne[1]; t += threads) {
        const int64_t begin = ranges[2 * t] > 0 ? ranges[2 * t] : 0;
        const int64_t end = ranges[2 * t + 1] < scores->ne[0] ? ranges[2 * t + 1] : scores->ne[0];
        indexer_select((const float *)scores->data + t * scores->ne[0], begin, end, dst->ne[0],
                       (int32_t *)dst->data + t * dst->ne[0]);
    }
}
