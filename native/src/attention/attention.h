/**
 * Attention over pages of a KV cache (Vaswani et al. 2017; Kwon et al. 2023) with online softmax (Milakov and
 * Gimelshein 2018; Dao et al. 2022).
 *
 * There are two kernels. The fast one (flash_attention.h) multiplies 16-bit integers: each row of Q, K and V
 * is quantised with one scale, and dot products over a block of 64 cells are summed in int32, which cannot
 * overflow, so they are exact. The general one (general_kernel.h) multiplies in f32, each sum in a fixed
 * order, and has all that models add to attention.
 *
 * Both read positions in blocks of 64 at multiples of 64, and merge blocks in f32, first to last. The output
 * of a query depends on the query and on the cells that it sees only: it has the same bits for any batch, any
 * placement of pages, any number of threads and any instruction set.
 */
#ifndef MYELIN_SRC_ATTENTION_ATTENTION_H
#define MYELIN_SRC_ATTENTION_ATTENTION_H

#include <stddef.h>
#include <stdint.h>

#include "quantize/blocks.h"

enum {
    BLOCK_CELLS = 64, /* cells of a block, and of a page */

    /* the fast kernel */
    PANEL_WIDTH = 32,           /* columns of a panel: cells of K, or values of V */
    TILE_QUERIES = 12,          /* queries that go through a block together */
    MAX_HEAD_SIZE = 256,        /* values of a head */
    MAX_QUERIES = 256,          /* queries of a chunk */
    MAX_CHUNK_VALUES = 1 << 14, /* values of the queries of a chunk, padded to whole panels */

    /* the general kernel */
    GENERAL_MAX_WIDTH = 4096,       /* values of a row of K or V */
    GENERAL_MAX_QUERIES = 256,      /* queries of a chunk */
    GENERAL_CHUNK_VALUES = 1 << 16, /* values of the queries and outputs of a chunk */
    GENERAL_MIN_QUERIES = 12, /* queries for which a block is converted at least, if there are as many */
    MAX_RELATIVE_DISTANCE = 1 << 16, /* the largest distance with a bias of its own */
};

/** K or V: rows [kv_heads][cells] of one type. Strides in bytes. */
typedef struct {
    const char *data;
    int32_t type;
    int width; /* values of a row; whole blocks of the type */
    size_t head;
    size_t cell;
} cache_rows;

/** A bias by the distance of a key from its query. */
typedef struct {
    const char *values;     /* f32 [buckets][heads]; null without this bias */
    size_t bucket;          /* stride in bytes */
    const int32_t *buckets; /* [2 * distance + 1]: the bucket of each distance, from -distance on */
    int32_t distance;       /* longer ones count as this */
} relative_bias;

/** Attention of all heads. heads / kv_heads query heads, a group, share each KV head. Strides in bytes. */
typedef struct {
    int64_t heads;
    int64_t kv_heads;
    int64_t tokens;
    int64_t cells; /* of K and V */
    const char *q; /* f32, rows as wide as K's */
    size_t q_head;
    size_t q_token;
    cache_rows k;
    cache_rows v;
    const int32_t *table; /* [pages]: the first cell of each page; none is read that no token sees */
    int64_t pages;
    const int32_t *ranges; /* [tokens][2]: the first position that a token sees, and the one after the last */
    float scale;           /* of QK */
    float *out;            /* [tokens][heads][v.width] */

    /* of the general kernel only; null and 0 for nothing */
    float soft_cap;           /* scores become soft_cap * tanh(score / soft_cap) */
    const int32_t *positions; /* [tokens], for the two biases */
    const float *slopes;      /* [heads]: scores decrease by this and the distance */
    relative_bias relative;
    const float *sinks;      /* [heads]: a score that takes part in the softmax, without a value */
    const int32_t *selected; /* [tokens][top_k]: of its range, a token sees only these positions */
    int64_t top_k;
} attention;

/** Computes queries [from, to) of a KV head. Query i is of token i / group and head i % group of the group.
 */
typedef void (*attend_fn)(const attention *a, int64_t kv_head, int64_t from, int64_t to);

/** The same, in general_scratch_bytes() of memory, aligned to 64. */
typedef void (*attend_general_fn)(const attention *a, int64_t kv_head, int64_t from, int64_t to,
                                  void *scratch);

/** The query heads that share a KV head. */
static inline int64_t attention_group(const attention *a) {
    return a->heads / a->kv_heads;
}

/** The head size, padded to whole panels. */
static inline int attention_padded_head(int head_size) {
    return (head_size + PANEL_WIDTH - 1) / PANEL_WIDTH * PANEL_WIDTH;
}

/** The most queries of one call of attend_fn. */
static inline int64_t attention_max_queries(int head_size) {
    const int max = MAX_CHUNK_VALUES / attention_padded_head(head_size);
    return max < MAX_QUERIES ? max : MAX_QUERIES;
}

/** Whether the fast kernel supports a cache of this type. */
static inline int attention_supports(int32_t type) {
    return type == TYPE_F16 || type == TYPE_Q8_0;
}

/** Values of a block of a type that the general kernel reads; 0 for others. */
int general_block_size(int32_t type);

/** The most queries of one call of attend_general_fn. With selected positions they are of one token. */
int64_t general_max_queries(const attention *a);

/** Bytes of scratch memory for calls of at most this many queries. */
size_t general_scratch_bytes(const attention *a, int64_t queries);

/** The first cell of a page, or -1 if the table has none inside the cache. */
static inline int64_t page_cell(const attention *a, int64_t page) {
    const int64_t cell = page < a->pages ? a->table[page] : -1;
    return cell <= a->cells - BLOCK_CELLS ? cell : -1;
}

void attend_scalar(const attention *a, int64_t kv_head, int64_t from, int64_t to);
void attend_avx512(const attention *a, int64_t kv_head, int64_t from, int64_t to);
void attend_avx2(const attention *a, int64_t kv_head, int64_t from, int64_t to);
void attend_avxvnni(const attention *a, int64_t kv_head, int64_t from, int64_t to);
void attend_neon(const attention *a, int64_t kv_head, int64_t from, int64_t to);

void attend_general_scalar(const attention *a, int64_t kv_head, int64_t from, int64_t to, void *scratch);
void attend_general_avx512(const attention *a, int64_t kv_head, int64_t from, int64_t to, void *scratch);
void attend_general_avx2(const attention *a, int64_t kv_head, int64_t from, int64_t to, void *scratch);
void attend_general_neon(const attention *a, int64_t kv_head, int64_t from, int64_t to, void *scratch);

#endif
