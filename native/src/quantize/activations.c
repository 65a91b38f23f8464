/* Ops of a ggml graph that quantise activations. */
#include "activations.h"

#include <assert.h>

#include "cpu/dispatch.h"
#include "myelin.h"
#include "runtime/compute.h"
#include "runtime/ggml_tensor.h"

int32_t myelin_activation_block_size(int32_t format) {
    return format > ACTIVATIONS_NONE && format < ACTIVATION_FORMATS
               ? (int32_t)activation_block_size((enum activation_format)format)
               : 0;
}

int64_t myelin_activation_row_bytes(int32_t format, int64_t k) {
    const int32_t block = myelin_activation_block_size(format);
    if (block == 0 || k <= 0 || k % block != 0) {
        return 0;
    }
    return format == ACTIVATIONS_F32 ? k * (int64_t)sizeof(float)
                                     : k_block_count(k) * (int64_t)sizeof(activation_block);
}

/** The K-blocks [next, end) of all rows, those of one thread; also a single row is shared by the threads. */
typedef struct {
    int64_t k;
    int64_t n;
    int64_t next;
    int64_t end;
    quantize_row_fn quantize;
    activation_block *out;
} thread_work;

static thread_work thread_work_of(const struct ggml_tensor *dst, int32_t thread, int32_t threads,
                                  int32_t format) {
    const int64_t k = dst->src[0]->ne[0];
    const int64_t all = dst->ne[1] * k_block_count(k);
    assert(format == ACTIVATIONS_32 || format == ACTIVATIONS_256);
    assert(dst->ne[0] == myelin_activation_row_bytes(format, k) && dst->ne[0] > 0);
    assert(dst->src[0]->ne[1] == dst->ne[1] && 0 <= thread && thread < threads);
    return (thread_work){
        .k = k,
        .n = dst->ne[1],
        .next = all * thread / threads,
        .end = all * (thread + 1) / threads,
        .quantize = kernels_in_use()->activations->quantize[format],
        .out = dst->data,
    };
}

/** Takes the next K-block: its row and first value. Returns its length, 0 if none is left. */
static int64_t next_k_block(thread_work *s, int64_t *row, int64_t *from) {
    if (s->next == s->end) {
        return 0;
    }
    *row = s->next / k_block_count(s->k);
    *from = s->next++ % k_block_count(s->k) * K_BLOCK;
    return s->k - *from < K_BLOCK ? s->k - *from : K_BLOCK;
}

static void quantize_k_block(const thread_work *s, int64_t row, int64_t from, int64_t length,
                             const float *x) {
    s->quantize(length, x, s->out + from / K_BLOCK * s->n + row, 1);
}

static const float *row_of(const struct ggml_tensor *t, int64_t row) {
    return (const void *)((const char *)t->data + (size_t)row * t->nb[1]);
}

void myelin_op_quantize(struct ggml_tensor *dst, int32_t thread, int32_t threads, void *format) {
    if (spread(myelin_op_quantize, dst, threads, format,
               quantize_nanoseconds(dst->src[0]->ne[0], dst->ne[1]))) {
        return;
    }
    thread_work s = thread_work_of(dst, thread, threads, (int32_t)(intptr_t)format);
    int64_t row;
    int64_t from;
    int64_t length;
    while ((length = next_k_block(&s, &row, &from)) > 0) {
        quantize_k_block(&s, row, from, length, row_of(dst->src[0], row) + from);
    }
}

void myelin_op_quantize_swiglu(struct ggml_tensor *dst, int32_t thread, int32_t threads, void *format) {
    if (spread(myelin_op_quantize_swiglu, dst, threads, format,
               2 * quantize_nanoseconds(dst->src[0]->ne[0], dst->ne[1]))) {
        return;
    }
    thread_work s = thread_work_of(dst, thread, threads, (int32_t)(intptr_t)format);
    assert(dst->src[1]->ne[0] == s.k && dst->src[1]->ne[1] == s.n);
    float v[K_BLOCK];
    int64_t row;
    int64_t from;
    int64_t length;
    while ((length = next_k_block(&s, &row, &from)) > 0) {
        kernels_in_use()->elementwise->swiglu(length, row_of(dst->src[0], row) + from,
                                              row_of(dst->src[1], row) + from, v);
        quantize_k_block(&s, row, from, length, v);
    }
}

/** The user data of myelin_op_quantize_rms_norm(). */
typedef struct {
    int32_t format;
    float epsilon;
} rms_norm_params;

_Static_assert(sizeof(rms_norm_params) == MYELIN_RMS_NORM_PARAMS_BYTES, "as Java writes them");

void myelin_op_quantize_rms_norm(struct ggml_tensor *dst, int32_t thread, int32_t threads, void *params) {
    if (spread(myelin_op_quantize_rms_norm, dst, threads, params,
               quantize_nanoseconds(dst->src[0]->ne[0], dst->ne[1]))) {
        return;
    }
    const rms_norm_params *p = params;
    const elementwise_table *elementwise = kernels_in_use()->elementwise;
    thread_work s = thread_work_of(dst, thread, threads, p->format);
    assert(dst->src[1]->ne[0] == s.k);
    float v[K_BLOCK];
    float scale = 0;
    int64_t last = -1;
    int64_t row;
    int64_t from;
    int64_t length;
    while ((length = next_k_block(&s, &row, &from)) > 0) {
        const float *x = row_of(dst->src[0], row);
        if (row != last) {
            scale = elementwise->inverse_rms(s.k, x, p->epsilon);
            last = row;
        }
        elementwise->scale(length, x + from, scale, (const float *)dst->src[1]->data + from, v);
        quantize_k_block(&s, row, from, length, v);
    }
}
