/*
 * The float GEMM of every instruction set against partial sums by fmaf() in the order of float_gemm.h, bit
 * for bit, and these against double precision.
 */
#include "gemm/float/float_gemm.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "cpu/dispatch.h"
#include "quantize/half.h"
#include "random.h"

enum {
    MAX_K = 1100,
    MAX_ROWS = 140,
    MAX_N_TESTED = MAX_N + 30,
    PADDING = 5, /* values between rows of activations */
    LARGE_N = 40,
};

static const int32_t TYPES[] = {TYPE_F16, TYPE_BF16, TYPE_F32};

static char *weights; /* without padding, so that a sanitizer detects reads beyond the end */
static float x[MAX_N_TESTED * (MAX_K + PADDING)];
static float reference[MAX_N_TESTED * MAX_ROWS];
static float result[MAX_N_TESTED * MAX_ROWS];
static float batch[MAX_N_TESTED * MAX_ROWS];
static int32_t scatter[MAX_N_TESTED];

/** The error of a sum of k products in f32: k roundings of the sum of magnitudes. */
static double error_of_sum(int64_t k, double magnitudes) {
    return 0x1p-24 * (double)k * magnitudes + 1e-40;
}

static float value_at(int32_t type, int64_t i) {
    const char *at = weights + (size_t)i * weight_types[type].block_bytes;
    uint16_t h;
    float v;
    if (type == TYPE_F32) {
        memcpy(&v, at, sizeof v);
        return v;
    }
    memcpy(&h, at, sizeof h);
    return type == TYPE_F16 ? half_to_float(h) : bfloat_to_float(h);
}

/** Finite numbers of all magnitudes, with subnormals and zeros of both signs. */
static void fill_weights(int32_t type, int64_t count) {
    const size_t bytes = weight_types[type].block_bytes;
    free(weights);
    weights = malloc((size_t)count * bytes);
    for (int64_t i = 0; i < count; i++) {
        const uint32_t r = next();
        const uint32_t sign = r & 0x8000;
        float v = uniform() * (r % 7 == 0 ? 1e-30f : r % 5 == 0 ? 100.0f : 1.0f);
        uint32_t bits;
        memcpy(&bits, &v, sizeof bits);
        uint16_t h = (uint16_t)(bits >> 16);
        if (type == TYPE_F16) {
            h = (uint16_t)(sign | r % 3 << 13 | (r >> 16 & 0x1fff) % 0x1c00);
        }
        if (r % 97 == 0) {
            h = (uint16_t)sign;
            bits = sign << 16;
        }
        memcpy(weights + (size_t)i * bytes, bytes == 2 ? (void *)&h : (void *)&bits, bytes);
    }
}

static gemm_args all_rows(int32_t type, int64_t k, int64_t first, int64_t n, float *y) {
    const gemm_args p = {
        .type = type,
        .k = k,
        .w = weights,
        .w_stride = (size_t)k * weight_types[type].block_bytes,
        .x_f32 =
            {
                .data = (const char *)(x + first * (k + PADDING)),
                .stride = (size_t)(k + PADDING) * sizeof(float),
                .used = 1,
            },
        .n = n,
        .y = y,
        .y_stride = MAX_ROWS,
    };
    return p;
}

/** Computes the reference, without code of the library. */
static void check_reference(int32_t type, int64_t k, int64_t rows, int64_t n) {
    for (int64_t i = 0; i < rows; i++) {
        for (int64_t m = 0; m < n; m++) {
            double exact = 0;
            double magnitudes = 0;
            float sum = 0;
            float sums_of_16[PARTIAL_SUMS] = {0};
            for (int64_t j = 0; j < k; j++) {
                const float w = value_at(type, i * k + j);
                const float v = x[m * (k + PADDING) + j];
                exact += (double)w * (double)v;
                magnitudes += fabs((double)w * (double)v);
                sums_of_16[j % PARTIAL_SUMS] = fmaf(w, v, sums_of_16[j % PARTIAL_SUMS]);
                for (int c = 0; c < PARTIAL_SUMS && (j % FLOAT_K_BLOCK == FLOAT_K_BLOCK - 1 || j == k - 1);
                     c++) {
                    sum += sums_of_16[c];
                    sums_of_16[c] = 0;
                }
            }
            CHECK(fabs((double)sum - exact) <= error_of_sum(k, magnitudes), "type %d k %d: %g, exactly %g",
                  type, (int)k, (double)sum, exact);
            reference[m * MAX_ROWS + i] = sum;
        }
    }
}

static void check_same(const char *what, const char *name, int32_t type, int64_t k, int64_t rows,
                       int64_t first, int64_t n, const float *got) {
    for (int64_t m = 0; m < n; m++) {
        CHECK(memcmp(got + m * MAX_ROWS, reference + (first + m) * MAX_ROWS, (size_t)rows * sizeof *got) == 0,
              "%s type %d k %d rows %d: %s, X %d of %d", name, type, (int)k, (int)rows, what, (int)m, (int)n);
    }
}

