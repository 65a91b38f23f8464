/* The scalar attention against double precision, and every instruction set against it, bit for bit. */
#include "attention/attention.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "cpu/dispatch.h"
#include "myelin.h"
#include "quantize/half.h"
#include "random.h"
#include "runtime/ggml_tensor.h"

enum { MAX_TOKENS = 40, MAX_HEADS = 8, MAX_CELLS = 384 };

/** The error of fixed point, as the ratio of squared errors to squared values. */
static const double FIXED_POINT_ERROR = 1e-6;

typedef struct {
    const char *what;
    float size;    /* of queries and keys */
    float outlier; /* times that, of every seventh value of a head */
} input_kind;

static float q[MAX_TOKENS * MAX_HEADS * MAX_HEAD_SIZE];
static uint16_t k[MAX_HEADS * MAX_CELLS * MAX_HEAD_SIZE];
static uint16_t v[MAX_HEADS * MAX_CELLS * MAX_HEAD_SIZE];
static int32_t ranges[2 * MAX_TOKENS];
static int32_t table[MAX_CELLS / BLOCK_CELLS];
static float expected[MAX_TOKENS * MAX_HEADS * MAX_HEAD_SIZE];
static float result[MAX_TOKENS * MAX_HEADS * MAX_HEAD_SIZE];

/** f32 to f16 by truncation; for values without overflow. */
static half_t to_half(float x) {
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    const int32_t exponent = (int32_t)(bits >> 23 & 255) - 112;
    const half_t sign = (half_t)(bits >> 16 & 0x8000);
    return exponent <= 0 ? sign : (half_t)(sign | (uint32_t)exponent << 10 | (bits >> 13 & 0x3ff));
}

static size_t row_bytes(int32_t type, int head) {
    return type == 1 ? (size_t)head * 2 : (size_t)(head / 32) * sizeof(block_q8_0);
}

static float cache_value(int32_t type, const char *row, int i) {
    if (type == 1) {
        half_t h;
        memcpy(&h, row + 2 * i, sizeof h);
        return half_to_float(h);
    }
    block_q8_0 b;
    memcpy(&b, row + (size_t)(i / 32) * sizeof b, sizeof b);
    return half_to_float(b.d) * (float)b.qs[i % 32];
}

static void fill_cache(int32_t type, int head, int64_t rows, const input_kind *of, uint16_t *out) {
    if (type == 1) {
        for (int64_t i = 0; i < rows * head; i++) {
            out[i] = to_half(uniform() * of->size * (i % head % 7 == 3 ? of->outlier : 1));
        }
        return;
    }
    for (int64_t i = 0; i < rows * (head / 32); i++) {
        block_q8_0 *b = (block_q8_0 *)(void *)out + i;
        b->d = to_half(of->size / 127 * (1 + uniform() / 2));
        for (int j = 0; j < 32; j++) {
            b->qs[j] = (int8_t)(next() % 255 - 127u);
        }
    }
}

static attention random_attention(int32_t type, int head, int64_t heads, int64_t kv_heads, int64_t tokens,
                                  int64_t before, const input_kind *of) {
    const int64_t pages = (before + tokens + BLOCK_CELLS - 1) / BLOCK_CELLS;
    const int64_t cells = pages * BLOCK_CELLS;
    const size_t row = row_bytes(type, head);
    for (int64_t i = 0; i < tokens * heads * head; i++) {
        q[i] = uniform() * of->size * (i % head % 7 == 3 ? of->outlier : 1);
    }
    fill_cache(type, head, kv_heads * cells, of, k);
    fill_cache(type, head, kv_heads * cells, &(input_kind){"", 1, 1}, v);
    for (int64_t i = 0; i < tokens; i++) {
        ranges[2 * i] = 0;
        ranges[2 * i + 1] = (int32_t)(before + i + 1);
    }
    for (int64_t i = 0; i < pages; i++) {
        table[i] = (int32_t)(i * BLOCK_CELLS);
    }
    return (attention){
        .heads = heads,
        .kv_heads = kv_heads,
        .tokens = tokens,
        .cells = cells,
        .q = (const char *)q,
        .q_head = (size_t)head * sizeof *q,
        .q_token = (size_t)(head * heads) * sizeof *q,
        .k = {(const char *)k, type, head, row * (size_t)cells, row},
        .v = {(const char *)v, type, head, row * (size_t)cells, row},
        .table = table,
        .pages = pages,
        .ranges = ranges,
        .scale = 1 / sqrtf((float)head),
        .out = result,
    };
}

