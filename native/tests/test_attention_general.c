/* The scalar general attention against double precision, and every instruction set against it, bit for bit.
 */
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "attention/attention.h"
#include "check.h"
#include "cpu/dispatch.h"
#include "myelin.h"
#include "quantize/half.h"
#include "random.h"
#include "runtime/ggml_tensor.h"

enum { MAX_POSITIONS = 1024, MAX_TOKENS = 48, MAX_HEADS = 130, MAX_DISTANCE = 40, BUCKETS = 12 };

/** The error of f32 arithmetic, as the ratio of squared errors to squared values. */
static const double ERROR_BOUND = 1e-11;

static int64_t below(int64_t n) {
    return (int64_t)(next() % (uint32_t)n);
}

static const int32_t types[] = {TYPE_F32,  TYPE_F16,  TYPE_BF16, TYPE_Q8_0,  TYPE_Q5_1,
                                TYPE_Q5_0, TYPE_Q4_1, TYPE_Q4_0, TYPE_IQ4_NL};

static size_t block_bytes(int32_t type) {
    switch (type) {
        case TYPE_F32:
            return 4;
        case TYPE_Q8_0:
            return sizeof(block_q8_0);
        case TYPE_Q5_1:
            return sizeof(block_q5_1);
        case TYPE_Q5_0:
            return sizeof(block_q5_0);
        case TYPE_Q4_1:
            return sizeof(block_q4_1);
        case TYPE_Q4_0:
            return sizeof(block_q4_0);
        case TYPE_IQ4_NL:
            return sizeof(block_iq4_nl);
        default:
            return 2;
    }
}

static size_t row_bytes(int32_t type, int width) {
    return (size_t)(width / general_block_size(type)) * block_bytes(type);
}

/** f32 to f16 by truncation; for values without overflow. */
static half_t to_half(float x) {
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    const int32_t exponent = (int32_t)(bits >> 23 & 255) - 112;
    const half_t sign = (half_t)(bits >> 16 & 0x8000);
    return exponent <= 0 ? sign : (half_t)(sign | (uint32_t)exponent << 10 | (bits >> 13 & 0x3ff));
}

static void random_row(int32_t type, int width, char *row) {
    const size_t bytes = block_bytes(type);
    for (int i = 0; i < width / general_block_size(type); i++, row += bytes) {
        const float x = uniform();
        uint32_t bits;
        memcpy(&bits, &x, sizeof bits);
        const uint16_t half = type == TYPE_BF16 ? (uint16_t)(bits >> 16) : to_half(x);
        if (type == TYPE_F32) {
            memcpy(row, &x, sizeof x);
        } else if (general_block_size(type) == 1) {
            memcpy(row, &half, sizeof half);
        } else {
            for (size_t j = 0; j < bytes; j++) {
                row[j] = (char)next();
            }
            const float top = type == TYPE_Q8_0 || type == TYPE_IQ4_NL ? 128 : type == TYPE_Q5_0 ? 16 : 8;
            const half_t d = to_half(x / top);
            memcpy(row, &d, sizeof d);
            if (type == TYPE_Q4_1 || type == TYPE_Q5_1) {
                const half_t m = to_half(-x);
                memcpy(row + 2, &m, sizeof m);
            }
        }
    }
}

static double half_double(const char *p) {
    half_t h;
    memcpy(&h, p, sizeof h);
    return (double)half_to_float(h);
}

