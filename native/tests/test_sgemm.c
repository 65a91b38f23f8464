/* The f32 GEMM of every instruction set of this CPU against double precision. */
#include "gemm/sgemm/sgemm.h"

#include <float.h>
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "cpu/dispatch.h"
#include "myelin.h"
#include "random.h"

/**
 * The bound of the error of a sum of k products, relative to the sum of their magnitudes: every
 * rounding of a sum in any order adds at most half an epsilon (Higham, Accuracy and Stability of
 * Numerical Algorithms, 3.1), products without FMA the same again.
 */
static double bound(int64_t k) {
    return (double)(k + 1) * (double)FLT_EPSILON;
}

/** The shape of dst, [n, m, a, b]; broadcast2 and broadcast3 consecutive matrices have the same A. */
typedef struct {
    int64_t n, m, k;
    int64_t a, b;
    int64_t broadcast2, broadcast3;
} shape;

/** The layout of a matrix in memory. */
typedef enum {
    PLAIN,      /* contiguous */
    PADDED,     /* gaps of three values between rows, of five between matrices */
    TRANSPOSED, /* dimension 0 has the larger stride */
    STRIDED,    /* no dimension is contiguous: every second value */
    PERMUTED,   /* as after ggml_permute: rows of all matrices are interleaved */
    LAYOUTS
} layout;

static const char *const LAYOUT_NAMES[] = {"plain", "padded", "transposed", "strided", "permuted"};

/** A tensor whose memory ends with its last value, so that a sanitizer detects reads beyond it. */
static struct ggml_tensor tensor(int64_t ne0, int64_t ne1, int64_t ne2, int64_t ne3, layout how) {
    struct ggml_tensor t = {.ne = {ne0, ne1, ne2, ne3}};
    const size_t e0 = (size_t)ne0;
    const size_t e1 = (size_t)ne1;
    const size_t e2 = (size_t)ne2;
    size_t steps[4] = {1, e0, e0 * e1, e0 * e1 * e2};
    switch (how) {
        case PADDED:
            steps[1] = e0 + 3;
            steps[2] = steps[1] * e1 + 5;
            steps[3] = steps[2] * e2;
            break;
        case TRANSPOSED:
            steps[0] = e1;
            steps[1] = 1;
            break;
        case STRIDED:
            for (int i = 0; i < 4; i++) {
                steps[i] *= 2;
            }
            break;
        case PERMUTED:
            steps[1] = e0 * e2;
            steps[2] = e0;
            break;
        case PLAIN:
        case LAYOUTS:
            break;
    }
    size_t last = 0;
    for (int i = 0; i < 4; i++) {
        t.nb[i] = steps[i] * sizeof(float);
        last += ((size_t)t.ne[i] - 1) * steps[i];
    }
    float *values = malloc((last + 1) * sizeof(float));
    if (values == NULL) {
        abort();
    }
    for (size_t i = 0; i <= last; i++) {
        values[i] = uniform();
    }
    t.data = values;
    return t;
}

static float *at(const struct ggml_tensor *t, int64_t i0, int64_t i1, int64_t i2, int64_t i3) {
    return (float *)(void *)((char *)t->data + (size_t)i0 * t->nb[0] + (size_t)i1 * t->nb[1] +
                             (size_t)i2 * t->nb[2] + (size_t)i3 * t->nb[3]);
}

/** A GEMM of two tensors, and its name in messages. */
typedef struct {
    shape s;
    int32_t kind;
    struct ggml_tensor a;
    struct ggml_tensor b;
    char name[160];
} problem;

static problem make_problem(shape s, int32_t kind, layout of_a, layout of_b) {
    const int mul_mat = kind == MYELIN_SGEMM_MUL_MAT;
    problem p = {.s = s, .kind = kind};
    p.a = tensor(mul_mat ? s.k : s.n, mul_mat ? s.n : s.k, s.a / s.broadcast2, s.b / s.broadcast3, of_a);
    p.b = tensor(mul_mat ? s.k : s.m, mul_mat ? s.m : s.k, s.a, s.b, of_b);
    snprintf(p.name, sizeof p.name, "%s n %d m %d k %d [%d, %d] shared by [%d, %d], %s by %s",
             mul_mat ? "mul_mat" : "out_prod", (int)s.n, (int)s.m, (int)s.k, (int)s.a, (int)s.b,
             (int)s.broadcast2, (int)s.broadcast3, LAYOUT_NAMES[of_a], LAYOUT_NAMES[of_b]);
    return p;
}