static void attend(attend_fn f, const attention *a, int64_t step) {
    const int64_t queries = a->tokens * (a->heads / a->kv_heads);
    for (int64_t h = 0; h < a->kv_heads; h++) {
        for (int64_t i = 0; i < queries; i += step) {
            f(a, h, i, i + step < queries ? i + step : queries);
        }
    }
}

static size_t cell_of(const attention *a, int64_t position) {
    return (size_t)(a->table[position / BLOCK_CELLS] + position % BLOCK_CELLS);
}

/** The output of one query in double precision; out is [head_size]. */
static void attend_in_double(const attention *a, int64_t token, int64_t head, double *out) {
    static double weight[MAX_CELLS];
    const int64_t of = head / (a->heads / a->kv_heads);
    const float *x =
        (const float *)(const void *)(a->q + (size_t)token * a->q_token + (size_t)head * a->q_head);
    const int64_t begin = a->ranges[2 * token];
    const int64_t end = a->ranges[2 * token + 1];
    double most = -INFINITY;
    double sum = 0;
    for (int64_t c = begin; c < end; c++) {
        const char *row = a->k.data + (size_t)of * a->k.head + cell_of(a, c) * a->k.cell;
        double s = 0;
        for (int i = 0; i < a->k.width; i++) {
            s += (double)x[i] * (double)cache_value(a->k.type, row, i);
        }
        weight[c] = s * (double)a->scale;
        most = weight[c] > most ? weight[c] : most;
    }
    memset(out, 0, (size_t)a->k.width * sizeof *out);
    for (int64_t c = begin; c < end; c++) {
        const char *row = a->v.data + (size_t)of * a->v.head + cell_of(a, c) * a->v.cell;
        const double p = exp(weight[c] - most);
        sum += p;
        for (int i = 0; i < a->k.width; i++) {
            out[i] += p * (double)cache_value(a->k.type, row, i);
        }
    }
    for (int i = 0; i < a->k.width; i++) {
        out[i] = sum > 0 ? out[i] / sum : 0;
    }
}

static void check_reference(const attention *a, const char *what) {
    double out[MAX_HEAD_SIZE];
    double error = 0;
    double size = 0;
    attend(attend_scalar, a, attention_max_queries(a->k.width));
    for (int64_t t = 0; t < a->tokens; t++) {
        for (int64_t h = 0; h < a->heads; h++) {
            attend_in_double(a, t, h, out);
            for (int i = 0; i < a->k.width; i++) {
                const double d = (double)a->out[(t * a->heads + h) * a->k.width + i] - out[i];
                error += d * d;
                size += out[i] * out[i];
            }
        }
    }
    CHECK(error <= FIXED_POINT_ERROR * size, "%s: head %d, %d tokens at %d, type %d: error %g", what,
          a->k.width, (int)a->tokens, (int)ranges[1] - 1, a->k.type, error / size);
}

static size_t out_bytes(const attention *a) {
    return (size_t)(a->tokens * a->heads * a->k.width) * sizeof(float);
}

/** All queries at once, query by query, token by token, and in chunks of any length. */
static void check_table(attend_fn f, const char *name, const attention *a) {
    const int64_t most = attention_max_queries(a->k.width);
    attend(attend_scalar, a, most);
    memcpy(expected, result, out_bytes(a));
    const int64_t steps[] = {most, 1, 1 + next() % 30};
    for (int i = 0; i < 3; i++) {
        memset(result, 0xff, out_bytes(a));
        attend(f, a, steps[i] < most ? steps[i] : most);
        CHECK(memcmp(result, expected, out_bytes(a)) == 0, "%s: head %d, %d tokens at %d, type %d, by %d",
              name, a->k.width, (int)a->tokens, (int)ranges[1] - 1, a->k.type, (int)steps[i]);
    }
    memset(result, 0xff, out_bytes(a));
    for (int64_t t = 0; t < a->tokens; t++) {
        attention query = *a;
        query.tokens = 1;
        query.q += (size_t)t * a->q_token;
        query.ranges += 2 * t;
        query.out += t * a->heads * a->k.width;
        attend(f, &query, most);
    }
    CHECK(memcmp(result, expected, out_bytes(a)) == 0, "%s: head %d, token by token", name, a->k.width);
}