/** Value i of a row, by the definitions of the formats. */
static double value(int32_t type, const char *row, int i) {
    static const int codebook[] = {-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113};
    if (type == TYPE_F32) {
        float x;
        memcpy(&x, row + 4 * (size_t)i, sizeof x);
        return (double)x;
    }
    if (type == TYPE_F16) {
        return half_double(row + 2 * (size_t)i);
    }
    if (type == TYPE_BF16) {
        bfloat_t h;
        memcpy(&h, row + 2 * (size_t)i, sizeof h);
        return (double)bfloat_to_float(h);
    }
    row += (size_t)(i / 32) * block_bytes(type);
    i %= 32;
    const double d = half_double(row);
    if (type == TYPE_Q8_0) {
        return d * (double)(signed char)row[2 + i];
    }
    const char *qs = row + block_bytes(type) - 16;
    const int q = (unsigned char)qs[i % 16] >> (i < 16 ? 0 : 4) & 15;
    if (type == TYPE_IQ4_NL) {
        return d * codebook[q];
    }
    if (type == TYPE_Q4_0) {
        return d * (q - 8);
    }
    if (type == TYPE_Q4_1) {
        return d * q + half_double(row + 2);
    }
    const int fifth = (unsigned char)qs[-4 + i / 8] >> i % 8 & 1;
    return type == TYPE_Q5_0 ? d * (q + 16 * fifth - 16) : d * (q + 16 * fifth) + half_double(row + 2);
}

/* ---- a random case ---------------------------------------------------------------------------------- */

typedef enum { CAUSAL, WINDOW, CHUNKED, BIDIRECTIONAL, RANDOM, RANGE_KINDS } range_kind;

typedef struct {
    int32_t key_type;
    int32_t value_type;
    int key_width;
    int value_width;
    int64_t kv_heads;
    int64_t group;
    int64_t tokens;
    int64_t before;
    range_kind ranges;
    int soft_cap;
    int slopes;
    int relative;
    int sinks;
    int64_t top_k;
    int shared; /* V is the first part of K */
} shape;

static int32_t table[MAX_POSITIONS / 64];
static int32_t ranges[MAX_TOKENS * 2];
static int32_t positions[MAX_TOKENS];
static float slopes[MAX_HEADS];
static float sinks[MAX_HEADS];
static float biases[BUCKETS * MAX_HEADS];
static int32_t buckets[2 * MAX_DISTANCE + 1];
static int32_t selected[MAX_TOKENS * MAX_POSITIONS];
static float *q;
static char *k;
static char *v;
static float *result;
static float *expected;

static void *allocate(size_t bytes) {
    void *p = malloc(bytes);
    if (p == NULL) {
        abort();
    }
    return p;
}

static void release(void) {
    free(q);
    free(k);
    free(v);
    free(result);
    free(expected);
    q = NULL;
    k = NULL;
    v = NULL;
    result = NULL;
    expected = NULL;
}

static void choose_range(range_kind kind, int64_t position, int64_t all, int32_t *range) {
    range[0] = 0;
    range[1] = (int32_t)(position + 1);
    if (kind == WINDOW) {
        range[0] = position < 70 ? 0 : (int32_t)(position - 70);
    } else if (kind == CHUNKED) {
        range[0] = (int32_t)(position / 90 * 90);
    } else if (kind == BIDIRECTIONAL) {
        range[1] = (int32_t)all;
    } else if (kind == RANDOM) {
        range[0] = (int32_t)below(all + 1);
        range[1] = (int32_t)(range[0] + below(all - range[0] + 1));
    }
}

/** The cells of the pages are spread over a cache that has NaN elsewhere. */
static void place(const shape *s, const char *keys, const char *values, int64_t pages, int64_t pool) {
    const size_t kb = row_bytes(s->key_type, s->key_width);
    const size_t vb = row_bytes(s->value_type, s->value_width);
    const int64_t all = s->before + s->tokens;
    int64_t order[MAX_POSITIONS / 64 + 8];
    for (int64_t i = 0; i < pool / 64; i++) {
        const int64_t j = below(i + 1);
        order[i] = order[j];
        order[j] = i;
    }
    memset(k, 0xff, kb * (size_t)(pool * s->kv_heads));
    if (!s->shared) {
        memset(v, 0xff, vb * (size_t)(pool * s->kv_heads));
    }
    for (int64_t i = 0; i < pages; i++) {
        table[i] = (int32_t)(order[i] * 64);
    }
    for (int64_t h = 0; h < s->kv_heads; h++) {
        for (int64_t i = 0; i < all; i++) {
            const int64_t cell = h * pool + table[i / 64] + i % 64;
            memcpy(k + kb * (size_t)cell, keys + kb * (size_t)(h * all + i), kb);
            if (!s->shared) {
                memcpy(v + vb * (size_t)cell, values + vb * (size_t)(h * all + i), vb);
            }
        }
    }
}

