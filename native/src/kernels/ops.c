/* The kernels as nodes of a ggml graph: functions of the type ggml_custom_op_t. */
#include <stdatomic.h>
#include <stddef.h>

#include "ggml_tensor.h"
#include "kernels.h"
#include "myelin.h"

int32_t myelin_tensor_layout(size_t ne, size_t nb, size_t src, size_t data) {
    const int same = ne == offsetof(struct ggml_tensor, ne) && nb == offsetof(struct ggml_tensor, nb) &&
                     src == offsetof(struct ggml_tensor, src) && data == offsetof(struct ggml_tensor, data);
    return same ? MYELIN_OK : MYELIN_ERROR_UNSUPPORTED;
}

/** The table in use; found on the first call. Every thread finds the same. */
static const kernel_table *table(void) {
    static _Atomic(const kernel_table *) found;
    static atomic_bool looked;
    if (!atomic_load_explicit(&looked, memory_order_acquire)) {
        atomic_store_explicit(&found, kernels_best(), memory_order_relaxed);
        atomic_store_explicit(&looked, true, memory_order_release);
    }
    return atomic_load_explicit(&found, memory_order_relaxed);
}

const char *myelin_kernel_name(void) {
    return table() == NULL ? "" : table()->name;
}

int32_t myelin_kernel_format(int32_t type) {
    const int served = type >= 0 && type < TYPE_COUNT && table() != NULL && table()->dot[type] != NULL;
    return served ? (int32_t)kernel_format(type) : ACTIVATIONS_NONE;
}

int32_t myelin_activation_block(int32_t format) {
    return format == ACTIVATIONS_32 || format == ACTIVATIONS_256
               ? activation_block((enum activation_format)format)
               : 0;
}

int64_t myelin_activation_bytes(int32_t format, int64_t k) {
    const int32_t block = myelin_activation_block(format);
    if (block == 0 || k <= 0 || k % block != 0) {
        return 0;
    }
    return (int64_t)activation_bytes((enum activation_format)format, k);
}

void myelin_op_quantize(struct ggml_tensor *dst, int32_t thread, int32_t threads, void *format) {
    const struct ggml_tensor *x = dst->src[0];
    const enum activation_format f = (enum activation_format)(intptr_t)format;
    const int64_t k = x->ne[0];
    const size_t bytes = activation_bytes(f, k);
    for (int64_t i = thread; i < x->ne[1]; i += threads) {
        const float *from = (const void *)((const char *)x->data + (size_t)i * x->nb[1]);
        table()->quantize[f](k, from, activation_row(f, k, (char *)dst->data + (size_t)i * bytes));
    }
}

/** The fewest rows that a thread takes at a time. */
static const int64_t FEWEST_ROWS = 16;

/** How the threads of one matmul share its rows; all zero between computations. */
typedef struct {
    atomic_int_fast64_t next;     /* the first row that no thread has taken */
    atomic_int_fast32_t finished; /* threads that found none left */
} progress;
_Static_assert(sizeof(progress) <= MYELIN_PROGRESS_BYTES, "progress");

/**
 * Takes the next rows: half of a thread's share of what is left, so that runs are long at first, and
 * threads end together even if one is held up. Returns where they begin, or -1 if none are left.
 */
static int64_t take_rows(progress *p, int64_t rows, int32_t threads, int64_t *count) {
    int_fast64_t from = atomic_load_explicit(&p->next, memory_order_relaxed);
    do {
        const int64_t left = rows - from;
        if (left <= 0) {
            return -1;
        }
        /* whole fours, as kernels take rows by four */
        int64_t wanted = (left / (2 * (int64_t)threads) + 3) & ~INT64_C(3);
        wanted = wanted < FEWEST_ROWS ? FEWEST_ROWS : wanted;
        *count = wanted < left ? wanted : left;
    } while (!atomic_compare_exchange_weak_explicit(&p->next, &from, from + *count, memory_order_relaxed,
                                                    memory_order_relaxed));
    return from;
}

void myelin_op_matmul(struct ggml_tensor *dst, int32_t thread, int32_t threads, void *shared) {
    (void)thread;
    progress *p = shared;
    const struct ggml_tensor *w = dst->src[0];
    const struct ggml_tensor *x = dst->src[1];
    const enum activation_format f = kernel_format(w->type);
    const dot_fn dot = table()->dot[w->type];
    const int64_t k = w->ne[0];
    const size_t bytes = activation_bytes(f, k);
    int64_t count;
    int64_t from;
    while ((from = take_rows(p, w->ne[1], threads, &count)) >= 0) {
        const char *weights = (const char *)w->data + (size_t)from * w->nb[1];
        for (int64_t m = 0; m < dst->ne[1]; m++) {
            const activations row = activation_row(f, k, (char *)x->data + (size_t)m * bytes);
            float *y = (void *)((char *)dst->data + (size_t)m * dst->nb[1]);
            dot(k, weights, w->nb[1], count, row, y + from);
        }
    }
    /* the last one leaves it as it was, for the next computation of the graph */
    if (atomic_fetch_add_explicit(&p->finished, 1, memory_order_acq_rel) == threads - 1) {
        atomic_store_explicit(&p->next, 0, memory_order_relaxed);
        atomic_store_explicit(&p->finished, 0, memory_order_release);
    }
}
