/* The memory of the general kernel. */
#include "general.h"

#include <string.h>

enum { ALIGNMENT = 64, VECTOR = 16 };

int general_block_size(int32_t type) {
    switch (type) {
        case TYPE_F32:
        case TYPE_F16:
        case TYPE_BF16:
            return 1;
        case TYPE_Q8_0:
        case TYPE_Q5_1:
        case TYPE_Q5_0:
        case TYPE_Q4_1:
        case TYPE_Q4_0:
        case TYPE_IQ4_NL:
            return 32;
        default:
            return 0;
    }
}

static int64_t padded(int64_t n) {
    return (n + VECTOR - 1) / VECTOR * VECTOR;
}

int64_t general_max_queries(const attention *a) {
    const int64_t fits = GENERAL_CHUNK_VALUES / (padded(a->k.width) + padded(a->v.width));
    const int64_t most = fits < GENERAL_MIN_QUERIES ? GENERAL_MIN_QUERIES : fits;
    const int64_t group = attention_group(a);
    const int64_t limit = a->selected != NULL && group < GENERAL_MAX_QUERIES ? group : GENERAL_MAX_QUERIES;
    return most < limit ? most : limit;
}

size_t general_scratch_bytes(const attention *a, int64_t queries) {
    return general_layout(a, queries, NULL).bytes;
}

/** The next count elements of a size; null without memory. */
static void *take(char *memory, size_t *used, int64_t count, size_t size) {
    void *p = memory == NULL ? NULL : (void *)(memory + *used);
    *used += ((size_t)count * size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    return p;
}

general_scratch general_layout(const attention *a, int64_t queries, char *memory) {
    general_scratch m = {
        /* not a multiple of 4096 bytes, so that 16 rows do not share a set of the L1 cache */
        .key_stride = padded(a->k.width) + VECTOR,
        .value_stride = padded(a->v.width),
    };
    size_t used = 0;
    const int64_t n = padded(queries) + VECTOR;
    m.q = take(memory, &used, queries * m.key_stride, sizeof *m.q);
    m.out = take(memory, &used, queries * m.value_stride, sizeof *m.out);
    m.k = take(memory, &used, (int64_t)BLOCK_CELLS * a->k.width, sizeof *m.k);
    m.rows = take(memory, &used, VECTOR * m.key_stride, sizeof *m.rows);
    m.v = take(memory, &used, BLOCK_CELLS * m.value_stride, sizeof *m.v);
    m.s = take(memory, &used, GENERAL_TILE * BLOCK_CELLS, sizeof *m.s);
    m.max = take(memory, &used, n, sizeof *m.max);
    m.sum = take(memory, &used, n, sizeof *m.sum);
    m.begin = take(memory, &used, n, sizeof *m.begin);
    m.end = take(memory, &used, n, sizeof *m.end);
    m.position = take(memory, &used, n, sizeof *m.position);
    m.state = take(memory, &used, n, sizeof *m.state);
    if (a->relative.values != NULL) {
        m.relative_stride = padded(2 * (int64_t)a->relative.distance) + 2 * VECTOR;
        m.relative = take(memory, &used, attention_group(a) * m.relative_stride, sizeof *m.relative);
    }
    if (a->selected != NULL) {
        m.seen = take(memory, &used, a->pages, sizeof *m.seen);
    }
    m.bytes = used;
    return m;
}

void general_relative_biases(const attention *a, int64_t kv_head, const general_scratch *m) {
    if (a->relative.values == NULL) {
        return;
    }
    const int64_t group = attention_group(a);
    const int64_t longest = a->relative.distance;
    for (int64_t i = 0; i < m->relative_stride; i++) {
        const int64_t d = i - VECTOR < 0 ? 0 : i - VECTOR < 2 * longest ? i - VECTOR : 2 * longest;
        const char *row = a->relative.values + (size_t)a->relative.buckets[d] * a->relative.bucket;
        for (int64_t head = 0; head < group; head++) {
            float bias;
            memcpy(&bias, row + (size_t)(kv_head * group + head) * sizeof bias, sizeof bias);
            m->relative[head * m->relative_stride + i] = bias * 0x1.715476p0f;
        }
    }
}
