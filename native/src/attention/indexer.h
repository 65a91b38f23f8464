/**
 * The indexer of sparse attention (DeepSeek-V3.2, 2025): a small attention whose scores say which positions
 * a token sees. The score of a position is the sum over heads of a weight times max(q k, 0).
 */
#ifndef MYELIN_SRC_ATTENTION_INDEXER_H
#define MYELIN_SRC_ATTENTION_INDEXER_H

#include "attention.h"

enum { INDEXER_TOKENS = 32 /* tokens that a block is converted for */ };

/** Strides in bytes. */
typedef struct {
    int64_t heads;
    int64_t tokens;
    int64_t cells; /* of K */
    const char *q; /* f32, rows as wide as K's */
    size_t q_head;
    size_t q_token;
    cache_rows k;        /* of one head */
    const char *weights; /* f32 [tokens][heads] */
    size_t weights_token;
    const int32_t *table;  /* [pages]: the first cell of each page */
    int64_t pages;         /* of 64 positions */
    const int32_t *ranges; /* [tokens][2]: the first position that a token sees, and the one after the last */
    float *scores; /* [tokens][pages * 64]; of other positions than a token sees they are not written */
} indexer;

/** Computes the scores of tokens [from, to) in a page, in indexer_scratch_bytes() of memory, aligned to 64.
 */
typedef void (*index_scores_fn)(const indexer *a, int64_t page, int64_t from, int64_t to, void *scratch);

void index_scores_scalar(const indexer *a, int64_t page, int64_t from, int64_t to, void *scratch);
void index_scores_avx512(const indexer *a, int64_t page, int64_t from, int64_t to, void *scratch);
void index_scores_avx2(const indexer *a, int64_t page, int64_t from, int64_t to, void *scratch);
void index_scores_neon(const indexer *a, int64_t page, int64_t from, int64_t to, void *scratch);

/** The memory of a call. */
typedef struct {
    float *rows;   /* [16][stride] keys */
    float *panels; /* 64 keys, in panels */
    float *s;      /* [GENERAL_TILE][64] dot products */
    int64_t stride;
} indexer_scratch;

size_t indexer_scratch_bytes(const indexer *a);

indexer_scratch indexer_layout(const indexer *a, float *memory);

/**
 * Writes the positions of the top_k largest scores of [begin, end), in ascending order, then -1. Of equal
 * scores at the limit the first positions are taken; NaN counts as the largest.
 */
void indexer_select(const float *scores, int64_t begin, int64_t end, int64_t top_k, int32_t *ids);

#endif