/** Rows of K and V by position, and where they are placed. */
static char *keys;
static char *values;

static attention random_attention(const shape *s) {
    const int64_t heads = s->kv_heads * s->group;
    const int64_t all = s->before + s->tokens;
    const int64_t pages = (all + 63) / 64;
    const int64_t pool = (pages + below(4)) * 64;
    const size_t kb = row_bytes(s->key_type, s->key_width);
    const size_t vb = row_bytes(s->value_type, s->value_width);
    release();
    q = allocate((size_t)(s->tokens * heads * s->key_width) * sizeof *q);
    k = allocate(kb * (size_t)(pool * s->kv_heads));
    v = allocate(vb * (size_t)(pool * s->kv_heads));
    result = allocate((size_t)(s->tokens * heads * s->value_width) * sizeof *result);
    expected = allocate((size_t)(s->tokens * heads * s->value_width) * sizeof *expected);
    free(keys);
    free(values);
    keys = allocate(kb * (size_t)(all * s->kv_heads));
    values = allocate(vb * (size_t)(all * s->kv_heads));
    for (int64_t i = 0; i < s->tokens * heads * s->key_width; i++) {
        q[i] = uniform() * 2;
    }
    for (int64_t i = 0; i < all * s->kv_heads; i++) {
        random_row(s->key_type, s->key_width, keys + kb * (size_t)i);
        random_row(s->value_type, s->value_width, values + vb * (size_t)i);
    }
    place(s, keys, values, pages, pool);
    for (int64_t t = 0; t < s->tokens; t++) {
        positions[t] = (int32_t)(s->before + t);
        choose_range(s->ranges, positions[t], all, ranges + 2 * t);
        for (int64_t i = 0; i < s->top_k; i++) {
            selected[t * s->top_k + i] = (int32_t)(below(all + 10) - 5);
        }
    }
    for (int64_t h = 0; h < heads; h++) {
        slopes[h] = fabsf(uniform()) / 8;
        sinks[h] = uniform() * 3;
    }
    for (int i = 0; i < BUCKETS * heads; i++) {
        biases[i] = uniform();
    }
    for (int i = 0; i <= 2 * MAX_DISTANCE; i++) {
        buckets[i] = (int32_t)below(BUCKETS);
    }
    return (attention){
        .heads = heads,
        .kv_heads = s->kv_heads,
        .tokens = s->tokens,
        .cells = pool,
        .q = (const char *)q,
        .q_head = (size_t)s->key_width * sizeof *q,
        .q_token = (size_t)(s->key_width * heads) * sizeof *q,
        .k = {k, s->key_type, s->key_width, kb * (size_t)pool, kb},
        .v = s->shared ? (cache_rows){k, s->key_type, s->value_width, kb * (size_t)pool, kb}
                       : (cache_rows){v, s->value_type, s->value_width, vb * (size_t)pool, vb},
        .table = table,
        .pages = pages,
        .ranges = ranges,
        .scale = 1 / sqrtf((float)s->key_width),
        .out = result,
        .soft_cap = s->soft_cap ? 2 : 0,
        .positions = s->slopes || s->relative ? positions : NULL,
        .slopes = s->slopes ? slopes : NULL,
        .relative = s->relative ? (relative_bias){(const char *)biases, (size_t)heads * sizeof *biases,
                                                  buckets, MAX_DISTANCE}
                                : (relative_bias){0},
        .sinks = s->sinks ? sinks : NULL,
        .selected = s->top_k > 0 ? selected : NULL,
        .top_k = s->top_k,
    };
}

