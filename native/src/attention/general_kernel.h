/**
 * General attention of a chunk of queries, for every instruction set. A file that includes this includes the
 * simd/ header of its instruction set first, and defines NAME, the name of the function, TILE_ROWS and
 * TILE_VECTORS, whose product of sums of f32x16 fits the registers, with EACH_ROWS(f) and EACH_VECTORS(f),
 * f(n) for each size of tile from the largest to 1, and KEEP(x), which keeps an f32x16 in a register.
 */
#include <math.h>
#include <string.h>

#include "cache_rows.h"
#include "general.h"
#include "simd/exp2.h"

#define EACH_TILE_ROW(r) _Pragma("GCC unroll 8") for (int r = 0; r < rows; r++)
#define EACH_TILE_VECTOR(v) _Pragma("GCC unroll 4") for (int v = 0; v < vectors; v++)

static const float LOG2_E = 0x1.715476p0f;

/** Which cells a query sees in a block: [from, to). */
typedef struct {
    int from;
    int to;
} visible_cells;

/** A block of up to 64 cells, whose K and V are in the scratch memory. */
typedef struct {
    int64_t position;          /* of the first cell; without a meaning for selected positions */
    int64_t cell[BLOCK_CELLS]; /* in the cache, -1 for none */
    int64_t next;              /* the first cell of the next block, to be prefetched; -1 for none */
    visible_cells loaded;      /* the others are zeros */
    uint64_t broken;           /* cells with a value that is not finite, which are zeros here */
} cell_block;

/** out, or 0 without scale, times scale, plus a, rows of steps values, times b, steps of vectors. */
INLINE void tile(const int rows, const int vectors, const float *a, int64_t a_stride, int steps,
                 const float *b, int64_t b_stride, const float *scale, float *out, int64_t out_stride) {
    f32x16 sum[TILE_ROWS][TILE_VECTORS];
    EACH_TILE_ROW(r) {
        EACH_TILE_VECTOR(v) {
            sum[r][v] = f32x16_set1(0);
        }
    }
    if (scale != NULL) {
        EACH_TILE_ROW(r) {
            EACH_TILE_VECTOR(v) {
                const f32x16 old = f32x16_load(out + r * out_stride + v * SIMD_WIDTH);
                sum[r][v] = f32x16_mul(old, f32x16_set1(scale[r]));
            }
        }
    }
    for (int k = 0; k < steps; k++, b += b_stride) {
        f32x16 w[TILE_VECTORS];
        EACH_TILE_VECTOR(v) {
            w[v] = f32x16_load(b + v * SIMD_WIDTH);
        }
        EACH_TILE_ROW(r) {
            f32x16 x = f32x16_set1(a[r * a_stride + k]);
            KEEP(x);
            EACH_TILE_VECTOR(v) {
                sum[r][v] = f32x16_fma(w[v], x, sum[r][v]);
            }
        }
    }
    EACH_TILE_ROW(r) {
        EACH_TILE_VECTOR(v) {
            f32x16_store(out + r * out_stride + v * SIMD_WIDTH, sum[r][v]);
        }
    }
}

/** A tile of any number of rows and the given number of vectors; arguments as for tile(). */
INLINE void multiply_rows(const int vectors, int rows, const float *a, int64_t a_stride, int steps,
                          const float *b, int64_t b_stride, const float *scale, float *out,
                          int64_t out_stride) {
#define TILES(count)                                                                             \
    for (; rows >= (count); rows -= (count), a += (count)*a_stride, out += (count)*out_stride) { \
        tile((count), vectors, a, a_stride, steps, b, b_stride, scale, out, out_stride);         \
        scale += scale != NULL ? (count) : 0;                                                    \
    }
    EACH_ROWS(TILES)
#undef TILES
}

static void multiply(int vectors, int rows, const float *a, int64_t a_stride, int steps, const float *b,
                     int64_t b_stride, const float *scale, float *out, int64_t out_stride) {
    /* hides the value: with a known one GCC keeps two copies of the sums */
    __asm__("" : "+r"(steps));
#define COLUMNS(count)                                                                                   \
    for (; vectors >= (count); vectors -= (count), b += (count)*SIMD_WIDTH, out += (count)*SIMD_WIDTH) { \
        multiply_rows((count), rows, a, a_stride, steps, b, b_stride, scale, out, out_stride);           \
    }
    EACH_VECTORS(COLUMNS)
#undef COLUMNS
}