static void free_problem(problem *p) {
    free(p->a.data);
    free(p->b.data);
}

/** Runs the GEMM of a table with the given threads, one after the other; gaps between rows are kept. */
static struct ggml_tensor compute(const sgemm_table *table, problem *p, int32_t threads, layout of_dst) {
    struct ggml_tensor dst = tensor(p->s.n, p->s.m, p->s.a, p->s.b, of_dst);
    dst.src[0] = &p->a;
    dst.src[1] = &p->b;
    const size_t bytes =
        (size_t)((char *)(at(&dst, p->s.n - 1, p->s.m - 1, p->s.a - 1, p->s.b - 1) + 1) - (char *)dst.data);
    memset(dst.data, 0x7f, bytes); /* 3.4e38, so that unwritten values are no results */
    for (int32_t thread = 0; thread < threads; thread++) {
        sgemm_compute(table, &dst, thread, threads, p->kind);
    }
    return dst;
}

static void check_values(const sgemm_table *table, const problem *p, const struct ggml_tensor *dst) {
    const shape s = p->s;
    const int mul_mat = p->kind == MYELIN_SGEMM_MUL_MAT;
    int64_t wrong = 0;
    for (int64_t i3 = 0; i3 < s.b; i3++) {
        for (int64_t i2 = 0; i2 < s.a; i2++) {
            for (int64_t j = 0; j < s.m; j++) {
                for (int64_t i = 0; i < s.n; i++) {
                    double sum = 0;
                    double size = 0;
                    for (int64_t k = 0; k < s.k; k++) {
                        const double x = (double)*at(&p->a, mul_mat ? k : i, mul_mat ? i : k,
                                                     i2 / s.broadcast2, i3 / s.broadcast3);
                        const double w = (double)*at(&p->b, mul_mat ? k : j, mul_mat ? j : k, i2, i3);
                        sum += x * w;
                        size += fabs(x * w);
                    }
                    const double got = (double)*at(dst, i, j, i2, i3);
                    wrong += !(fabs(got - sum) <= bound(s.k) * size);
                }
            }
        }
    }
    CHECK(wrong == 0, "%s: %s: %d values", table->name, p->name, (int)wrong);
}

static int64_t count_differences(const problem *p, const struct ggml_tensor *x, const struct ggml_tensor *y) {
    int64_t count = 0;
    for (int64_t i3 = 0; i3 < p->s.b; i3++) {
        for (int64_t i2 = 0; i2 < p->s.a; i2++) {
            for (int64_t j = 0; j < p->s.m; j++) {
                count +=
                    memcmp(at(x, 0, j, i2, i3), at(y, 0, j, i2, i3), (size_t)p->s.n * sizeof(float)) != 0;
            }
        }
    }
    return count;
}

/** Correct, with the same bits for any number of threads and strides of dst, and no write between rows. */
static void check_problem(const sgemm_table *table, problem p) {
    struct ggml_tensor one = compute(table, &p, 1, PLAIN);
    check_values(table, &p, &one);
    for (int32_t threads = 2; threads <= 7; threads++) {
        struct ggml_tensor more = compute(table, &p, threads, PADDED);
        CHECK(count_differences(&p, &one, &more) == 0, "%s: %s, %d threads", table->name, p.name, threads);
        int touched = 0;
        for (int64_t j = 0; j + 1 < p.s.m; j++) {
            const float *gap = at(&more, p.s.n, j, 0, 0);
            for (int i = 0; i < 3; i++) {
                touched += memcmp(&gap[i], "\x7f\x7f\x7f\x7f", sizeof *gap) != 0;
            }
        }
        CHECK(touched == 0, "%s: %s, %d threads, between rows", table->name, p.name, threads);
        free(more.data);
    }
    free(one.data);
    free_problem(&p);
}

