/* The kernels as nodes of a ggml graph: functions of the type ggml_custom_op_t. */
#include "matmul.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

#include "myelin.h"
#include "runtime/ggml_tensor.h"

int32_t myelin_tensor_layout(size_t ne, size_t nb, size_t src, size_t data) {
    const int same = ne == offsetof(struct ggml_tensor, ne) && nb == offsetof(struct ggml_tensor, nb) &&
                     src == offsetof(struct ggml_tensor, src) && data == offsetof(struct ggml_tensor, data);
    return same ? MYELIN_OK : MYELIN_ERROR_UNSUPPORTED;
}

const kernel_table *kernels_in_use(void) {
    static _Atomic(const kernel_table *) found;
    static atomic_bool looked;
    if (!atomic_load_explicit(&looked, memory_order_acquire)) {
        atomic_store_explicit(&found, kernels_best(), memory_order_relaxed);
        atomic_store_explicit(&looked, true, memory_order_release);
    }
    return atomic_load_explicit(&found, memory_order_relaxed);
}

const char *myelin_kernel_name(void) {
    return kernels_in_use() == NULL ? "" : kernels_in_use()->name;
}

int32_t myelin_kernel_format(int32_t type) {
    const int served = type >= 0 && type < TYPE_COUNT && kernels_in_use() != NULL;
    return served ? (int32_t)kernel_types[type].format : ACTIVATIONS_NONE;
}

int32_t myelin_activation_block(int32_t format) {
    return format > ACTIVATIONS_NONE && format < ACTIVATION_FORMATS
               ? (int32_t)activation_block((enum activation_format)format)
               : 0;
}