/** A cell that is not finite changes the queries that see it, and no others. */
static void check_cell_not_finite(attend_fn f, const char *name) {
    const half_t values[] = {0x7c00, 0xfc00, 0x7e00};
    for (int i = 0; i < 6; i++) {
        const attention a = random_attention(1, 64, 4, 2, 20, 100, &(input_kind){"", 1, 1});
        attend(f, &a, attention_max_queries(a.k.width));
        memcpy(expected, result, out_bytes(&a));
        uint16_t *row = (i % 2 == 0 ? k : v) + (size_t)(110 * 64);
        row[17] = values[i / 2];
        attend(f, &a, attention_max_queries(a.k.width));
        for (int64_t t = 0; t < a.tokens; t++) {
            const float *y = result + t * 4 * 64;
            if (ranges[2 * t + 1] <= 110) {
                CHECK(memcmp(y, expected + t * 4 * 64, 4 * 64 * sizeof *y) == 0,
                      "%s: token %d does not see the cell", name, (int)t);
            } else {
                CHECK(isnan(y[0]) && isnan(y[127]), "%s: token %d sees the cell", name, (int)t);
                CHECK(memcmp(y + 128, expected + (t * 4 + 2) * 64, 128 * sizeof *y) == 0, "%s: other heads",
                      name);
            }
        }
    }
}

/** The same for a scale of a q8_0 cache. */
static void check_q8_0_not_finite(attend_fn f, const char *name) {
    const half_t values[] = {0x7c00, 0xfc00, 0x7e00};
    for (int i = 0; i < 6; i++) {
        const attention a = random_attention(8, 64, 4, 2, 20, 100, &(input_kind){"", 1, 1});
        attend(f, &a, attention_max_queries(a.k.width));
        memcpy(expected, result, out_bytes(&a));
        ((block_q8_0 *)(void *)(i % 2 == 0 ? k : v))[110 * 2 + 1].d = values[i / 2];
        attend(f, &a, attention_max_queries(a.k.width));
        for (int64_t t = 0; t < a.tokens; t++) {
            const float *y = result + t * 4 * 64;
            const int sees = ranges[2 * t + 1] > 110;
            for (int j = 0; j < 4 * 64; j++) {
                const int same = memcmp(y + j, expected + t * 4 * 64 + j, sizeof *y) == 0;
                CHECK(sees && j < 2 * 64 ? isnan(y[j]) : same, "%s: token %d, value %d, q8_0", name, (int)t,
                      j);
            }
        }
    }
}

/** A query that is not finite changes its own output, and no other. */
static void check_query_not_finite(attend_fn f, const char *name) {
    const float values[] = {NAN, INFINITY, -INFINITY};
    for (int i = 0; i < 6; i++) {
        const attention a = random_attention(i % 2 == 0 ? 1 : 8, 64, 4, 2, 20, 100, &(input_kind){"", 1, 1});
        attend(f, &a, attention_max_queries(a.k.width));
        memcpy(expected, result, out_bytes(&a));
        const int64_t query = next() % (20 * 4);
        q[query * 64 + next() % 64] = values[i / 2];
        attend(f, &a, attention_max_queries(a.k.width));
        for (int64_t j = 0; j < 20 * 4 * 64; j++) {
            const int same = memcmp(result + j, expected + j, sizeof *result) == 0;
            CHECK(j / 64 == query ? isnan(result[j]) : same, "%s: query %d, value %d", name, (int)query,
                  (int)j);
        }
    }
}

