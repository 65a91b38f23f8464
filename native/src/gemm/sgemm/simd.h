/**
 * The functions of an sgemm_table in SIMD. A file that includes this defines
 *   NAME, LANES, VECTORS, COLUMNS, BLOCK   a tile is VECTORS * LANES rows of A by COLUMNS of B; its sums and
 * a few more vectors fit the registers VECTOR, ZERO(), LOAD(p), STORE(p, v), SPLAT(x), ADD(a, b), FMA(a, b,
 * sum)   of f32 KEEP(v)                                hides the value of v from the compiler WORDS,
 * NO_WORDS(), LOAD_WORDS(p), ADD_WORDS(a, b)   the same of 64-bit integers and TABLE, the name of the table.
 */
#include <string.h>

#include "sgemm.h"

/* Every loop over the sums is unrolled, so that they are in registers. */
#if defined(__clang__)
#define UNROLL _Pragma("clang loop unroll(full)")
#else
#define UNROLL _Pragma("GCC unroll 32")
#endif

_Static_assert(VECTORS *LANES <= SGEMM_MAX_ROWS && COLUMNS <= SGEMM_MAX_COLUMNS, "the size of a tile");
_Static_assert(BLOCK <= SGEMM_MAX_BLOCK && BLOCK % (VECTORS * LANES) == 0, "a block is whole tiles");
_Static_assert(SGEMM_STRIP % COLUMNS == 0, "a strip is whole tiles");

/** A tile of a constant size: vectors and columns are constants in the caller. */
static inline __attribute__((always_inline)) void tile_of(int vectors, int columns, int64_t k, const float *a,
                                                          const float *b, float *c, size_t stride, bool add) {
    VECTOR sum[COLUMNS][VECTORS];
    UNROLL for (int j = 0; j < columns; j++) {
        __builtin_prefetch(c + (size_t)j * stride, 1);
        UNROLL for (int v = 0; v < vectors; v++) {
            sum[j][v] = ZERO();
        }
    }
    for (int64_t l = 0; l < k; l++) {
        VECTOR x[VECTORS];
        UNROLL for (int v = 0; v < vectors; v++) {
            x[v] = LOAD(a + v * LANES);
        }
        UNROLL for (int j = 0; j < columns; j++) {
            const VECTOR w = SPLAT(b[j]);
            UNROLL for (int v = 0; v < vectors; v++) {
                sum[j][v] = FMA(x[v], w, sum[j][v]);
            }
        }
        a += VECTORS * LANES;
        b += COLUMNS;
    }
    UNROLL for (int j = 0; j < columns; j++) {
        UNROLL for (int v = 0; v < vectors; v++) {
            float *to = c + (size_t)j * stride + v * LANES;
            STORE(to, add ? ADD(LOAD(to), sum[j][v]) : sum[j][v]);
        }
    }
}

/** Each number of columns has its own code, so that narrow tiles do not cost as much as wide ones. */
static inline __attribute__((always_inline)) void tile_columns(int vectors, int64_t k, const float *a,
                                                               const float *b, float *c, size_t stride,
                                                               int columns, bool add) {
#define CASE(n)                                       \
    case n:                                           \
        tile_of(vectors, n, k, a, b, c, stride, add); \
        break
    switch (columns) {
        CASE(1);
        CASE(2);
        CASE(3);
        CASE(4);
        CASE(5);
#if COLUMNS > 6
        CASE(6);
        CASE(7);
        CASE(8);
        CASE(9);
        CASE(10);
        CASE(11);
#endif
        default:
            tile_of(vectors, COLUMNS, k, a, b, c, stride, add);
            break;
    }
#undef CASE
}

static void tile(int64_t k, const float *a, const float *b, float *c, size_t stride, int rows, int columns,
                 bool add) {
    if (rows <= LANES) {
        tile_columns(1, k, a, b, c, stride, columns, add);
    } else {
        tile_columns(VECTORS, k, a, b, c, stride, columns, add);
    }
}
_Static_assert(VECTORS == 2, "a tile is one vector high, or two");

static uint64_t flops(int64_t rounds) {
    enum { CHAINS = VECTORS * COLUMNS };
    VECTOR sum[CHAINS];
    UNROLL for (int i = 0; i < CHAINS; i++) {
        sum[i] = ZERO();
    }
    const VECTOR half = SPLAT(0.5f);
    const VECTOR one = SPLAT(1.0f);
    for (int64_t r = 0; r < rounds; r++) {
        UNROLL for (int i = 0; i < CHAINS; i++) {
            sum[i] = FMA(sum[i], half, one);
            KEEP(sum[i]);
        }
    }
    return (uint64_t)rounds * CHAINS * LANES * 2;
}

static uint64_t read_words(const char *from, size_t bytes) {
    enum { SUMS = 8 };
    WORDS sum[SUMS];
    UNROLL for (int i = 0; i < SUMS; i++) {
        sum[i] = NO_WORDS();
    }
    size_t at = 0;
    for (; at + sizeof sum <= bytes; at += sizeof sum) {
        UNROLL for (int i = 0; i < SUMS; i++) {
            sum[i] = ADD_WORDS(sum[i], LOAD_WORDS(from + at + (size_t)i * sizeof(WORDS)));
        }
    }
    uint64_t words[SUMS * (sizeof(WORDS) / sizeof(uint64_t))];
    memcpy(words, sum, sizeof sum);
    uint64_t total = 0;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        total += words[i];
    }
    for (uint64_t word; at + sizeof word <= bytes; at += sizeof word) {
        memcpy(&word, from + at, sizeof word);
        total += word;
    }
    return total;
}

const sgemm_table TABLE = {
    .name = NAME,
    .lanes = LANES,
    .rows = VECTORS * LANES,
    .columns = COLUMNS,
    .block = BLOCK,
    .tile = tile,
    .flops = flops,
    .read = read_words,
};