/** Sizes around those of tiles, blocks, strips and K-blocks. */
static void check_edges(const sgemm_table *t) {
    const int64_t ns[] = {1, t->lanes, t->lanes + 1, t->rows - 1, t->rows, t->rows + 1, 3 * t->rows + 5};
    const int64_t ms[] = {1, 2, t->columns - 1, t->columns, t->columns + 1, 3 * t->columns + 2};
    const int64_t ks[] = {1, 2, 3, 4, 5, 67};
    for (size_t n = 0; n < sizeof ns / sizeof *ns; n++) {
        for (size_t m = 0; m < sizeof ms / sizeof *ms; m++) {
            for (size_t k = 0; k < sizeof ks / sizeof *ks; k++) {
                for (int32_t kind = 0; kind < 2; kind++) {
                    const shape s = {ns[n], ms[m], ks[k], 1, 1, 1, 1};
                    check_problem(t, make_problem(s, kind, PLAIN, PLAIN));
                }
            }
        }
    }
    const shape large[] = {
        {t->block + 3, 5, 9, 1, 1, 1, 1},
        {7, SGEMM_STRIP + 5, 9, 1, 1, 1, 1},
        {t->block + 1, SGEMM_STRIP + 1, 40, 1, 1, 1, 1},
        {t->rows + 1, t->columns + 1, SGEMM_K_BLOCK, 1, 1, 1, 1},
        {t->rows + 1, t->columns + 1, SGEMM_K_BLOCK + 1, 1, 1, 1, 1},
        {t->rows + 1, t->columns + 1, 2 * SGEMM_K_BLOCK + 7, 1, 1, 1, 1},
    };
    for (size_t i = 0; i < sizeof large / sizeof *large; i++) {
        for (int32_t kind = 0; kind < 2; kind++) {
            check_problem(t, make_problem(large[i], kind, PLAIN, PLAIN));
        }
    }
}

static void check_layouts(const sgemm_table *t) {
    const shape shapes[] = {
        {t->rows + 3, t->columns + 3, 37, 1, 1, 1, 1},
        {2 * t->rows, 2 * t->columns, 8, 3, 2, 1, 1},
        {t->rows + 1, 9, SGEMM_K_BLOCK + 3, 4, 2, 2, 2},
    };
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        for (int of_a = 0; of_a < LAYOUTS; of_a++) {
            for (int of_b = 0; of_b < LAYOUTS; of_b++) {
                for (int32_t kind = 0; kind < 2; kind++) {
                    check_problem(t, make_problem(shapes[i], kind, (layout)of_a, (layout)of_b));
                }
            }
        }
    }
}

static void check_broadcast(const sgemm_table *t) {
    const shape shapes[] = {
        {5, 7, 11, 6, 1, 1, 1}, {5, 7, 11, 6, 1, 2, 1},   {5, 7, 11, 6, 1, 6, 1},  {5, 7, 11, 6, 4, 3, 2},
        {5, 7, 11, 2, 6, 1, 6}, {33, 13, 64, 9, 2, 3, 1}, {40, 1, 16, 8, 1, 4, 1}, {1, 40, 16, 8, 3, 4, 3},
    };
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        for (int32_t kind = 0; kind < 2; kind++) {
            check_problem(t, make_problem(shapes[i], kind, PLAIN, PLAIN));
            check_problem(t, make_problem(shapes[i], kind, PERMUTED, TRANSPOSED));
        }
    }
}

/** An element has the same bits in any tile. */
static void check_parts(const sgemm_table *t) {
    const shape s = {2 * t->rows + 5, 2 * t->columns + 3, SGEMM_K_BLOCK + 5, 1, 1, 1, 1};
    problem p = make_problem(s, MYELIN_SGEMM_MUL_MAT, PLAIN, PLAIN);
    struct ggml_tensor all = compute(t, &p, 1, PLAIN);
    for (int64_t i = 0; i + 1 < s.n; i += 3) {
        for (int64_t j = 0; j < s.m; j += 2) {
            problem few = p;
            few.s.n = few.a.ne[1] = 2;
            few.s.m = few.b.ne[1] = 1;
            few.a.data = at(&p.a, 0, i, 0, 0);
            few.b.data = at(&p.b, 0, j, 0, 0);
            struct ggml_tensor dst = compute(t, &few, 1, PLAIN);
            CHECK(memcmp(dst.data, at(&all, i, j, 0, 0), 2 * sizeof(float)) == 0, "%s: row %d column %d",
                  t->name, (int)i, (int)j);
            free(dst.data);
        }
    }
    free(all.data);
    free_problem(&p);
}