int64_t myelin_activation_bytes(int32_t format, int64_t k) {
    const int32_t block = myelin_activation_block(format);
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
    assert(dst->ne[0] == myelin_activation_bytes(format, k) && dst->ne[0] > 0);
    assert(dst->src[0]->ne[1] == dst->ne[1] && 0 <= thread && thread < threads);
    return (share){
        .k = k,
        .positions = dst->ne[1],
        .at = all * thread / threads,
        .end = all * (thread + 1) / threads,
        .quantize = kernels_in_use()->quantize[format],
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

void myelin_op_quantize_gated(struct ggml_tensor *dst, int32_t thread, int32_t threads, void *format) {
    share s = share_of(dst, thread, threads, (int32_t)(intptr_t)format);
    assert(dst->src[1]->ne[0] == s.k && dst->src[1]->ne[1] == s.positions);
    float v[SEGMENT];
    int64_t position;
    int64_t from;
    int64_t n;
    while ((n = next_segment(&s, &position, &from)) > 0) {
        kernels_in_use()->rows->gate(n, row_of(dst->src[0], position) + from,
                                     row_of(dst->src[1], position) + from, v);
        put_segment(&s, position, from, n, v);
    }
}

/** What a node of myelin_op_quantize_normed() has to itself. */
typedef struct {
    int32_t format;
    float epsilon;
} normed;

_Static_assert(sizeof(normed) == MYELIN_NORMED_BYTES, "normed");

void myelin_op_quantize_normed(struct ggml_tensor *dst, int32_t thread, int32_t threads, void *of) {
    const normed *node = of;
    const row_table *rows = kernels_in_use()->rows;
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

/** Rows are taken in multiples of this, as kernels multiply them. */
static const int64_t FEWEST_ROWS = PANELS * COLUMNS;

_Static_assert(sizeof(progress) <= MYELIN_PROGRESS_BYTES, "progress");

int64_t progress_take(progress *p, int64_t rows, int32_t threads, int64_t *count) {
    int_fast64_t from = atomic_load_explicit(&p->next, memory_order_relaxed);
    do {
        const int64_t left = rows - from;
        if (left <= 0) {
            return -1;
        }
        int64_t wanted = left / (2 * (int64_t)threads) / FEWEST_ROWS * FEWEST_ROWS;
        wanted = wanted < FEWEST_ROWS ? FEWEST_ROWS : wanted;
        *count = wanted < left ? wanted : left;
    } while (!atomic_compare_exchange_weak_explicit(&p->next, &from, from + *count, memory_order_relaxed,
                                                    memory_order_relaxed));
    return from;
}

void progress_end(progress *p, int32_t threads) {
    if (atomic_fetch_add_explicit(&p->finished, 1, memory_order_acq_rel) == threads - 1) {
        atomic_store_explicit(&p->next, 0, memory_order_relaxed);
        atomic_store_explicit(&p->finished, 0, memory_order_release);
    }
}

/** Matrices that multiply the same rows: what they give lies one after the other. */
typedef struct {
    int count;
    int64_t rows; /* of all */
    int64_t begin[MYELIN_MOST_MATRICES + 1];
    product of[MYELIN_MOST_MATRICES];
} matrices;

/** What Java has checked: weights of this format's, and rows in it. */
static void assert_rows(const struct ggml_tensor *w, const struct ggml_tensor *x, int32_t format) {
    (void)w;
    (void)x;
    (void)format;
    assert(format != ACTIVATIONS_NONE && myelin_kernel_format(w->type) == format);
    assert(myelin_activation_bytes(format, w->ne[0]) > 0);
    assert(w->nb[1] >= kernel_row_bytes(&kernel_types[w->type], w->ne[0]));
    assert(x->ne[0] == (format == ACTIVATIONS_F32 ? w->ne[0] : myelin_activation_bytes(format, w->ne[0])));
}

static void matrices_of(const struct ggml_tensor *dst, matrices *all) {
    memset(all, 0, sizeof *all);
    while (all->count < MYELIN_MOST_MATRICES && dst->src[all->count + 1] != NULL) {
        all->count++;
    }
    const struct ggml_tensor *x = dst->src[all->count];
    for (int i = 0; i < all->count; i++) {
        const struct ggml_tensor *w = dst->src[i];
        assert_rows(w, x, myelin_kernel_format(dst->src[0]->type));
        all->of[i] = (product){
            .type = w->type,
            .k = w->ne[0],
            .weights = w->data,
            .stride = w->nb[1],
            .x = x->data,
            .floats = {.data = x->data, .stride = x->nb[1], .used = 1},
            .positions = x->ne[1],
            .y = (float *)dst->data + all->rows * x->ne[1],
            .position_stride = w->ne[1],
        };
        all->begin[i] = all->rows;
        all->rows += w->ne[1];
    }
    all->begin[all->count] = all->rows;
    assert(all->count > 0 && dst->ne[0] * dst->ne[1] == all->rows * x->ne[1]);
}

static int matrix_of(const matrices *all, int64_t row) {
    int i = 0;
    while (row >= all->begin[i + 1]) {
        i++;
    }
    return i;
}

static const char *weights_of(const matrices *all, int64_t row) {
    const int i = matrix_of(all, row);
    return all->of[i].weights + (size_t)(row - all->begin[i]) * all->of[i].stride;
}

static void multiply_rows(matrices *all, int64_t from, int64_t to, int64_t next) {
    while (from < to) {
        const int i = matrix_of(all, from);
        const int64_t end = to < all->begin[i + 1] ? to : all->begin[i + 1];
        all->of[i].next = weights_of(all, end < to ? end : next);
        kernel_product(kernels_in_use(), &all->of[i], from - all->begin[i], end - all->begin[i]);
        from = end;
    }
}

void myelin_op_matmul(struct ggml_tensor *dst, int32_t thread, int32_t threads, void *shared) {
    (void)thread;
    progress *p = shared;
    matrices all;
    matrices_of(dst, &all);
    /* where memory decides, rows are taken before they are due, so that it can be asked for them */
    const int early = all.of->positions <= kernels_in_use()->most_streamed;
    int64_t count;
    int64_t from = progress_take(p, all.rows, threads, &count);
    while (from >= 0) {
        int64_t next_count = 0;
        int64_t next = early ? progress_take(p, all.rows, threads, &next_count) : -1;
        multiply_rows(&all, from, from + count, next < 0 ? from : next);
        if (!early) {
            next = progress_take(p, all.rows, threads, &next_count);
        }
        from = next;
        count = next_count;
    }
    progress_end(p, threads);
}