static void check_shapes(attend_fn f, const char *name) {
    static const int heads[] = {1, 2, 7, 8, 16, 31, 32, 48, 64, 80, 100, 128, 192, 255, 256};
    static const input_kind kinds[] = {
        {"flat", 0.01f, 1}, {"usual", 1, 1}, {"sharp", 6, 1}, {"outliers", 1, 30}, {"zeros", 0, 1}};
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
        for (int32_t type = 1; type <= 8; type += 7) {
            if (type == 8 && heads[i] % 32 != 0) {
                continue;
            }
            const input_kind *of = &kinds[i % 5];
            const int64_t kv = 1 + next() % 2;
            const int64_t group = 1 + next() % 4;
            attention a =
                random_attention(type, heads[i], kv * group, kv, 1 + next() % MAX_TOKENS, next() % 280, of);
            if (f == attend_scalar) {
                check_reference(&a, of->what);
            } else {
                check_table(f, name, &a);
            }
        }
    }
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        const attention a = random_attention(1, 64, 8, 2, 33, 63 + (int64_t)i, &kinds[i]);
        if (f == attend_scalar) {
            check_reference(&a, kinds[i].what);
        }
        check_table(f, name, &a);
    }
    check_cell_not_finite(f, name);
    check_q8_0_not_finite(f, name);
    check_query_not_finite(f, name);
}

/** Windows, and pages anywhere in the cache, which has NaN elsewhere. */
static void check_pages(attend_fn f, const char *name) {
    static uint16_t kept[2][2 * MAX_CELLS * 64];
    const int32_t order[] = {4, 0, 3, 1};
    attention a = random_attention(1, 64, 4, 2, MAX_TOKENS, 200, &(input_kind){"", 1, 1});
    for (int64_t i = 0; i < a.tokens; i++) {
        ranges[2 * i] = (int32_t)(i * 3);
    }
    ranges[0] = ranges[1];
    check_reference(&a, "window");
    attend(attend_scalar, &a, attention_max_queries(64));
    memcpy(expected, result, out_bytes(&a));
    for (int i = 0; i < 64; i++) {
        CHECK(expected[i] == 0, "%s: an empty range", name);
    }
    memcpy(kept[0], k, sizeof kept[0]);
    memcpy(kept[1], v, sizeof kept[1]);
    memset(k, 0xff, sizeof kept[0]);
    memset(v, 0xff, sizeof kept[1]);
    const int64_t cells = a.cells;
    a.cells = 5 * BLOCK_CELLS;
    a.k.head = a.v.head = (size_t)a.cells * a.k.cell;
    for (int64_t h = 0; h < 2; h++) {
        for (int64_t p = 0; p < a.pages; p++) {
            const int64_t to = (h * a.cells + order[p] * BLOCK_CELLS) * 64;
            const int64_t from = (h * cells + p * BLOCK_CELLS) * 64;
            memcpy(k + to, kept[0] + from, BLOCK_CELLS * 64 * sizeof *k);
            memcpy(v + to, kept[1] + from, BLOCK_CELLS * 64 * sizeof *v);
            table[p] = order[p] * BLOCK_CELLS;
        }
    }
    const int64_t steps[] = {attention_max_queries(64), 1, 17};
    for (int i = 0; i < 3; i++) {
        memset(result, 0xff, out_bytes(&a));
        attend(f, &a, steps[i]);
        CHECK(memcmp(result, expected, out_bytes(&a)) == 0, "%s: pages, by %d", name, (int)steps[i]);
    }
    table[0] = -1;
    attend(f, &a, steps[0]);
    for (int64_t t = 0; t < a.tokens; t++) {
        const int sees = ranges[2 * t] < BLOCK_CELLS && t > 0;
        CHECK(sees ? isnan(result[t * 256]) : memcmp(result + t * 256, expected + t * 256, 1024) == 0,
              "%s: a page that is not there, token %d", name, (int)t);
    }
}

/** The largest possible sums: equal values in all rows. */
static void check_largest(attend_fn f, const char *name) {
    static const int heads[] = {1, 64, 128, 256};
    for (size_t i = 0; i < sizeof heads / sizeof *heads; i++) {
        const attention a = random_attention(1, heads[i], 1, 1, 1, 127, &(input_kind){"", 0, 1});
        for (int64_t j = 0; j < 128 * heads[i]; j++) {
            k[j] = to_half(1);
            v[j] = to_half(1.9990234f);
        }
        for (int j = 0; j < heads[i]; j++) {
            q[j] = 1;
        }
        attend(f, &a, 1);
        CHECK(fabsf(result[0] - 1.9990234f) < 1e-3f, "%s: head %d: %g", name, heads[i], (double)result[0]);
    }
}