/** Dot products: long ones do not lose the last terms. */
static void check_dot_products(const sgemm_table *t) {
    const int64_t ks[] = {1, 31, 32, 33, 4095, 4096, 4097, 20000};
    for (size_t i = 0; i < sizeof ks / sizeof *ks; i++) {
        for (int32_t kind = 0; kind < 2; kind++) {
            check_problem(t, make_problem((shape){1, 1, ks[i], 1, 1, 1, 1}, kind, PLAIN, PLAIN));
            check_problem(t, make_problem((shape){1, 1, ks[i], 6, 2, 3, 1}, kind, STRIDED, PADDED));
        }
    }
    const int64_t many = 1 << 20;
    problem p = make_problem((shape){1, 1, many, 1, 1, 1, 1}, MYELIN_SGEMM_MUL_MAT, PLAIN, PLAIN);
    for (int64_t k = 0; k < many; k++) {
        *at(&p.a, k, 0, 0, 0) = *at(&p.b, k, 0, 0, 0) = k == 0 ? 4096.0f : 1.0f;
    }
    struct ggml_tensor dst = compute(t, &p, 1, PLAIN);
    const double sum = 16777216.0 + 1048575.0;
    CHECK(fabs((double)*at(&dst, 0, 0, 0, 0) - sum) <= 4096, "%s: %g", t->name,
          (double)*at(&dst, 0, 0, 0, 0));
    free(dst.data);
    free_problem(&p);
}

typedef struct {
    const sgemm_table *table;
    struct ggml_tensor *dst;
    int32_t thread, threads, kind;
} task;

static void *run_task(void *p) {
    const task *s = p;
    sgemm_compute(s->table, s->dst, s->thread, s->threads, s->kind);
    return NULL;
}

/** Concurrent threads: each has its own workspace and its own part of dst. */
static void check_threads(const sgemm_table *t) {
    enum { THREADS = 4 };
    const shape shapes[] = {
        {t->block + 40, SGEMM_STRIP + 40, SGEMM_K_BLOCK + 9, 1, 1, 1, 1},
        {70, 50, 33, 5, 3, 5, 1},
        {3, 200, 20, 1, 1, 1, 1},
        {200, 3, 20, 1, 1, 1, 1},
    };
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        for (int32_t kind = 0; kind < 2; kind++) {
            problem p = make_problem(shapes[i], kind, PLAIN, PERMUTED);
            struct ggml_tensor one = compute(t, &p, 1, PLAIN);
            struct ggml_tensor all = tensor(p.s.n, p.s.m, p.s.a, p.s.b, PADDED);
            all.src[0] = &p.a;
            all.src[1] = &p.b;
            pthread_t workers[THREADS];
            task tasks[THREADS];
            for (int j = 0; j < THREADS; j++) {
                tasks[j] = (task){t, &all, j, THREADS, kind};
                CHECK(pthread_create(&workers[j], NULL, run_task, &tasks[j]) == 0, "thread %d", j);
            }
            for (int j = 0; j < THREADS; j++) {
                pthread_join(workers[j], NULL);
            }
            CHECK(count_differences(&p, &one, &all) == 0, "%s: %s", t->name, p.name);
            free(one.data);
            free(all.data);
            free_problem(&p);
        }
    }
}

/** NaN and infinities reach their rows and columns only. */
static void check_nan(const sgemm_table *t) {
    const shape s = {t->rows + 2, t->columns + 2, 6, 1, 1, 1, 1};
    problem p = make_problem(s, MYELIN_SGEMM_OUT_PROD, PLAIN, PLAIN);
    *at(&p.a, 1, 3, 0, 0) = NAN;
    *at(&p.b, t->columns + 1, 2, 0, 0) = INFINITY;
    struct ggml_tensor dst = compute(t, &p, 1, PLAIN);
    int wrong = 0;
    for (int64_t j = 0; j < s.m; j++) {
        for (int64_t i = 0; i < s.n; i++) {
            const float y = *at(&dst, i, j, 0, 0);
            const int expected = i == 1 ? isnan(y) : j == t->columns + 1 ? isinf(y) : isfinite(y);
            wrong += expected == 0;
        }
    }
    CHECK(wrong == 0, "%s: %d values", t->name, wrong);
    free(dst.data);
    free_problem(&p);
}

