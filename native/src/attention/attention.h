/**
 * Attention over a KV cache (Vaswani et al. 2017) with online softmax (Milakov and Gimelshein 2018; Dao et
 * al. 2022), in 16-bit fixed point.
 *
 * Each row of Q, K and V is quantised to integers with one scale. Dot products over a block of 64 cells are
 * summed in int32, which cannot overflow, so they are exact. Each block has its own maximum; blocks are
 * added in f32, first to last. The output of a query depends on the query and on the cells that it sees
 * only: it has the same bits for any batch.
 */
#ifndef MYELIN_SRC_ATTENTION_ATTENTION_H
#define MYELIN_SRC_ATTENTION_ATTENTION_H

#include <stddef.h>
#include <stdint.h>

#include "quantize/blocks.h"

enum {
    BLOCK_CELLS = 64,           /* cells of a block */
    PANEL_WIDTH = 32,           /* columns of a panel: cells of K, or values of V */
    TILE_QUERIES = 12,          /* queries that go through a block together */
    MAX_HEAD_SIZE = 256,        /* values of a head */
    MAX_QUERIES = 256,          /* queries of a chunk */
    MAX_CHUNK_VALUES = 1 << 14, /* values of the queries of a chunk, padded to whole panels */
};

/** Attention of all heads. heads / kv_heads query heads, a group, share each KV head. Strides in bytes. */
typedef struct {
    int32_t type;  /* of K and V: f16 or q8_0 */
    int head_size; /* 1 to MAX_HEAD_SIZE; whole blocks of the type */
    int64_t heads;
    int64_t kv_heads;
    int64_t tokens;
    int64_t cells;
    const char *q; /* f32 */
    size_t q_head;
    size_t q_token;
    const char *k;
    size_t k_head;
    size_t k_cell;
    const char *v;
    size_t v_head;
    size_t v_cell;
    const int32_t *positions; /* [tokens]: a token sees the cells 0 to its position */
    float scale;              /* of QK */
    float *out;               /* [tokens][heads][head_size] */
} attention;

/** Computes queries [from, to) of a KV head. Query i is of token i / group and head i % group of the group.
 */
typedef void (*attend_fn)(const attention *a, int64_t kv_head, int64_t from, int64_t to);

/** The head size, padded to whole panels. */
static inline int attention_padded_head(int head_size) {
    return (head_size + PANEL_WIDTH - 1) / PANEL_WIDTH * PANEL_WIDTH;
}

/** The most queries of one call of attend_fn. */
static inline int64_t attention_max_queries(int head_size) {
    const int max = MAX_CHUNK_VALUES / attention_padded_head(head_size);
    return max < MAX_QUERIES ? max : MAX_QUERIES;
}

/** Whether a cache of this type is supported. */
static inline int attention_supports(int32_t type) {
    return type == TYPE_F16 || type == TYPE_Q8_0;
}

void attend_scalar(const attention *a, int64_t kv_head, int64_t from, int64_t to);
void attend_avx512(const attention *a, int64_t kv_head, int64_t from, int64_t to);
void attend_avx2(const attention *a, int64_t kv_head, int64_t from, int64_t to);
void attend_avxvnni(const attention *a, int64_t kv_head, int64_t from, int64_t to);
void attend_neon(const attention *a, int64_t kv_head, int64_t from, int64_t to);

#endif