/** A row as f32, padded to whole vectors; returns whether it is finite, and zeros if it is not. */
INLINE int convert_row(const int32_t type, const char *row, int n, float *out) {
    f32x16 zero = f32x16_set1(0); /* NaN after a value that is not finite */
    for (int i = 0; i < n; i += SIMD_WIDTH) {
        const f32x16 x = read_row(type, row, i, n);
        zero = f32x16_fma(x, f32x16_set1(0), zero);
        f32x16_store(out + i, x);
    }
    if (f32x16_reduce_sum(zero) == 0) {
        return 1;
    }
    memset(out, 0, (size_t)n * sizeof *out);
    return 0;
}

INLINE void prefetch(const char *row, size_t bytes) {
    for (size_t i = 0; i < bytes; i += 64) {
        __builtin_prefetch(row + i);
    }
}

/** Converts rows [from, from + count) of a block; those without a cell become zeros. */
INLINE void convert_rows(const int32_t type, const cache_rows *rows, int64_t kv_head, int from, int count,
                         int64_t stride, cell_block *b, float *out) {
    const char *head = rows->data + (size_t)kv_head * rows->head;
    /* of a row; of a quantised one at least a part, the hardware prefetches the rest */
    const int value_bytes = type == TYPE_F32 ? 4 : type == TYPE_F16 || type == TYPE_BF16 ? 2 : 1;
    const size_t bytes = (size_t)(rows->width * value_bytes);
    for (int c = from; c < from + count; c++, out += stride) {
        if (b->next >= 0) {
            prefetch(head + (size_t)(b->next + c) * rows->cell, bytes);
        }
        if (c < b->loaded.from || c >= b->loaded.to) {
            memset(out, 0, (size_t)stride * sizeof *out);
        } else if (b->cell[c] < 0) {
            memset(out, 0, (size_t)stride * sizeof *out);
            b->broken |= UINT64_C(1) << c;
        } else if (!convert_row(type, head + (size_t)b->cell[c] * rows->cell, rows->width, out)) {
            b->broken |= UINT64_C(1) << c;
        }
    }
}

static void convert(const cache_rows *rows, int64_t kv_head, int from, int count, int64_t stride,
                    cell_block *b, float *out) {
#define CONVERT(of, reader)                                             \
    if (rows->type == (of)) {                                           \
        convert_rows((of), rows, kv_head, from, count, stride, b, out); \
    }
    EACH_CACHE_TYPE(CONVERT)
#undef CONVERT
}

/** K in panels of cells, [width][TILE_VECTORS vectors]; rows is memory for 16 rows. */
static void load_keys(const cache_rows *keys, int64_t kv_head, int64_t stride, cell_block *b, float *rows,
                      float *panels) {
    enum { PANEL = TILE_VECTORS * SIMD_WIDTH };
    const int width = keys->width;
    for (int c = 0; c < BLOCK_CELLS; c += SIMD_WIDTH) {
        float *panel = panels + c / PANEL * PANEL * width + c % PANEL;
        convert(keys, kv_head, c, SIMD_WIDTH, stride, b, rows);
        for (int i = 0; i < width; i += 4) {
            f32x16 x[4];
            f32x16_transpose4(rows + i, (size_t)stride, x);
            for (int j = 0; j < 4 && i + j < width; j++) {
                f32x16_store(panel + (i + j) * PANEL, x[j]);
            }
        }
    }
}

/** K in panels, and V in rows. */
static void load_block(const attention *a, int64_t kv_head, cell_block *b, const general_scratch *m) {
    b->broken = 0;
    load_keys(&a->k, kv_head, m->key_stride, b, m->rows, m->k);
    convert(&a->v, kv_head, 0, BLOCK_CELLS, m->value_stride, b, m->v);
}

/** tanh, with an absolute error of 2^-23. */
INLINE f32x16 tanh_of(f32x16 x) {
    const f32x16 one = f32x16_set1(1);
    const f32x16 e = exp2_nonpositive(f32x16_mul(f32x16_abs(x), f32x16_set1(-2 * LOG2_E)));
    const f32x16 y = f32x16_div(f32x16_sub(one, e), f32x16_add(one, e));
    const f32x16 negative = f32x16_sub(f32x16_set1(0), x);
    return f32x16_sub(f32x16_select_ge(x, 0, y), f32x16_select_ge(negative, 0, y));
}