static void check_peaks(const sgemm_table *t) {
    const uint64_t round = t->flops(1);
    CHECK(round > 0 && t->flops(1000) == 1000 * round, "%s: %d a round", t->name, (int)round);
    enum { BYTES = 3001 };
    unsigned char *bytes = malloc(BYTES);
    if (bytes == NULL) {
        abort();
    }
    for (int i = 0; i < BYTES; i++) {
        bytes[i] = (unsigned char)(uniform() * 127.0f + 128.0f);
    }
    for (size_t from = 0; from < 9; from++) {
        for (size_t n = 0; n <= BYTES - from; n += n < 40 ? 1 : 97) {
            uint64_t sum = 0;
            for (size_t i = 0; i + 8 <= n; i += 8) {
                uint64_t word;
                memcpy(&word, bytes + from + i, sizeof word);
                sum += word;
            }
            CHECK(t->read((const char *)bytes + from, n) == sum, "%s: %d bytes", t->name, (int)n);
        }
    }
    free(bytes);
}

/** A name selects its table; another name or null the best, which is the first. */
static void check_choice(void) {
    const sgemm_table *best = NULL;
    for (int i = 0; i < isa_count; i++) {
        if (sgemm_usable(&isa_table[i])) {
            best = best == NULL ? isa_table[i].sgemm : best;
            CHECK(sgemm_named(isa_table[i].name) == isa_table[i].sgemm, "%s", isa_table[i].name);
        }
    }
    CHECK(sgemm_named(NULL) == best, "the best is the first");
    CHECK(sgemm_named("none") == best && sgemm_named("") == best, "other names");
#if defined(__x86_64__)
    CHECK(sgemm_named("avxvnni") == sgemm_named("avx2"), "the one of AVX-VNNI");
#elif defined(__aarch64__)
    CHECK(sgemm_named("i8mm") == &sgemm_neon, "the one of i8mm");
#endif
    CHECK(strcmp(myelin_sgemm_isa(), sgemm_in_use()->name) == 0, "%s", myelin_sgemm_isa());
}

static void check_interface(void) {
    problem p = make_problem((shape){50, 40, 30, 2, 1, 1, 1}, MYELIN_SGEMM_OUT_PROD, PLAIN, PLAIN);
    struct ggml_tensor want = compute(sgemm_in_use(), &p, 1, PLAIN);
    struct ggml_tensor got = compute(sgemm_in_use(), &p, 1, PADDED);
    memset(at(&got, 0, 0, 0, 0), 0, sizeof(float));
    for (int32_t thread = 0; thread < 2; thread++) {
        myelin_op_sgemm(&got, thread, 2, (void *)(intptr_t)MYELIN_SGEMM_OUT_PROD);
    }
    CHECK(count_differences(&p, &want, &got) == 0, "myelin_op_sgemm()");
    free(want.data);
    free(got.data);
    free_problem(&p);
    CHECK(myelin_fma_flops(0) == 0 && myelin_fma_flops(-1) == 0, "no rounds");
    CHECK(myelin_fma_flops(3) == 3 * myelin_fma_flops(1) && myelin_fma_flops(1) > 0, "three rounds");
    CHECK(myelin_read_memory(NULL, 100) == 0, "null");
    const uint64_t words[] = {1, 2, 3};
    CHECK(myelin_read_memory(words, sizeof words) == 6, "three words");
}

int main(void) {
    random_seed(12345);
    check_choice();
    check_interface();
    for (int i = 0; i < isa_count; i++) {
        const sgemm_table *table = isa_table[i].sgemm;
        if (!sgemm_usable(&isa_table[i]) || (i > 0 && table == isa_table[i - 1].sgemm)) {
            continue;
        }
        printf("%s\n", table->name);
        check_edges(table);
        check_layouts(table);
        check_broadcast(table);
        check_parts(table);
        check_dot_products(table);
        check_threads(table);
        check_nan(table);
        check_peaks(table);
    }
    return checks_failed();
}