/* ---- double precision ------------------------------------------------------------------------------- */

static int sees(const attention *a, int64_t token, int64_t position) {
    int is_selected = a->selected == NULL;
    for (int64_t i = 0; i < a->top_k && !is_selected; i++) {
        is_selected = a->selected[token * a->top_k + i] == position;
    }
    return is_selected && a->ranges[2 * token] <= position && position < a->ranges[2 * token + 1];
}

static double score(const attention *a, int64_t token, int64_t head, int64_t position) {
    const int64_t kv = head / (a->heads / a->kv_heads);
    const char *row =
        a->k.data + (size_t)kv * a->k.head + (size_t)(a->table[position / 64] + position % 64) * a->k.cell;
    const float *x = q + (token * a->heads + head) * a->k.width;
    double s = 0;
    for (int i = 0; i < a->k.width; i++) {
        s += (double)x[i] * value(a->k.type, row, i);
    }
    s *= (double)a->scale;
    if (a->soft_cap != 0) {
        s = (double)a->soft_cap * tanh(s / (double)a->soft_cap);
    }
    const int64_t distance = a->positions == NULL ? 0 : position - a->positions[token];
    if (a->slopes != NULL) {
        s -= (double)a->slopes[head] * fabs((double)distance);
    }
    if (a->relative.values != NULL) {
        const int64_t d = distance < -MAX_DISTANCE  ? -MAX_DISTANCE
                          : distance > MAX_DISTANCE ? MAX_DISTANCE
                                                    : distance;
        s += (double)biases[buckets[d + MAX_DISTANCE] * a->heads + head];
    }
    return s;
}

static void attend_in_double(const attention *a, int64_t token, int64_t head, double *out) {
    static double weight[MAX_POSITIONS];
    const int64_t kv = head / (a->heads / a->kv_heads);
    double most = a->sinks != NULL ? (double)a->sinks[head] : -HUGE_VAL;
    for (int64_t p = 0; p < a->pages * 64; p++) {
        weight[p] = sees(a, token, p) ? score(a, token, head, p) : -HUGE_VAL;
        most = weight[p] > most ? weight[p] : most;
    }
    double sum = a->sinks != NULL ? exp((double)a->sinks[head] - most) : 0;
    memset(out, 0, (size_t)a->v.width * sizeof *out);
    for (int64_t p = 0; p < a->pages * 64; p++) {
        if (weight[p] != -HUGE_VAL) {
            const double w = exp(weight[p] - most);
            const char *row =
                a->v.data + (size_t)kv * a->v.head + (size_t)(a->table[p / 64] + p % 64) * a->v.cell;
            sum += w;
            for (int i = 0; i < a->v.width; i++) {
                out[i] += w * value(a->v.type, row, i);
            }
        }
    }
    for (int i = 0; i < a->v.width; i++) {
        out[i] = sum == 0 ? 0 : out[i] / sum;
    }
}

/* ---- kernels ---------------------------------------------------------------------------------------- */

static void attend(attend_general_fn f, const attention *a, int64_t step) {
    const int64_t group = attention_group(a);
    const int64_t most = general_max_queries(a);
    char *memory = allocate(general_scratch_bytes(a, most) + 64);
    void *scratch = memory + (64 - (uintptr_t)memory % 64);
    memset(memory, 0xff, general_scratch_bytes(a, most) + 64);
    step = step < most ? step : most;
    for (int64_t h = 0; h < a->kv_heads; h++) {
        for (int64_t i = 0; i < a->tokens * group;) {
            int64_t to = i + step < a->tokens * group ? i + step : a->tokens * group;
            if (a->selected != NULL && to > (i / group + 1) * group) {
                to = (i / group + 1) * group;
            }
            f(a, h, i, to, scratch);
            i = to;
        }
    }
    free(memory);
}

