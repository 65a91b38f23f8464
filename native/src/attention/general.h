/** What the general kernel shares between instruction sets. */
#ifndef MYELIN_SRC_ATTENTION_GENERAL_H
#define MYELIN_SRC_ATTENTION_GENERAL_H

#include "attention.h"

enum {
    GENERAL_TILE = 12, /* queries that go through a block together */
    QUERY_SEES = 1,    /* at least one cell */
    QUERY_BROKEN = 2,  /* a value of the query, or of a cell that it sees, is not finite */
};

/** The memory of a chunk. */
typedef struct {
    float *q;    /* [queries][key_stride] */
    float *out;  /* [queries][value_stride], not yet divided by sum */
    float *k;    /* 64 cells, in panels */
    float *rows; /* [16][key_stride] */
    float *v;    /* [64][value_stride] */
    float *s;    /* [GENERAL_TILE][64] scores, then weights */
    int64_t key_stride;
    int64_t value_stride;

    /* by query */
    int64_t first_head; /* of the group: the head of query 0 */
    float *max;         /* of the scores so far, to base 2 */
    float *sum;         /* of the weights so far, relative to max */
    int64_t *begin;     /* of the range */
    int64_t *end;
    int64_t *position;
    int32_t *state;

    float *relative; /* [group][relative_stride]: the bias of distances from -distance - 16 on */
    int64_t relative_stride;
    uint64_t *seen; /* [pages]: selected positions, a bit each */
    size_t bytes;
} general_scratch;

/** Divides memory, which may be null to know the bytes, for at most this many queries. */
general_scratch general_layout(const attention *a, int64_t queries, char *memory);

/** Fills relative, if there is such a bias; to base 2. */
void general_relative_biases(const attention *a, int64_t kv_head, const general_scratch *m);

#endif