/* ---- the op --------------------------------------------------------------------------------------- */

static struct myelin_attention_params node;

typedef struct {
    struct ggml_tensor *dst;
    int32_t thread;
    int32_t threads;
} task;

static void *run(void *of) {
    const task *t = of;
    myelin_op_attention(t->dst, t->thread, t->threads, &node);
    return NULL;
}

static void check_op(void) {
    if (!myelin_attention_supported(1, 64)) {
        printf("no kernels for this CPU: the op is not tested\n");
        return;
    }
    const attention a = random_attention(1, 64, 8, 2, MAX_TOKENS, 200, &(input_kind){"", 1, 1});
    attend(attend_scalar, &a, attention_max_queries(64));
    memcpy(expected, result, out_bytes(&a));
    struct ggml_tensor in[5];
    memset(in, 0, sizeof in);
    in[0] = (struct ggml_tensor){.ne = {64, 8, MAX_TOKENS, 1}, .nb = {4, a.q_head, a.q_token}, .data = q};
    in[1] =
        (struct ggml_tensor){.type = 1, .ne = {64, a.cells, 2, 1}, .nb = {2, a.k.cell, a.k.head}, .data = k};
    in[2] = in[1];
    in[2].data = v;
    in[3] = (struct ggml_tensor){.type = 26, .ne = {a.pages, 1, 1, 1}, .data = table};
    in[4] = (struct ggml_tensor){.type = 26, .ne = {2, MAX_TOKENS, 1, 1}, .data = ranges};
    struct ggml_tensor dst = {
        .ne = {64 * 8, MAX_TOKENS, 1, 1}, .data = result, .src = {in, in + 1, in + 2, in + 3, in + 4}};
    node.scale = a.scale;
    for (int32_t threads = 1; threads <= 4; threads++) {
        pthread_t ids[4];
        task tasks[4];
        memset(result, 0xff, out_bytes(&a));
        for (int32_t i = 0; i < threads; i++) {
            tasks[i] = (task){&dst, i, threads};
            if (pthread_create(&ids[i], NULL, run, &tasks[i]) != 0) {
                abort();
            }
        }
        for (int32_t i = 0; i < threads; i++) {
            pthread_join(ids[i], NULL);
        }
        CHECK(memcmp(result, expected, out_bytes(&a)) == 0, "%d threads", threads);
        CHECK(node.queue[0] == 0 && node.queue[1] == 0, "the queue is reset");
    }
    CHECK(!myelin_attention_supported(0, 64), "f32");
    CHECK(!myelin_attention_supported(8, 48), "half a block");
    CHECK(!myelin_attention_supported(1, 0) && !myelin_attention_supported(1, 257), "head sizes");
}

#ifdef AVXVNNI_BY_AVX512
void attend_avxvnni_by_avx512(const attention *a, int64_t kv_head, int64_t from, int64_t to);
#endif

int main(void) {
    random_seed(2463534242u);
    for (int i = isa_count - 1; i >= 0; i--) {
        const isa_kernels *isa = &isa_table[i];
        if (i + 1 < isa_count && isa->attend == isa_table[i + 1].attend) {
            continue; /* the same function */
        }
        if (isa_usable(isa)) {
            check_shapes(isa->attend, isa->name);
            check_largest(isa->attend, isa->name);
            check_pages(isa->attend, isa->name);
        } else {
            printf("skipped: this CPU cannot run %s\n", isa->name);
        }
    }
#ifdef AVXVNNI_BY_AVX512
    if (kernels_named("avx512") != NULL) {
        check_shapes(attend_avxvnni_by_avx512, "avxvnni in the AVX-512 encoding");
        check_largest(attend_avxvnni_by_avx512, "avxvnni in the AVX-512 encoding");
    }
#endif
    check_op();
    return checks_failed();
}