static size_t out_bytes(const attention *a) {
    return (size_t)(a->tokens * a->heads * a->v.width) * sizeof(float);
}

static const char *name_of(const shape *s) {
    static char text[200];
    snprintf(text, sizeof text,
             "types %d %d, widths %d %d, %d x %d heads, %d tokens at %d, ranges %d, cap %d, slopes %d, "
             "relative %d, sinks %d, top-k %d, shared %d",
             s->key_type, s->value_type, s->key_width, s->value_width, (int)s->kv_heads, (int)s->group,
             (int)s->tokens, (int)s->before, (int)s->ranges, s->soft_cap, s->slopes, s->relative, s->sinks,
             (int)s->top_k, s->shared);
    return text;
}

static void check_reference(const shape *s, const attention *a) {
    double *out = allocate((size_t)a->v.width * sizeof *out);
    double error = 0;
    double size = 0;
    attend(attend_general_scalar, a, MAX_POSITIONS);
    for (int64_t t = 0; t < a->tokens; t++) {
        for (int64_t h = 0; h < a->heads; h++) {
            attend_in_double(a, t, h, out);
            for (int i = 0; i < a->v.width; i++) {
                const double d = (double)a->out[(t * a->heads + h) * a->v.width + i] - out[i];
                error += d * d;
                size += out[i] * out[i];
            }
        }
    }
    CHECK(error <= ERROR_BOUND * size, "error %g: %s", error / size, name_of(s));
    free(out);
}

/** In chunks of any length, with the pages elsewhere, and token by token. */
static void check_bits(attend_general_fn f, const char *isa, const shape *s, const attention *a) {
    const int64_t steps[] = {MAX_POSITIONS, 1 + below(30), 1 + below(5)};
    memcpy(expected, result, out_bytes(a));
    for (int i = 0; i < 3; i++) {
        memset(result, 0xff, out_bytes(a));
        attend(f, a, steps[i]);
        CHECK(memcmp(result, expected, out_bytes(a)) == 0, "%s, by %d: %s", isa, (int)steps[i], name_of(s));
        place(s, keys, values, a->pages, a->cells);
    }
    memset(result, 0xff, out_bytes(a));
    for (int64_t t = 0; t < a->tokens; t++) {
        attention one = *a;
        one.tokens = 1;
        one.q += (size_t)t * a->q_token;
        one.ranges += 2 * t;
        one.positions += a->positions != NULL ? t : 0;
        one.selected += a->selected != NULL ? t * a->top_k : 0;
        one.out += t * a->heads * a->v.width;
        attend(f, &one, MAX_POSITIONS);
    }
    CHECK(memcmp(result, expected, out_bytes(a)) == 0, "%s, token by token: %s", isa, name_of(s));
    memcpy(result, expected, out_bytes(a));
}

static void check_case(const shape *s) {
    const attention a = random_attention(s);
    attend_general_fn last = NULL;
    check_reference(s, &a);
    for (int i = 0; i < isa_count; i++) {
        const isa_kernels *isa = &isa_table[i];
        if (attend_general_usable(isa) && isa->attend_general != last) {
            check_bits(isa->attend_general, isa->name, s, &a);
            last = isa->attend_general;
        }
    }
}

static void check_shapes(void) {
    static const int widths[] = {1,  2,  3,   4,   5,   15,  16,  17,  31,  33,  48,  63, 64,
                                 80, 96, 100, 127, 128, 192, 255, 256, 320, 511, 576, 600};
    const int count = sizeof widths / sizeof *widths;
    for (int i = 0; i < count; i++) {
        shape s = {
            .key_type = types[i % 3],
            .value_type = types[(i + 1 + i / 3) % 3],
            .key_width = widths[i],
            .value_width = widths[(i * 7 + 3) % count],
            .kv_heads = 1 + below(2),
            .group = 1 + below(4),
            .tokens = 1 + below(widths[i] > 256 ? 4 : 14),
            .before = below(widths[i] > 256 ? 80 : 200),
            .ranges = (range_kind)(i % RANGE_KINDS),
        };
        check_case(&s);
    }
    for (int i = 0; i < 9; i++) {
        for (int j = 0; j < 9; j += i == 0 ? 1 : 3) {
            const shape s = {.key_type = types[i],
                             .value_type = types[(i + j) % 9],
                             .key_width = 64 + 32 * (i % 3),
                             .value_width = 32 + 32 * j,
                             .kv_heads = 1,
                             .group = 2,
                             .tokens = 4,
                             .before = 70};
            check_case(&s);
        }
    }
}

