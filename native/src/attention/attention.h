/**
 * Attention of queries over the cells of a cache (Vaswani et al. 2017), in one pass (Milakov and
 * Gimelshein 2018; Dao et al. 2022), its products in whole numbers of 16 bits.
 *
 * Keys, queries and values become fixed-point numbers, a step a row; products of 64 cells are summed
 * in int32, which never overflows, so exactly; each block of 64 cells has its own largest weight, and
 * blocks are added in f32, first to last. What a query gets depends on it and on the cells it sees
 * alone: the same bit for bit with any other queries beside it.
 */
#ifndef MYELIN_SRC_ATTENTION_H
#define MYELIN_SRC_ATTENTION_H

#include <stddef.h>
#include <stdint.h>

#include "quantize/blocks.h"

enum {
    BLOCK_CELLS = 64,           /* of a block */
    PANEL_WIDTH = 32,           /* columns of a panel */
    TILE_QUERIES = 12,          /* that go through a block together */
    MAX_HEAD_SIZE = 256,        /* values of a head */
    MAX_QUERIES = 256,          /* of a chunk */
    MAX_CHUNK_VALUES = 1 << 14, /* of all its queries, rounded up to whole panels */
};

/** Attention of all heads, each group of them over the keys and values of one. Strides in bytes. */
typedef struct {
    int32_t type;  /* of keys and values: f16 or q8_0 */
    int head_size; /* values of a head, 1 to MOST_HEAD; whole blocks of the type */
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
    const int32_t *positions; /* [tokens]: a token sees the cells up to its position */
    float scale;              /* of the products of queries and keys */
    float *out;               /* [tokens][heads][head] */
} attention;

/** Queries [from, to) of the key head: query i is token i / group's, head i % group of the group. */
typedef void (*attend_fn)(const attention *a, int64_t kv_head, int64_t from, int64_t to);

/** Values of a head, in whole panels. */
static inline int attention_padded_head(int head) {
    return (head + PANEL_WIDTH - 1) / PANEL_WIDTH * PANEL_WIDTH;
}

/** Most queries of one call of attend_fn. */
static inline int64_t attention_max_queries(int head) {
    const int most = MAX_CHUNK_VALUES / attention_padded_head(head);
    return most < MAX_QUERIES ? most : MAX_QUERIES;
}

/** Whether caches of this type can be read. */
static inline int attention_supports(int32_t type) {
    return type == TYPE_F16 || type == TYPE_Q8_0;
}

void attend_scalar(const attention *a, int64_t kv_head, int64_t from, int64_t to);
void attend_avx512(const attention *a, int64_t kv_head, int64_t from, int64_t to);
void attend_avx2(const attention *a, int64_t kv_head, int64_t from, int64_t to);
void attend_avxvnni(const attention *a, int64_t kv_head, int64_t from, int64_t to);
void attend_neon(const attention *a, int64_t kv_head, int64_t from, int64_t to);

#endif
