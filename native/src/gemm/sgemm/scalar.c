/* The reference: plain C for any machine. */
#include <string.h>

#include "sgemm.h"

enum { ROWS = 8, COLUMNS = 4 };

static void tile(int64_t k, const float *a, const float *b, float *c, size_t stride, int rows, int columns,
                 bool add) {
    float sum[COLUMNS][ROWS] = {{0}};
    for (int64_t l = 0; l < k; l++) {
        for (int j = 0; j < COLUMNS; j++) {
            for (int i = 0; i < ROWS; i++) {
                sum[j][i] += a[l * ROWS + i] * b[l * COLUMNS + j];
            }
        }
    }
    for (int j = 0; j < columns; j++) {
        for (int i = 0; i < rows; i++) {
            float *to = c + (size_t)j * stride + i;
            *to = add ? *to + sum[j][i] : sum[j][i];
        }
    }
}

static uint64_t flops(int64_t rounds) {
    enum { CHAINS = 8 };
    float sum[CHAINS] = {0, 1, 2, 3, 4, 5, 6, 7};
    for (int64_t i = 0; i < rounds; i++) {
        for (int j = 0; j < CHAINS; j++) {
            sum[j] = sum[j] * 0.5f + 1.0f;
        }
    }
    volatile float sink = 0; /* so that the sums are used */
    for (int j = 0; j < CHAINS; j++) {
        sink = sink + sum[j];
    }
    return (uint64_t)rounds * CHAINS * 2;
}

static uint64_t read_words(const char *from, size_t bytes) {
    uint64_t sum = 0;
    for (size_t i = 0; i + sizeof sum <= bytes; i += sizeof sum) {
        uint64_t word;
        memcpy(&word, from + i, sizeof word);
        sum += word;
    }
    return sum;
}

const sgemm_table sgemm_scalar = {
    .name = "scalar",
    .lanes = 1,
    .rows = ROWS,
    .columns = COLUMNS,
    .block = 128,
    .tile = tile,
    .flops = flops,
    .read = read_words,
};