static void check_features(void) {
    static const int64_t groups[] = {1, 3, 8};
    for (int i = 0; i < 40; i++) {
        shape s = {
            .key_type = types[below(9)],
            .value_type = types[below(9)],
            .key_width = 32,
            .value_width = 64,
            .kv_heads = 1 + below(2),
            .group = groups[i % 3],
            .tokens = 1 + below(30),
            .before = below(170),
            .ranges = (range_kind)(i % RANGE_KINDS),
            .soft_cap = i & 1,
            .slopes = i / 2 % 4 == 1,
            .relative = i / 2 % 4 == 2,
            .sinks = i / 8 % 2,
        };
        check_case(&s);
        if (i % 4 == 0) {
            s.slopes = 0;
            s.relative = 0;
            s.top_k = 1 + below(150);
            check_case(&s);
        }
    }
    /* latent attention: one KV head, values inside the keys, and the positions an indexer selects */
    for (int i = 0; i < 4; i++) {
        check_case(&(shape){.key_type = types[i],
                            .value_type = types[i],
                            .key_width = 576,
                            .value_width = 512,
                            .kv_heads = 1,
                            .group = i == 0 ? 128 : 8,
                            .tokens = 2,
                            .before = 66,
                            .top_k = i == 3 ? 50 : 0,
                            .shared = 1});
    }
}

/** A cell or a query that is not finite makes NaN of the queries that see it, or of itself; nothing else. */
static void check_not_finite(attend_general_fn f, const char *isa) {
    const float bad[] = {NAN, INFINITY, -INFINITY};
    for (int i = 0; i < 18; i++) {
        const shape s = {.key_type = TYPE_F32,
                         .value_type = TYPE_F32,
                         .key_width = 20,
                         .value_width = 36,
                         .kv_heads = 2,
                         .group = 2,
                         .tokens = 20,
                         .before = 100,
                         .ranges = i % 2 ? WINDOW : CAUSAL,
                         .sinks = i % 4 / 2,
                         .top_k = i >= 15 ? 200 : 0};
        attention a = random_attention(&s);
        attend(f, &a, MAX_POSITIONS);
        memcpy(expected, result, out_bytes(&a));
        const int64_t position = 40 + below(75);
        const int64_t query = below(20 * 4);
        const size_t cell = (size_t)(table[position / 64] + position % 64);
        if (i % 3 == 0) {
            memcpy(k + (cell * 20 + 17) * 4, &bad[i / 3 % 3], 4);
        } else if (i % 3 == 1) {
            memcpy(v + (cell * 36 + 35) * 4, &bad[i / 3 % 3], 4);
        } else {
            q[query * 20 + 3] = bad[i / 3 % 3];
        }
        attend(f, &a, 1 + below(30));
        for (int64_t j = 0; j < 20 * 4; j++) {
            const int is_broken = i % 3 == 2 ? j == query : j % 4 < 2 && sees(&a, j / 4, position);
            for (int64_t x = j * 36; x < (j + 1) * 36; x++) {
                const int is_same = memcmp(result + x, expected + x, sizeof *result) == 0;
                CHECK(is_broken ? isnan(result[x]) : is_same, "%s: case %d, query %d", isa, i, (int)j);
            }
        }
    }
}

