/* Restores NaN that ggml's quantisation drops. */
#include <assert.h>
#include <math.h>
#include <string.h>

#include "attention/attention.h"
#include "myelin.h"
#include "quantize/blocks.h"
#include "runtime/compute.h"
#include "runtime/ggml_tensor.h"

enum { BLOCK = 32 };

static const half_t NAN_HALF = 0x7e00;

static int all_finite(int64_t n, const float *x) {
    uint32_t not_finite = 0;
    for (int64_t i = 0; i < n; i++) {
        uint32_t bits;
        memcpy(&bits, x + i, sizeof bits);
        not_finite |= (bits & 0x7f800000) == 0x7f800000;
    }
    return !not_finite;
}

/** The row of t that belongs to row i of another tensor, which may have several rows for each row of t. */
static char *row_at(const struct ggml_tensor *t, const struct ggml_tensor *of, int64_t i) {
    const int64_t i1 = i % of->ne[1];
    const int64_t i2 = i / of->ne[1] % of->ne[2];
    const int64_t i3 = i / of->ne[1] / of->ne[2];
    return (char *)t->data + (size_t)(i1 % t->ne[1]) * t->nb[1] + (size_t)i2 * t->nb[2] +
           (size_t)i3 * t->nb[3];
}

void myelin_op_propagate_nan(struct ggml_tensor *dst, int32_t thread, int32_t threads, void *unused) {
    const struct ggml_tensor *x = dst->src[1];
    const int64_t rows = dst->ne[1] * dst->ne[2] * dst->ne[3];
    if (spread(myelin_op_propagate_nan, dst, threads, unused, rows * x->ne[0] / 8)) {
        return;
    }
    assert(dst->ne[1] % x->ne[1] == 0 && x->ne[2] == dst->ne[2] && x->ne[3] == dst->ne[3]);
    for (int64_t i = rows * thread / threads; i < rows * (thread + 1) / threads; i++) {
        if (!all_finite(x->ne[0], (const void *)row_at(x, dst, i))) {
            float *y = (void *)row_at(dst, dst, i);
            for (int64_t j = 0; j < dst->ne[0]; j++) {
                y[j] = NAN;
            }
        }
    }
}

void myelin_op_propagate_nan_blocks(struct ggml_tensor *dst, int32_t thread, int32_t threads, void *unused) {
    const struct ggml_tensor *x = dst->src[1];
    const int64_t *cells = dst->src[2]->data;
    const int64_t rows = x->ne[1] * x->ne[2];
    if (spread(myelin_op_propagate_nan_blocks, dst, threads, unused, rows * x->ne[0] / 8)) {
        return;
    }
    assert(general_block_size(dst->type) == BLOCK && x->ne[0] == dst->ne[0] && x->ne[0] % BLOCK == 0);
    assert(x->ne[2] == dst->ne[2] && x->ne[3] == 1 && dst->ne[3] == 1);
    for (int64_t i = rows * thread / threads; i < rows * (thread + 1) / threads; i++) {
        const float *source = (const void *)row_at(x, x, i);
        const int64_t cell = cells[i % x->ne[1]];
        assert(0 <= cell && cell < dst->ne[1]);
        char *block = (char *)dst->data + (size_t)cell * dst->nb[1] + (size_t)(i / x->ne[1]) * dst->nb[2];
        for (int64_t b = 0; b < x->ne[0] / BLOCK; b++) {
            if (!all_finite(BLOCK, source + b * BLOCK)) {
                /* every type has its scale at the beginning of a block */
                memcpy(block + (size_t)b * dst->nb[0], &NAN_HALF, sizeof NAN_HALF);
            }
        }
    }
}
