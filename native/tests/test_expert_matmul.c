/* Matmul by expert against a GEMM of each pair of token and expert: the same bits. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "cpu/dispatch.h"
#include "myelin.h"
#include "random.h"
#include "runtime/ggml_tensor.h"

enum { K = 512, N = 48, MAX_EXPERTS = 9, MAX_USED = 4, MAX_TOKENS = 40, MAX_PAIRS = MAX_USED * MAX_TOKENS };

static char weights[MAX_EXPERTS * N * K * sizeof(float)];
static float x[MAX_PAIRS * K];
static int32_t ids[MAX_TOKENS][MAX_USED + 1]; /* padded rows */
static int32_t routing[2 + MAX_EXPERTS + MAX_PAIRS];
static activation_block activations[MAX_PAIRS * K / K_BLOCK];
static float y[MAX_PAIRS * N];
static int64_t queue[MYELIN_WORK_QUEUE_BYTES / sizeof(int64_t)];

/** A contiguous tensor. */
static struct ggml_tensor tensor(int32_t type, size_t row_bytes, int64_t d0, int64_t d1, int64_t d2,
                                 void *data) {
    struct ggml_tensor t;
    memset(&t, 0, sizeof t);
    t.type = type;
    t.ne[0] = d0;
    t.ne[1] = d1;
    t.ne[2] = d2;
    t.ne[3] = 1;
    t.nb[1] = row_bytes;
    t.nb[2] = row_bytes * (size_t)d1;
    t.data = data;
    return t;
}

static int is_float(int32_t type) {
    return weight_types[type].activations == ACTIVATIONS_F32;
}

static void random_weights(int32_t type) {
    const size_t bytes = weight_types[type].block_bytes;
    for (size_t i = 0; i < sizeof weights; i++) {
        weights[i] = (char)next();
    }
    if (is_float(type)) {
        /* upper bytes that keep the values small */
        for (size_t i = bytes - 1; i < sizeof weights; i += bytes) {
            weights[i] = (char)(0x38 | (next() & 0x83));
        }
        return;
    }
    for (size_t b = 0; b + bytes <= sizeof weights; b += bytes) {
        /* finite scales, at most 2^-7, in the first or the last bytes */
        char *scale = weights + b + (type == TYPE_Q2_K ? offsetof(block_q2_k, d) : 0);
        scale[1] = 0x20;
        scale[3] = type == TYPE_Q4_0 ? scale[3] : 0x20;
    }
}

typedef struct {
    struct ggml_tensor *dst;
    int32_t thread;
    int32_t threads;
} task;

static void *multiply(void *of) {
    const task *t = of;
    myelin_op_matmul_by_expert(t->dst, t->thread, t->threads, queue);
    return NULL;
}

static void run_threads(struct ggml_tensor *dst, int32_t threads) {
    pthread_t ids_of[4];
    task tasks[4];
    for (int32_t i = 0; i < threads; i++) {
        tasks[i] = (task){dst, i, threads};
        if (pthread_create(&ids_of[i], NULL, multiply, &tasks[i]) != 0) {
            abort();
        }
    }
    for (int32_t i = 0; i < threads; i++) {
        pthread_join(ids_of[i], NULL);
    }
}

/** Compares the output of one pair with a GEMM of its own. */
static void check_pair(int32_t type, int32_t expert, int64_t from, int64_t pair, const char *what) {
    static activation_block one[K / K_BLOCK];
    float one_output[N];
    const size_t stride = weight_row_bytes(&weight_types[type], K);
    if (!is_float(type)) {
        kernels_in_use()->activations->quantize[weight_types[type].activations](K, x + from * K, one, 1);
    }
    const gemm_args p = {
        .type = type,
        .k = K,
        .w = weights + (size_t)expert * N * stride,
        .w_stride = stride,
        .x = one,
        .x_f32 = {.data = (const char *)(x + from * K), .used = 1},
        .n = 1,
        .y = one_output,
        .y_stride = N,
    };
    gemm(kernels_in_use(), &p, 0, N);
    CHECK(memcmp(one_output, y + pair * N, sizeof one_output) == 0, "%s type %d: pair %d", what, type,
          (int)pair);
}

static void check(int32_t type, int32_t experts, int64_t used, int64_t tokens, int64_t rows_per_token,
                  int32_t choices, int32_t threads) {
    const enum activation_format format = weight_types[type].activations;
    const size_t stride = weight_row_bytes(&weight_types[type], K);
    for (int64_t t = 0; t < tokens; t++) {
        for (int64_t i = 0; i < used; i++) {
            ids[t][i] = (int32_t)(next() % (uint32_t)choices);
        }
    }
    struct ggml_tensor w = tensor(type, stride, K, N, experts, weights);
    struct ggml_tensor top_k = tensor(26, sizeof ids[0], used, tokens, 1, ids);
    struct ggml_tensor in = tensor(0, K * sizeof(float), K, rows_per_token, tokens, x);
    struct ggml_tensor g = tensor(26, sizeof routing, 2 + experts + used * tokens, 1, 1, routing);
    struct ggml_tensor q =
        tensor(24, sizeof(activation_block) * K / K_BLOCK, (int64_t)sizeof(activation_block) * K / K_BLOCK,
               used * tokens, 1, activations);
    struct ggml_tensor out = tensor(0, N * sizeof(float), N, used, tokens, y);
    g.src[0] = &top_k;
    q.src[0] = &in;
    q.src[1] = &g;
    out.src[0] = &w;
    out.src[1] = is_float(type) ? &in : &q;
    out.src[2] = &g;
    memset(y, 0xff, sizeof y);
    for (int32_t i = 0; i < threads; i++) {
        myelin_op_group_by_expert(&g, i, threads, (void *)(intptr_t)experts);
    }
    for (int32_t i = 0; i < threads && !is_float(type); i++) {
        myelin_op_quantize_by_expert(&q, i, threads, (void *)(intptr_t)format);
    }
    run_threads(&out, threads);
    CHECK(queue[0] == 0 && queue[1] == 0, "the queue is reset");
    for (int64_t t = 0; t < tokens; t++) {
        for (int64_t i = 0; i < used; i++) {
            const int64_t pair = t * used + i;
            check_pair(type, ids[t][i], rows_per_token == 1 ? t : pair, pair,
                       rows_per_token == 1 ? "shared rows" : "own rows");
        }
    }
}

int main(void) {
    random_seed(4711);
    if (kernels_in_use() == NULL) {
        printf("skipped: no kernels for this CPU\n");
        return 77;
    }
    for (size_t i = 0; i < sizeof x / sizeof *x; i++) {
        x[i] = (float)next() / 4294967296.0f - 0.5f;
    }
    static const int32_t types[] = {TYPE_Q4_0, TYPE_Q2_K, TYPE_Q4_K, TYPE_F16, TYPE_BF16, TYPE_F32};
    for (size_t t = 0; t < sizeof types / sizeof *types; t++) {
        random_weights(types[t]);
        for (int32_t threads = 1; threads <= 4; threads++) {
            check(types[t], 1, 1, 1, 1, 1, threads);
            check(types[t], 2, 2, 7, 1, 2, threads);
            check(types[t], MAX_EXPERTS, MAX_USED, MAX_TOKENS, 1, MAX_EXPERTS, threads);
            check(types[t], MAX_EXPERTS, MAX_USED, MAX_TOKENS, MAX_USED, MAX_EXPERTS, threads);
            check(types[t], MAX_EXPERTS, 3, 11, 3, 1, threads); /* all to the first expert */
            check(types[t], 3, 2, 1, 1, 3, threads);
        }
    }
    return checks_failed();
}