/** An empty range gives zeros; a page that is outside of the cache NaN, if a token sees it. */
static void check_empty_and_missing(attend_general_fn f, const char *isa) {
    const shape s = {.key_type = TYPE_F32,
                     .value_type = TYPE_F16,
                     .key_width = 16,
                     .value_width = 16,
                     .kv_heads = 1,
                     .group = 1,
                     .tokens = 6,
                     .before = 200};
    const int32_t outside[] = {-1, INT32_MIN, INT32_MAX, 1 << 20};
    for (int sinks_too = 0; sinks_too < 2; sinks_too++) {
        attention a = random_attention(&s);
        a.sinks = sinks_too ? sinks : NULL;
        const int32_t r[] = {5, 5, 9, 3, 64, 128, 0, 64, -7, 10, 150, INT32_MAX};
        memcpy(ranges, r, sizeof r);
        for (int i = 0; i < 4; i++) {
            table[1] = outside[i];
            attend(f, &a, MAX_POSITIONS);
            for (int x = 0; x < 16; x++) {
                CHECK(result[x] == 0 && result[16 + x] == 0, "%s: empty ranges", isa);
                CHECK(isnan(result[32 + x]), "%s: a page that is not there", isa);
                CHECK(isfinite(result[48 + x]) && isfinite(result[64 + x]), "%s: other pages", isa);
                CHECK(isnan(result[80 + x]), "%s: a range that is clipped; its last cells are NaN", isa);
            }
        }
    }
}

/* ---- the op ------------------------------------------------------------------------------------------ */

typedef struct {
    struct ggml_tensor *dst;
    int32_t thread;
    int32_t threads;
    void *params;
} task;

static void *run(void *of) {
    const task *t = of;
    myelin_op_attention_general(t->dst, t->thread, t->threads, t->params);
    return NULL;
}

static void run_threads(struct ggml_tensor *dst, int32_t threads, void *params) {
    pthread_t ids[4];
    task tasks[4];
    for (int32_t i = 0; i < threads; i++) {
        tasks[i] = (task){dst, i, threads, params};
        if (pthread_create(&ids[i], NULL, run, &tasks[i]) != 0) {
            abort();
        }
    }
    for (int32_t i = 0; i < threads; i++) {
        pthread_join(ids[i], NULL);
    }
}

static void check_op(const shape *s) {
    const attention a = random_attention(s);
    attend(attend_general_scalar, &a, MAX_POSITIONS);
    memcpy(expected, result, out_bytes(&a));
    struct ggml_tensor in[9];
    memset(in, 0, sizeof in);
    in[0] = (struct ggml_tensor){
        .ne = {s->key_width, a.heads, a.tokens, 1}, .nb = {4, a.q_head, a.q_token}, .data = q};
    in[1] = (struct ggml_tensor){.type = a.k.type,
                                 .ne = {s->key_width, a.cells, a.kv_heads, 1},
                                 .nb = {0, a.k.cell, a.k.head},
                                 .data = k};
    in[2] = (struct ggml_tensor){.type = a.v.type,
                                 .ne = {s->value_width, a.cells, a.kv_heads, 1},
                                 .nb = {0, a.v.cell, a.v.head},
                                 .data = v};
    in[3] = (struct ggml_tensor){.ne = {a.pages, 1, 1, 1}, .data = table};
    in[4] = (struct ggml_tensor){.ne = {2, a.tokens, 1, 1}, .data = ranges};
    int used = 5;
    struct myelin_attention_params params = {.scale = a.scale, .soft_cap = a.soft_cap, .slopes = a.slopes};
    if (a.positions != NULL) {
        params.sources |= MYELIN_ATTENTION_POSITIONS;
        in[used++] = (struct ggml_tensor){.ne = {a.tokens, 1, 1, 1}, .data = positions};
    }
    if (a.sinks != NULL) {
        params.sources |= MYELIN_ATTENTION_SINKS;
        in[used++] = (struct ggml_tensor){.ne = {a.heads, 1, 1, 1}, .data = sinks};
    }
    if (a.relative.values != NULL) {
        params.sources |= MYELIN_ATTENTION_RELATIVE;
        params.buckets = buckets;
        params.distance = MAX_DISTANCE;
        in[used++] = (struct ggml_tensor){
            .ne = {a.heads, BUCKETS, 1, 1}, .nb = {4, a.relative.bucket}, .data = biases};
    }
    if (a.selected != NULL) {
        params.sources |= MYELIN_ATTENTION_SELECTED;
        in[used++] = (struct ggml_tensor){.ne = {a.top_k, a.tokens, 1, 1}, .data = selected};
    }
    struct ggml_tensor dst = {.ne = {s->value_width * a.heads, a.tokens, 1, 1}, .data = result};
    for (int i = 0; i < used; i++) {
        dst.src[i] = in + i;
    }
    for (int32_t threads = 1; threads <= 4; threads++) {
        memset(result, 0xff, out_bytes(&a));
        run_threads(&dst, threads, &params);
        CHECK(memcmp(result, expected, out_bytes(&a)) == 0, "%d threads: %s", threads, name_of(s));
        CHECK(params.queue[0] == 0 && params.queue[1] == 0 && params.status == MYELIN_OK, "the queue");
    }
    in[1].type = TYPE_Q4_K;
    run_threads(&dst, 2, &params);
    CHECK(params.status == MYELIN_ERROR_UNSUPPORTED && isnan(result[0]), "a type that is not supported");
}

