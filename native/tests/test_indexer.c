/* The indexer: scores against double precision, the same bits for every instruction set, the selection. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "attention/indexer.h"
#include "check.h"
#include "cpu/dispatch.h"
#include "quantize/half.h"
#include "random.h"

enum { MAX_WIDTH = 130, MAX_HEADS = 30, TOKENS = 5, PAGES = 3, CELLS = 5 * BLOCK_CELLS };

static float q[TOKENS][MAX_HEADS][MAX_WIDTH];
static float keys[CELLS][MAX_WIDTH];
static half_t half_keys[CELLS][MAX_WIDTH];
static float weights[TOKENS][MAX_HEADS];
static float scores[TOKENS][PAGES * BLOCK_CELLS];
static float expected[TOKENS][PAGES * BLOCK_CELLS];
static const int32_t table[PAGES] = {192, 0, 256};
static const int32_t ranges[TOKENS][2] = {{0, 0}, {0, 1}, {0, 100}, {70, 150}, {0, 192}};

static indexer shape_of(int32_t type, int width, int heads) {
    return (indexer){
        .heads = heads,
        .tokens = TOKENS,
        .cells = CELLS,
        .q = (const char *)q,
        .q_head = sizeof q[0][0],
        .q_token = sizeof q[0],
        .k = {.data = type == TYPE_F32 ? (const char *)keys : (const char *)half_keys,
              .type = type,
              .width = width,
              .cell = type == TYPE_F32 ? sizeof keys[0] : sizeof half_keys[0]},
        .weights = (const char *)weights,
        .weights_token = sizeof weights[0],
        .table = table,
        .pages = PAGES,
        .ranges = ranges[0],
        .scores = scores[0],
    };
}

static void compute(index_scores_fn f, const indexer *a, int64_t step) {
    void *memory = aligned_alloc(64, (indexer_scratch_bytes(a) + 63) / 64 * 64);
    memset(scores, 0, sizeof scores);
    for (int64_t page = 0; page < PAGES; page++) {
        for (int64_t t = 0; t < TOKENS; t += step) {
            f(a, page, t, t + step < TOKENS ? t + step : TOKENS, memory);
        }
    }
    free(memory);
}

static void check_reference(const indexer *a) {
    for (int t = 0; t < TOKENS; t++) {
        for (int p = 0; p < PAGES * BLOCK_CELLS; p++) {
            const int cell = table[p / BLOCK_CELLS] + p % BLOCK_CELLS;
            double sum = 0;
            for (int h = 0; h < a->heads; h++) {
                double dot = 0;
                for (int i = 0; i < a->k.width; i++) {
                    const float key =
                        a->k.type == TYPE_F32 ? keys[cell][i] : half_to_float(half_keys[cell][i]);
                    dot += (double)q[t][h][i] * (double)key;
                }
                sum += (double)weights[t][h] * fmax(dot, 0);
            }
            const int is_seen = ranges[t][0] <= p && p < ranges[t][1];
            const double error = (double)scores[t][p] - (is_seen ? sum : 0);
            CHECK(fabs(error) < 1e-3, "width %d, token %d, position %d", a->k.width, t, p);
        }
    }
}

static void check_shape(int32_t type, int width, int heads) {
    const indexer a = shape_of(type, width, heads);
    compute(index_scores_scalar, &a, TOKENS);
    check_reference(&a);
    memcpy(expected, scores, sizeof scores);
    for (int i = 0; i < isa_count; i++) {
        const isa_kernels *isa = &isa_table[i];
        if (attend_general_usable(isa)) {
            for (int64_t step = 1; step <= TOKENS; step += 2) {
                compute(isa->index_scores, &a, step);
                CHECK(memcmp(scores, expected, sizeof scores) == 0, "%s: width %d", isa->name, width);
            }
        }
    }
}

static void check_broken_key(void) {
    const indexer a = shape_of(TYPE_F32, 16, 3);
    const float old = keys[table[1] + 5][9];
    keys[table[1] + 5][9] = NAN;
    compute(index_scores_scalar, &a, TOKENS);
    keys[table[1] + 5][9] = old;
    CHECK(scores[4][BLOCK_CELLS + 5] == INFINITY && scores[2][BLOCK_CELLS + 5] == INFINITY, "seen");
    CHECK(scores[3][BLOCK_CELLS + 5] == 0, "not seen");
}

static void check_selection(void) {
    static const float s[] = {9, 1, -2, 3, 3, -0.0f, 3, NAN, -INFINITY, 2};
    static const int32_t best[][5] = {{7, -1}, {3, 7, -1}, {3, 4, 7, -1}, {3, 4, 6, 7, -1}};
    int32_t ids[16];
    for (int k = 1; k <= 4; k++) {
        memset(ids, 0, sizeof ids);
        indexer_select(s, 1, 10, k, ids);
        CHECK(memcmp(ids, best[k - 1], (size_t)k * sizeof *ids) == 0, "best %d", k);
        CHECK(ids[k] == 0, "best %d: past the end", k);
    }
    indexer_select(s, 2, 4, 4, ids);
    CHECK(ids[0] == 2 && ids[1] == 3 && ids[2] == -1 && ids[3] == -1, "fewer than asked for");
    indexer_select(s, 4, 4, 2, ids);
    CHECK(ids[0] == -1 && ids[1] == -1, "none");
}

int main(void) {
    for (int c = 0; c < CELLS; c++) {
        for (int i = 0; i < MAX_WIDTH; i++) {
            keys[c][i] = uniform();
            half_keys[c][i] = (half_t)((next() & 0x83ff) | (8 + next() % 7) << 10); /* up to 1 */
        }
    }
    for (int t = 0; t < TOKENS; t++) {
        for (int h = 0; h < MAX_HEADS; h++) {
            weights[t][h] = uniform();
            for (int i = 0; i < MAX_WIDTH; i++) {
                q[t][h][i] = uniform();
            }
        }
    }
    static const int widths[] = {1, 3, 16, 17, 64, 100, 128, 130};
    static const int heads[] = {1, 5, 12, 13, 30};
    for (int i = 0; i < (int)(sizeof widths / sizeof *widths); i++) {
        for (int j = 0; j < (int)(sizeof heads / sizeof *heads); j++) {
            check_shape(TYPE_F32, widths[i], heads[j]);
            check_shape(TYPE_F16, widths[i], heads[j]);
        }
    }
    check_broken_key();
    check_selection();
    return checks_failed();
}