/** All rows of X at once, in batches of any size with any cut of the rows of W, and scattered. */
static void check_gemm(const isa_kernels *isa, int32_t type, int64_t k, int64_t rows, int64_t n) {
    gemm_args p = all_rows(type, k, 0, n, result);
    memset(result, 0xff, sizeof result);
    gemm(isa, &p, 0, rows);
    check_same("all rows", isa->name, type, k, rows, 0, n, result);
    for (int64_t m = 0, count; m < n; m += count) {
        count = 1 + next() % (uint32_t)(n - m < 20 ? n - m : 20);
        p = all_rows(type, k, m, count, batch);
        memset(batch, 0xff, sizeof batch);
        const int64_t cut = next() % (uint32_t)(rows + 1);
        gemm(isa, &p, 0, cut);
        gemm(isa, &p, cut, rows);
        check_same("in a batch", isa->name, type, k, rows, m, count, batch);
    }
    for (int64_t m = 0; m < n; m++) {
        scatter[m] = (int32_t)(n - 1 - m);
    }
    p = all_rows(type, k, 0, n, result);
    p.scatter = scatter;
    memset(result, 0xff, sizeof result);
    gemm(isa, &p, 0, rows);
    check_same("scattered", isa->name, type, k, rows, 0, n, result);
}

static void check_type(const isa_kernels *isa, int32_t type) {
    static const int64_t rows[] = {1, 8, 15, 16, 17, 31, 32, 33, 64, MAX_ROWS};
    static const int64_t ns[] = {1, 2, 3, 4, 5, 6, 7, 11, 12, 13, 25, LARGE_N};
    static const int64_t tails[] = {1,   2,   7,   15,  16,  17,  31,  32,  33,   63,   127,
                                    128, 129, 160, 256, 257, 511, 512, 513, 1024, 1056, MAX_K};
    const int rounds = (int)(sizeof tails / sizeof *tails);
    for (int round = 0; round < 2 * rounds; round++) {
        const int64_t k = round < rounds ? tails[round] : 1 + next() % MAX_K;
        const int64_t n_rows = rows[(round * 7 + round / 10) % 10];
        /* once more than one call */
        const int64_t n = round == 4 ? MAX_N_TESTED : ns[(round + round / 12) % 12];
        fill_weights(type, n_rows * k);
        for (int64_t i = 0; i < n * (k + PADDING); i++) {
            x[i] = uniform() * (next() % 9 == 0 ? 1e-30f : 1.0f);
        }
        check_reference(type, k, n_rows, n);
        check_gemm(isa, type, k, n_rows, n);
    }
}

/** Whether two floats have the same bits, or both are NaN. */
static int same(float a, float b) {
    return (isnan(a) && isnan(b)) || memcmp(&a, &b, sizeof a) == 0;
}

/** Every 16-bit value, also infinities and NaN, in a panel and multiplied by 1. */
static void check_values(const isa_kernels *isa, int32_t type) {
    static float_panel packed __attribute__((aligned(64)));
    const int per_panel = FLOAT_K_BLOCK * STRIP_ROWS;
    free(weights);
    weights = malloc(0x10000 * sizeof(uint16_t));
    for (int i = 0; i < 0x10000; i++) {
        const uint16_t h = (uint16_t)i;
        memcpy(weights + 2 * i, &h, sizeof h);
    }
    for (int at = 0; at < 0x10000; at += per_panel) {
        const char *w = weights + 2 * at;
        const size_t stride = 2 * FLOAT_K_BLOCK;
        const float_strip rows = {{w, w + PANEL_ROWS * stride}, {stride, stride}, w};
        if (isa->float_gemm->pack[type] == NULL) {
            break;
        }
        isa->float_gemm->pack[type](&rows, FLOAT_K_BLOCK, packed);
        for (int i = 0; i < per_panel; i++) {
            const int value = i % FLOAT_K_BLOCK;
            const int index = value % PARTIAL_SUMS * PARTIAL_SUM_STRIDE + value / PARTIAL_SUMS * STRIP_ROWS +
                              i / FLOAT_K_BLOCK;
            CHECK(same(packed[index], value_at(type, at + i)), "%s type %d: %04x", isa->name, type,
                  (unsigned)(at + i));
        }
    }
    const float one = 1.0f;
    static float y[0x10000];
    const gemm_args p = {
        .type = type,
        .k = 1,
        .w = weights,
        .w_stride = 2,
        .x_f32 = {.data = (const char *)&one, .used = 1},
        .n = 1,
        .y = y,
        .y_stride = 0x10000,
    };
    gemm(isa, &p, 0, 0x10000);
    for (int i = 0; i < 0x10000; i++) {
        /* 0 + -0 is 0 */
        CHECK(same(y[i], value_at(type, i) + 0.0f), "%s type %d: 1 * %04x", isa->name, type, (unsigned)i);
    }
}

static void check_table(const isa_kernels *isa) {
    for (size_t t = 0; t < sizeof TYPES / sizeof *TYPES; t++) {
        CHECK(weight_types[TYPES[t]].activations == ACTIVATIONS_F32, "type %d", TYPES[t]);
        check_type(isa, TYPES[t]);
        if (TYPES[t] != TYPE_F32) {
            check_values(isa, TYPES[t]);
        }
    }
}

/** The exit status of a skipped test, see CMakeLists.txt. */
enum { SKIPPED = 77 };

/** Tests every instruction set, or the named one. */
int main(int count, char **arguments) {
    random_seed(2463);
    const char *only = count > 1 ? arguments[1] : NULL;
    int tested = 0;
    for (int i = 0; i < isa_count; i++) {
        const isa_kernels *isa = &isa_table[i];
        const char *name = isa->name;
        if (only != NULL && strcmp(only, name) != 0) {
            continue;
        }
        if (!isa_usable(isa)) {
            printf("skipped: this CPU cannot run %s\n", name);
            continue;
        }
        check_table(isa);
        printf("tested: %s\n", name);
        tested++;
    }
    free(weights);
    return tested == 0 ? SKIPPED : checks_failed();
}