/** Soft-cap and biases of 16 scores, to base 2; distance is that of the first from its query. */
INLINE f32x16 change_scores(const attention *a, const general_scratch *m, int64_t distance, int64_t head,
                            float slope, f32x16 t) {
    static const float index[SIMD_WIDTH] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    if (a->soft_cap != 0) {
        t = f32x16_mul(tanh_of(t), f32x16_set1(a->soft_cap * LOG2_E));
    }
    if (a->slopes != NULL) {
        const f32x16 d = f32x16_add(f32x16_load(index), f32x16_set1((float)distance));
        t = f32x16_fma(f32x16_abs(d), f32x16_set1(-slope * LOG2_E), t);
    }
    if (a->relative.values != NULL) {
        const int64_t longest = a->relative.distance;
        const int64_t d = distance < -longest - SIMD_WIDTH ? -longest - SIMD_WIDTH
                          : distance > longest             ? longest
                                                           : distance;
        t = f32x16_add(t, f32x16_load(m->relative + head * m->relative_stride + longest + SIMD_WIDTH + d));
    }
    return t;
}

/** The scores of query i of the chunk in a block, from its dot products s, in place; returns the largest. */
INLINE float finish_scores(const int is_plain, const attention *a, const general_scratch *m,
                           const cell_block *b, int64_t kv_head, int64_t i, visible_cells see, float *s) {
    const int64_t head = is_plain ? 0 : (m->first_head + i) % attention_group(a);
    const float slope = a->slopes == NULL ? 0 : a->slopes[kv_head * attention_group(a) + head];
    const int64_t distance = is_plain ? 0 : b->position - m->position[i];
    const f32x16 none = f32x16_set1(-INFINITY);
    f32x16 max = none;
#pragma GCC unroll 4
    for (int j = 0; j < BLOCK_CELLS; j += SIMD_WIDTH) {
        f32x16 t = f32x16_load(s + j);
        if (!is_plain) {
            t = change_scores(a, m, distance + j, head, slope, t);
        }
        if (see.to - see.from < BLOCK_CELLS) {
            t = f32x16_first_n(see.from - j, none, f32x16_first_n(see.to - j, t, none));
        }
        if (!is_plain || see.to - see.from < BLOCK_CELLS) {
            f32x16_store(s + j, t);
        }
        max = f32x16_max(t, max);
    }
    return f32x16_reduce_max(max);
}

/** The softmax weights of scores s relative to max, in place; returns their sum. */
INLINE float softmax_weights(float max, float *s) {
    f32x16 sum = f32x16_set1(0);
#pragma GCC unroll 4
    for (int j = 0; j < BLOCK_CELLS; j += SIMD_WIDTH) {
        const f32x16 p = exp2_nonpositive(f32x16_sub(f32x16_load(s + j), f32x16_set1(max)));
        sum = f32x16_add(sum, p);
        f32x16_store(s + j, p);
    }
    return f32x16_reduce_sum(sum);
}

/** Adds a block to queries [first, first + rows) of the chunk, of which query r sees see[r]. */
static void add_block(const attention *a, const general_scratch *m, const cell_block *b, int64_t kv_head,
                      int64_t first, int rows, const visible_cells *see) {
    enum { PANEL = TILE_VECTORS * SIMD_WIDTH };
    const int is_plain = a->soft_cap == 0 && a->slopes == NULL && a->relative.values == NULL;
    float max[SIMD_WIDTH];
    float old_scale[SIMD_WIDTH];
    for (int c = 0; c < BLOCK_CELLS; c += PANEL) {
        multiply(TILE_VECTORS, rows, m->q + first * m->key_stride, m->key_stride, a->k.width,
                 m->k + c * a->k.width, PANEL, NULL, m->s + c, BLOCK_CELLS);
    }
    for (int r = 0; r < SIMD_WIDTH; r++) {
        max[r] = -INFINITY;
    }
    for (int r = 0; r < rows; r++) {
        float *s = m->s + r * BLOCK_CELLS;
        max[r] = is_plain ? finish_scores(1, a, m, b, kv_head, first + r, see[r], s)
                          : finish_scores(0, a, m, b, kv_head, first + r, see[r], s);
    }
    const f32x16 old = f32x16_load(m->max + first);
    const f32x16 new = f32x16_max(f32x16_load(max), old);
    f32x16_store(old_scale, exp2_nonpositive(f32x16_sub(old, new)));
    f32x16_store(max, new);
    memcpy(m->max + first, max, (size_t)rows * sizeof *max);
    for (int r = 0; r < rows; r++) {
        const float sum = softmax_weights(max[r], m->s + r * BLOCK_CELLS);
        m->sum[first + r] = fmaf(m->sum[first + r], old_scale[r], sum);
        if (see[r].from < see[r].to) {
            const uint64_t seen = UINT64_MAX >> (BLOCK_CELLS - see[r].to) & UINT64_MAX << see[r].from;
            m->state[first + r] |= QUERY_SEES | ((b->broken & seen) != 0 ? QUERY_BROKEN : 0);
        }
    }
    const int skipped = b->loaded.from;
    multiply((int)(m->value_stride / SIMD_WIDTH), rows, m->s + skipped, BLOCK_CELLS, b->loaded.to - skipped,
             m->v + skipped * m->value_stride, m->value_stride, old_scale, m->out + first * m->value_stride,
             m->value_stride);
}

