/* The kernels as nodes of a ggml graph: functions of the type ggml_custom_op_t. */
#include "ops.h"

#include <stddef.h>

#include "ggml_tensor.h"
#include "myelin.h"

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

void myelin_op_quantize(struct ggml_tensor *dst, int32_t thread, int32_t threads, void *format) {
    const struct ggml_tensor *x = dst->src[0];
    const quantize_fn quantize = kernels_in_use()->quantize[(intptr_t)format];
    const int64_t positions = x->ne[1];
    for (int64_t i = thread; i < positions; i += threads) {
        const float *from = (const void *)((const char *)x->data + (size_t)i * x->nb[1]);
        quantize(x->ne[0], from, (segment *)dst->data + i, positions);
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

void myelin_op_matmul(struct ggml_tensor *dst, int32_t thread, int32_t threads, void *shared) {
    (void)thread;
    progress *p = shared;
    const struct ggml_tensor *w = dst->src[0];
    const struct ggml_tensor *x = dst->src[1];
    const product whole = {
        .type = w->type,
        .k = w->ne[0],
        .weights = w->data,
        .stride = w->nb[1],
        .x = x->data,
        .floats = {.data = x->data, .stride = x->nb[1], .used = 1},
        .positions = dst->ne[1],
        .y = dst->data,
        .position_stride = (int64_t)(dst->nb[1] / sizeof(float)),
    };
    int64_t count;
    int64_t from;
    while ((from = progress_take(p, w->ne[1], threads, &count)) >= 0) {
        kernel_product(kernels_in_use(), &whole, from, from + count);
    }
    progress_end(p, threads);
}
