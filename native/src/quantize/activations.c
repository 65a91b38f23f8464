/* Activations quantised by nodes of a ggml graph: functions of the type ggml_custom_op_t. */
#include "activations.h"

#include <assert.h>

#include "cpu/dispatch.h"
#include "myelin.h"
#include "runtime/ggml_tensor.h"

int32_t myelin_activation_block_size(int32_t format) {
    return format > ACTIVATIONS_NONE && format < ACTIVATION_FORMATS
               ? (int32_t)activation_block((enum activation_format)format)
               : 0;
}

int64_t myelin_activation_row_bytes(int32_t format, int64_t k) {
    const int32_t block = myelin_activation_block_size(format);
    if (block == 0 || k <= 0 || k % block != 0) {
        return 0;
    }
    return format == ACTIVATIONS_F32 ? k * (int64_t)sizeof(float)
                                     : segment_count(k) * (int64_t)sizeof(segment);
}

/** A thread's share of the segments of all positions: of few positions, of one, each has some. */
typedef struct {
    int64_t k;
    int64_t positions;
    int64_t at;
    int64_t end;
    quantize_fn quantize;
    segment *out;
} share;

static share share_of(const struct ggml_tensor *dst, int32_t thread, int32_t threads, int32_t format) {
    const int64_t k = dst->src[0]->ne[0];
    const int64_t all = dst->ne[1] * segment_count(k);
    assert(format == ACTIVATIONS_32 || format == ACTIVATIONS_256);
    assert(dst->ne[0] == myelin_activation_row_bytes(format, k) && dst->ne[0] > 0);
    assert(dst->src[0]->ne[1] == dst->ne[1] && 0 <= thread && thread < threads);
    return (share){
        .k = k,
        .positions = dst->ne[1],
        .at = all * thread / threads,
        .end = all * (thread + 1) / threads,
        .quantize = kernels_in_use()->activations->quantize[format],
        .out = dst->data,
    };
}

/** Where the next segment is, and how long; 0 if none is left. */
static int64_t next_segment(share *s, int64_t *position, int64_t *from) {
    if (s->at == s->end) {
        return 0;
    }
    *position = s->at / segment_count(s->k);
    *from = s->at++ % segment_count(s->k) * SEGMENT;
    return s->k - *from < SEGMENT ? s->k - *from : SEGMENT;
}

static void put_segment(const share *s, int64_t position, int64_t from, int64_t n, const float *x) {
    s->quantize(n, x, s->out + from / SEGMENT * s->positions + position, 1);
}

static const float *row_of(const struct ggml_tensor *t, int64_t row) {
    return (const void *)((const char *)t->data + (size_t)row * t->nb[1]);
}

void myelin_op_quantize(struct ggml_tensor *dst, int32_t thread, int32_t threads, void *format) {
    share s = share_of(dst, thread, threads, (int32_t)(intptr_t)format);
    int64_t position;
    int64_t from;
    int64_t n;
    while ((n = next_segment(&s, &position, &from)) > 0) {
        put_segment(&s, position, from, n, row_of(dst->src[0], position) + from);
    }
}

void myelin_op_quantize_swiglu(struct ggml_tensor *dst, int32_t thread, int32_t threads, void *format) {
    share s = share_of(dst, thread, threads, (int32_t)(intptr_t)format);
    assert(dst->src[1]->ne[0] == s.k && dst->src[1]->ne[1] == s.positions);
    float v[SEGMENT];
    int64_t position;
    int64_t from;
    int64_t n;
    while ((n = next_segment(&s, &position, &from)) > 0) {
        kernels_in_use()->elementwise->gate(n, row_of(dst->src[0], position) + from,
                                            row_of(dst->src[1], position) + from, v);
        put_segment(&s, position, from, n, v);
    }
}

/** What a node of myelin_op_quantize_rms_norm() has to itself. */
typedef struct {
    int32_t format;
    float epsilon;
} normed;

_Static_assert(sizeof(normed) == MYELIN_RMS_NORM_PARAMS_BYTES, "normed");

void myelin_op_quantize_rms_norm(struct ggml_tensor *dst, int32_t thread, int32_t threads, void *of) {
    const normed *node = of;
    const row_table *rows = kernels_in_use()->elementwise;
    share s = share_of(dst, thread, threads, node->format);
    assert(dst->src[1]->ne[0] == s.k);
    float v[SEGMENT];
    float scale = 0;
    int64_t last = -1;
    int64_t position;
    int64_t from;
    int64_t n;
    while ((n = next_segment(&s, &position, &from)) > 0) {
        const float *x = row_of(dst->src[0], position);
        if (position != last) {
            scale = rows->norm(s.k, x, node->epsilon);
            last = position;
        }
        rows->scale(n, x + from, scale, (const float *)dst->src[1]->data + from, v);
        put_segment(&s, position, from, n, v);
    }
}