static int clamp(int64_t i) {
    return i < 0 ? 0 : i < BLOCK_CELLS ? (int)i : BLOCK_CELLS;
}

/** Attends to the blocks of the ranges of the chunk's queries. */
static void attend_ranges(const attention *a, int64_t kv_head, int64_t count, const general_scratch *m) {
    int64_t first = INT64_MAX;
    int64_t last = 0;
    for (int64_t i = 0; i < count; i++) {
        if (m->begin[i] < m->end[i]) {
            first = m->begin[i] < first ? m->begin[i] : first;
            last = m->end[i] > last ? m->end[i] : last;
        }
    }
    for (int64_t at = first / BLOCK_CELLS * BLOCK_CELLS; at < last; at += BLOCK_CELLS) {
        visible_cells see[GENERAL_MAX_QUERIES];
        cell_block b = {.position = at, .next = -1, .loaded = {BLOCK_CELLS, 0}};
        for (int64_t i = 0; i < count; i++) {
            see[i] = (visible_cells){clamp(m->begin[i] - at), clamp(m->end[i] - at)};
            if (see[i].from < see[i].to) {
                b.loaded.from = see[i].from < b.loaded.from ? see[i].from : b.loaded.from;
                b.loaded.to = see[i].to > b.loaded.to ? see[i].to : b.loaded.to;
            } else {
                see[i] = (visible_cells){0, 0};
            }
        }
        if (b.loaded.from >= b.loaded.to) {
            continue;
        }
        const int64_t cell = page_cell(a, at / BLOCK_CELLS);
        for (int c = 0; c < BLOCK_CELLS; c++) {
            b.cell[c] = cell < 0 ? -1 : cell + c;
        }
        if (at + BLOCK_CELLS < last) {
            b.next = page_cell(a, at / BLOCK_CELLS + 1);
        }
        load_block(a, kv_head, &b, m);
        for (int64_t i = 0; i < count; i += GENERAL_TILE) {
            const int rows = count - i < GENERAL_TILE ? (int)(count - i) : GENERAL_TILE;
            int sees = 0;
            for (int r = 0; r < rows; r++) {
                sees |= see[i + r].to;
            }
            if (sees) {
                add_block(a, m, &b, kv_head, i, rows, see + i);
            }
        }
    }
}

/** Adds a block of the first cells of b to all queries of the chunk. */
static void attend_cells(const attention *a, int64_t kv_head, int64_t count, int cells, cell_block *b,
                         const general_scratch *m) {
    visible_cells see[GENERAL_TILE];
    for (int r = 0; r < GENERAL_TILE; r++) {
        see[r] = (visible_cells){0, cells};
    }
    b->loaded = see[0];
    load_block(a, kv_head, b, m);
    for (int64_t i = 0; i < count; i += GENERAL_TILE) {
        const int rows = count - i < GENERAL_TILE ? (int)(count - i) : GENERAL_TILE;
        add_block(a, m, b, kv_head, i, rows, see);
    }
}

/** Attends to the selected positions of the chunk's token, 64 at a time in ascending order. */
static void attend_selected(const attention *a, int64_t kv_head, int64_t token, int64_t count,
                            const general_scratch *m) {
    const int32_t *selected = a->selected + token * a->top_k;
    const int64_t begin = m->begin[0];
    const int64_t end = m->end[0];
    cell_block b = {.next = -1};
    int cells = 0;
    memset(m->seen, 0, (size_t)a->pages * sizeof *m->seen);
    for (int64_t i = 0; i < a->top_k; i++) {
        const int64_t p = selected[i];
        if (begin <= p && p < end) {
            m->seen[p / BLOCK_CELLS] |= UINT64_C(1) << p % BLOCK_CELLS;
        }
    }
    for (int64_t page = 0; page < a->pages; page++) {
        for (uint64_t rest = m->seen[page]; rest != 0; rest &= rest - 1) {
            const int64_t cell = page_cell(a, page);
            b.cell[cells++] = cell < 0 ? -1 : cell + __builtin_ctzll(rest);
            if (cells == BLOCK_CELLS) {
                attend_cells(a, kv_head, count, cells, &b, m);
                cells = 0;
            }
        }
    }
    if (cells > 0) {
        attend_cells(a, kv_head, count, cells, &b, m);
    }
}

