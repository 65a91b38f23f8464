/*
 * Weights that are floats: every table against chains of fmaf() in the order that floats.h has, bit for bit,
 * and that against a product in double precision.
 */
#include "gemm/float/float_gemm.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "cpu/dispatch.h"
#include "quantize/half.h"

static uint32_t state = 2463;

static uint32_t next(void) {
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    return state;
}

static float uniform(void) {
    return (float)next() / 4294967296.0f * 2.0f - 1.0f;
}

enum {
    MAX_K = 1100,
    MAX_ROWS = 140,
    MAX_M = MAX_N + 30,
    PADDING = 5, /* values between rows of activations */
    MAX_LARGE_M = 40,
};

static const int32_t TYPES[] = {TYPE_F16, TYPE_BF16, TYPE_F32};

static char *weights; /* exactly as long as they need be, so that a sanitiser sees what is read beyond */
static float x[MAX_M * (MAX_K + PADDING)];
static float reference[MAX_M * MAX_ROWS];
static float result[MAX_M * MAX_ROWS];
static float alone[MAX_M * MAX_ROWS];
static int32_t scatter[MAX_M];

/** What a sum of k products in f32 may be wrong by: k roundings of the sum of magnitudes. */
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

/** Finite numbers of all sizes, subnormal ones and zeroes of both signs among them. */
static void some_weights(int32_t type, int64_t count) {
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

static gemm_args whole(int32_t type, int64_t k, int64_t first, int64_t positions, float *y) {
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
        .n = positions,
        .y = y,
        .y_stride = MAX_ROWS,
    };
    return p;
}

/** The reference, plainly: it shares no code with any table. */
static void check_reference(int32_t type, int64_t k, int64_t rows, int64_t positions) {
    for (int64_t i = 0; i < rows; i++) {
        for (int64_t m = 0; m < positions; m++) {
            double exact = 0;
            double magnitudes = 0;
            float sum = 0;
            float chains[PARTIAL_SUMS] = {0};
            for (int64_t j = 0; j < k; j++) {
                const float w = value_at(type, i * k + j);
                const float v = x[m * (k + PADDING) + j];
                exact += (double)w * (double)v;
                magnitudes += fabs((double)w * (double)v);
                chains[j % PARTIAL_SUMS] = fmaf(w, v, chains[j % PARTIAL_SUMS]);
                for (int c = 0; c < PARTIAL_SUMS && (j % FLOAT_K_BLOCK == FLOAT_K_BLOCK - 1 || j == k - 1);
                     c++) {
                    sum += chains[c];
                    chains[c] = 0;
                }
            }
            CHECK(fabs((double)sum - exact) <= error_of_sum(k, magnitudes), "type %d k %d: %g, exactly %g",
                  type, (int)k, (double)sum, exact);
            reference[m * MAX_ROWS + i] = sum;
        }
    }
}

static void check_same(const char *what, const char *name, int32_t type, int64_t k, int64_t rows,
                       int64_t first, int64_t positions, const float *got) {
    for (int64_t m = 0; m < positions; m++) {
        CHECK(memcmp(got + m * MAX_ROWS, reference + (first + m) * MAX_ROWS, (size_t)rows * sizeof *got) == 0,
              "%s type %d k %d rows %d: %s, position %d of %d", name, type, (int)k, (int)rows, what, (int)m,
              (int)positions);
    }
}

/** Whole, and in batches of any size, their rows cut anywhere, their places in any order. */
static void check_product(const isa_kernels *isa, int32_t type, int64_t k, int64_t rows, int64_t positions) {
    gemm_args p = whole(type, k, 0, positions, result);
    memset(result, 0xff, sizeof result);
    gemm(isa, &p, 0, rows);
    check_same("whole", isa->name, type, k, rows, 0, positions, result);
    for (int64_t m = 0, some; m < positions; m += some) {
        some = 1 + next() % (uint32_t)(positions - m < 20 ? positions - m : 20);
        p = whole(type, k, m, some, alone);
        memset(alone, 0xff, sizeof alone);
        const int64_t cut = next() % (uint32_t)(rows + 1);
        gemm(isa, &p, 0, cut);
        gemm(isa, &p, cut, rows);
        check_same("in a batch", isa->name, type, k, rows, m, some, alone);
    }
    for (int64_t m = 0; m < positions; m++) {
        scatter[m] = (int32_t)(positions - 1 - m);
    }
    p = whole(type, k, 0, positions, result);
    p.scatter = scatter;
    memset(result, 0xff, sizeof result);
    gemm(isa, &p, 0, rows);
    check_same("by places", isa->name, type, k, rows, 0, positions, result);
}

static void check_type(const isa_kernels *isa, int32_t type) {
    static const int64_t rows[] = {1, 8, 15, 16, 17, 31, 32, 33, 64, MAX_ROWS};
    static const int64_t positions[] = {1, 2, 3, 4, 5, 6, 7, 11, 12, 13, 25, MAX_LARGE_M};
    static const int64_t tails[] = {1,   2,   7,   15,  16,  17,  31,  32,  33,   63,   127,
                                    128, 129, 160, 256, 257, 511, 512, 513, 1024, 1056, MAX_K};
    const int rounds = (int)(sizeof tails / sizeof *tails);
    for (int round = 0; round < 2 * rounds; round++) {
        const int64_t k = round < rounds ? tails[round] : 1 + next() % MAX_K;
        const int64_t n = rows[(round * 7 + round / 10) % 10];
        /* more than one call's positions once */
        const int64_t m = round == 4 ? MAX_M : positions[(round + round / 12) % 12];
        some_weights(type, n * k);
        for (int64_t i = 0; i < m * (k + PADDING); i++) {
            x[i] = uniform() * (next() % 9 == 0 ? 1e-30f : 1.0f);
        }
        check_reference(type, k, n, m);
        check_product(isa, type, k, n, m);
    }
}

/** Whether two floats are the same, all that are not numbers being one. */
static int same(float a, float b) {
    return (isnan(a) && isnan(b)) || memcmp(&a, &b, sizeof a) == 0;
}

/** All values of 16 bits, infinities and what is no number among them, by a panel and by a product of one. */
static void check_values(const isa_kernels *isa, int32_t type) {
    static float_panel widened __attribute__((aligned(64)));
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
        isa->float_gemm->pack[type](&rows, FLOAT_K_BLOCK, widened);
        for (int i = 0; i < per_panel; i++) {
            const int value = i % FLOAT_K_BLOCK;
            const int place = value % PARTIAL_SUMS * PARTIAL_SUM_STRIDE + value / PARTIAL_SUMS * STRIP_ROWS +
                              i / FLOAT_K_BLOCK;
            CHECK(same(widened[place], value_at(type, at + i)), "%s type %d: %04x", isa->name, type,
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

/** What a test program that could not run ends with, see CMakeLists.txt. */
enum { SKIPPED = 77 };

/** Tests all tables, or the one that is named. */
int main(int count, char **arguments) {
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