static void check_status(void) {
    CHECK(myelin_attention_general_status(TYPE_F32, 1, TYPE_IQ4_NL, 4096) == MYELIN_OK, "widths");
    CHECK(myelin_attention_general_status(TYPE_F32, 0, TYPE_F32, 1) == MYELIN_ERROR_UNSUPPORTED, "0");
    CHECK(myelin_attention_general_status(TYPE_F32, 4097, TYPE_F32, 1) == MYELIN_ERROR_UNSUPPORTED, "4097");
    CHECK(myelin_attention_general_status(TYPE_Q8_0, 32, TYPE_Q8_0, 48) == MYELIN_ERROR_UNSUPPORTED,
          "half a block");
    CHECK(myelin_attention_general_status(TYPE_Q6_K, 256, TYPE_F32, 1) == MYELIN_ERROR_UNSUPPORTED, "q6_K");
}

int main(void) {
    random_seed(2463534242u);
    check_shapes();
    check_features();
    for (int i = 0; i < isa_count; i++) {
        if (attend_general_usable(&isa_table[i])) {
            check_not_finite(isa_table[i].attend_general, isa_table[i].name);
            check_empty_and_missing(isa_table[i].attend_general, isa_table[i].name);
        } else {
            printf("skipped: this CPU cannot run %s\n", isa_table[i].name);
        }
    }
    check_op(&(shape){.key_type = TYPE_F32,
                      .value_type = TYPE_F16,
                      .key_width = 64,
                      .value_width = 80,
                      .kv_heads = 2,
                      .group = 4,
                      .tokens = MAX_TOKENS,
                      .before = 200});
    check_op(&(shape){.key_type = TYPE_Q8_0,
                      .value_type = TYPE_F32,
                      .key_width = 32,
                      .value_width = 48,
                      .kv_heads = 1,
                      .group = 4,
                      .tokens = 9,
                      .before = 90,
                      .soft_cap = 1,
                      .relative = 1,
                      .sinks = 1});
    check_op(&(shape){.key_type = TYPE_F32,
                      .value_type = TYPE_F32,
                      .key_width = 40,
                      .value_width = 40,
                      .kv_heads = 1,
                      .group = 20,
                      .tokens = 9,
                      .before = 90,
                      .sinks = 1,
                      .top_k = 70});
    check_status();
    release();
    free(keys);
    free(values);
    return checks_failed();
}