/** Queries with the scale, to base 2 unless there is a soft-cap. */
static void load_queries(const attention *a, int64_t kv_head, int64_t from, int64_t count,
                         const general_scratch *m) {
    const int64_t group = attention_group(a);
    const float scale = a->soft_cap != 0 ? a->scale / a->soft_cap : a->scale * LOG2_E;
    for (int64_t i = 0; i < count; i++) {
        const int64_t token = (from + i) / group;
        const int64_t head = kv_head * group + (from + i) % group;
        const char *q = a->q + (size_t)token * a->q_token + (size_t)head * a->q_head;
        f32x16 zero = f32x16_set1(0);
        for (int j = 0; j < a->k.width; j += SIMD_WIDTH) {
            const f32x16 x = read_row(TYPE_F32, q, j, a->k.width);
            zero = f32x16_fma(x, f32x16_set1(0), zero);
            f32x16_store(m->q + i * m->key_stride + j, f32x16_mul(x, f32x16_set1(scale)));
        }
        const int64_t end = a->ranges[2 * token + 1];
        m->begin[i] = a->ranges[2 * token] > 0 ? a->ranges[2 * token] : 0;
        m->end[i] = end < a->pages * BLOCK_CELLS ? end : a->pages * BLOCK_CELLS;
        m->position[i] = a->positions == NULL ? 0 : a->positions[token];
        m->state[i] = f32x16_reduce_sum(zero) == 0 ? 0 : QUERY_BROKEN;
        m->max[i] = -INFINITY;
        m->sum[i] = 0;
    }
    memset(m->out, 0, (size_t)(count * m->value_stride) * sizeof *m->out);
}

/** Adds the sink of a head to the sum of the weights, which is relative to max; returns the new scale. */
INLINE float add_sink(float sink, float max, float *sum) {
    const float top = sink > max ? sink : max;
    const f32x16 both = f32x16_first_n(1, f32x16_set1(max - top), f32x16_set1(sink - top));
    float weights[SIMD_WIDTH];
    f32x16_store(weights, exp2_nonpositive(both));
    *sum = fmaf(*sum, weights[0], weights[1]);
    return sink == sink ? weights[0] : NAN;
}

/** Writes the outputs: 0 for a query that sees nothing, NaN for one that is not finite or sees such a cell.
 */
static void write_outputs(const attention *a, int64_t kv_head, int64_t from, int64_t count,
                          const general_scratch *m) {
    const int64_t group = attention_group(a);
    for (int64_t i = 0; i < count; i++) {
        const int64_t head = kv_head * group + (from + i) % group;
        float *out = a->out + ((from + i) / group * a->heads + head) * a->v.width;
        const float *x = m->out + i * m->value_stride;
        float sum = m->sum[i];
        const float scale = a->sinks == NULL ? 1 : add_sink(a->sinks[head] * LOG2_E, m->max[i], &sum);
        const float factor = scale / sum;
        if (m->state[i] == QUERY_SEES && factor < INFINITY) {
            for (int j = 0; j < a->v.width; j++) {
                out[j] = x[j] * factor + 0.0f; /* no negative zeros, which cells out of sight may cause */
            }
        } else {
            const float all = (m->state[i] & QUERY_SEES) == 0 ? 0 : NAN;
            for (int j = 0; j < a->v.width; j++) {
                out[j] = all;
            }
        }
    }
}

void NAME(const attention *a, int64_t kv_head, int64_t from, int64_t to, void *memory) {
    general_scratch m = general_layout(a, to - from, memory);
    m.first_head = from % attention_group(a);
    load_queries(a, kv_head, from, to - from, &m);
    general_relative_biases(a, kv_head, &m);
    if (a->selected != NULL) {
        attend_selected(a, kv_head, from / attention_group(a), to - from, &m);
    } else {
        attend_ranges(a, kv_head, to - from, &m);
    }
    write_outputs(a, kv_head, from, to - from, &m);
}
