/* NaN that ggml's quantisation drops is restored. */
#include <math.h>
#include <string.h>

#include "check.h"
#include "myelin.h"
#include "quantize/blocks.h"
#include "runtime/ggml_tensor.h"

enum { N = 5, K = 64, USED = 3, TOKENS = 4, CELLS = 9, HEADS = 2 };

static const float NOT_FINITE[] = {NAN, INFINITY, -INFINITY};

/** The output of ggml_mul_mat and ggml_mul_mat_id: of experts, several rows of y may share a row of x. */
static void check_rows(int64_t one_row_per_token, int32_t threads) {
    static float y[TOKENS * USED][N];
    static float x[TOKENS][USED][K];
    for (int token = 0; token < TOKENS; token++) {
        for (int slot = 0; slot < (one_row_per_token ? 1 : USED); slot++) {
            memset(y, 0, sizeof y);
            memset(x, 0, sizeof x);
            x[token][slot][K - 1 - token] = NOT_FINITE[token % 3];
            struct ggml_tensor x_tensor = {.ne = {K, one_row_per_token ? 1 : USED, TOKENS, 1},
                                           .nb = {4, sizeof x[0][0], sizeof x[0], sizeof x},
                                           .data = x};
            struct ggml_tensor dst = {
                .ne = {N, USED, TOKENS, 1}, .nb = {4, sizeof y[0], USED * sizeof y[0], sizeof y}, .data = y};
            dst.src[0] = &dst;
            dst.src[1] = &x_tensor;
            for (int32_t i = 0; i < threads; i++) {
                myelin_op_propagate_nan(&dst, i, threads, NULL);
            }
            for (int i = 0; i < TOKENS * USED; i++) {
                const int is_nan = i / USED == token && (one_row_per_token || i % USED == slot);
                for (int j = 0; j < N; j++) {
                    CHECK(is_nan ? isnan(y[i][j]) : y[i][j] == 0, "%d threads: row %d", threads, i);
                }
            }
        }
    }
}

static void check_cache(int32_t threads) {
    static block_q8_0 cache[HEADS][CELLS][K / 32];
    static float x[TOKENS][HEADS][K]; /* by token: dimensions 1 and 2 of the tensor are swapped */
    int64_t cells[TOKENS] = {7, 2, 8, 0};
    for (int token = 0; token < TOKENS; token++) {
        const int head = token % HEADS;
        memset(cache, 0, sizeof cache);
        memset(x, 0, sizeof x);
        x[token][head][40] = NOT_FINITE[token % 3];
        struct ggml_tensor from = {
            .ne = {K, TOKENS, HEADS, 1}, .nb = {4, sizeof x[0], sizeof x[0][0], sizeof x}, .data = x};
        struct ggml_tensor rows = {.ne = {TOKENS, 1, 1, 1}, .data = cells};
        struct ggml_tensor dst = {.type = TYPE_Q8_0,
                                  .ne = {K, CELLS, HEADS, 1},
                                  .nb = {34, sizeof cache[0][0], sizeof cache[0], sizeof cache},
                                  .data = cache};
        dst.src[0] = &dst;
        dst.src[1] = &from;
        dst.src[2] = &rows;
        for (int32_t i = 0; i < threads; i++) {
            myelin_op_propagate_nan_blocks(&dst, i, threads, NULL);
        }
        for (int h = 0; h < HEADS; h++) {
            for (int c = 0; c < CELLS; c++) {
                const int is_nan = h == head && c == cells[token];
                CHECK(cache[h][c][0].d == 0, "head %d cell %d: the block before", h, c);
                CHECK(cache[h][c][1].d == (is_nan ? 0x7e00 : 0), "head %d cell %d", h, c);
            }
        }
    }
}

int main(void) {
    for (int32_t threads = 1; threads <= 5; threads++) {
        check_rows(0, threads);
        check_rows(1, threads);
        check_cache(threads);
    }
    return checks_failed();
}
