/** The scores of an indexer, for every instruction set: included after general_kernel.h. */
#include "indexer.h"

/** Adds weight times max(dot product, 0) of each of rows heads to the scores of 64 cells. */
INLINE void add_heads(const float *s, int rows, const float *weights, float *scores) {
#pragma GCC unroll 4
    for (int j = 0; j < BLOCK_CELLS; j += SIMD_WIDTH) {
        f32x16 sum = f32x16_load(scores + j);
        for (int r = 0; r < rows; r++) {
            const f32x16 x = f32x16_load(s + r * BLOCK_CELLS + j);
            sum = f32x16_fma(f32x16_select_ge(x, 0, x), f32x16_set1(weights[r]), sum);
        }
        f32x16_store(scores + j, sum);
    }
}

/** The scores of one token in the block that is loaded. */
static void score_token(const indexer *a, const indexer_scratch *m, int64_t token, float *scores) {
    enum { PANEL = TILE_VECTORS * SIMD_WIDTH };
    const int64_t stride = (int64_t)(a->q_head / sizeof(float));
    const char *q = a->q + (size_t)token * a->q_token;
    const char *weights = a->weights + (size_t)token * a->weights_token;
    memset(scores, 0, BLOCK_CELLS * sizeof *scores);
    for (int64_t head = 0; head < a->heads; head += GENERAL_TILE) {
        const int rows = a->heads - head < GENERAL_TILE ? (int)(a->heads - head) : GENERAL_TILE;
        const float *first = (const void *)(q + (size_t)head * a->q_head);
        for (int c = 0; c < BLOCK_CELLS; c += PANEL) {
            multiply(TILE_VECTORS, rows, first, stride, a->k.width, m->panels + c * a->k.width, PANEL, NULL,
                     m->s + c, BLOCK_CELLS);
        }
        add_heads(m->s, rows, (const float *)(const void *)weights + head, scores);
    }
}

void SCORES_NAME(const indexer *a, int64_t page, int64_t from, int64_t to, void *memory) {
    const indexer_scratch m = indexer_layout(a, memory);
    const int64_t at = page * BLOCK_CELLS;
    const int64_t cell = a->table[page];
    cell_block b = {.next = -1, .loaded = {BLOCK_CELLS, 0}};
    visible_cells see[INDEXER_TOKENS];
    for (int64_t t = from; t < to; t++) {
        const visible_cells v = {clamp(a->ranges[2 * t] - at), clamp(a->ranges[2 * t + 1] - at)};
        see[t - from] = v;
        if (v.from < v.to) {
            b.loaded.from = v.from < b.loaded.from ? v.from : b.loaded.from;
            b.loaded.to = v.to > b.loaded.to ? v.to : b.loaded.to;
        }
    }
    if (b.loaded.from >= b.loaded.to) {
        return;
    }
    const int is_held = cell >= 0 && cell + BLOCK_CELLS <= a->cells;
    for (int c = 0; c < BLOCK_CELLS; c++) {
        b.cell[c] = is_held ? cell + c : -1;
    }
    load_keys(&a->k, 0, m.stride, &b, m.rows, m.panels);
    for (int64_t t = from; t < to; t++) {
        const visible_cells v = see[t - from];
        float scores[BLOCK_CELLS];
        if (v.from < v.to) {
            score_token(a, &m, t, scores);
            float *out = a->scores + t * a->pages * BLOCK_CELLS + at;
            for (int c = v.from; c < v.to; c++) {
                /* a key that is not finite is selected, so that the attention's result is not either */
                out[c] = b.broken >> c & 1 ? INFINITY : scores[c];
            }
        }
    }
}
