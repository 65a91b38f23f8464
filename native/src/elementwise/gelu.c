/* GELU, also times a second tensor (GEGLU). */
#include <assert.h>
#include <stdbool.h>
#include <string.h>

#include "cpu/dispatch.h"
#include "elementwise.h"
#include "myelin.h"
#include "runtime/compute.h"
#include "runtime/ggml_tensor.h"

enum { BLOCK = 256, VECTOR = 16 };

/** out = gelu(x) * up; up is NULL for none, n at most BLOCK. */
static void gelu_block(int64_t n, const float *x, const float *up, float *out) {
    float padded[BLOCK];
    const bool is_whole = n % VECTOR == 0;
    if (!is_whole) {
        memset(padded, 0, sizeof padded);
        memcpy(padded, x, (size_t)n * sizeof *x);
    }
    float *y = is_whole ? out : padded;
    kernels_in_use()->elementwise->gelu((n + VECTOR - 1) / VECTOR * VECTOR, is_whole ? x : padded, y);
    if (!is_whole) {
        memcpy(out, y, (size_t)n * sizeof *y);
    }
    for (int64_t i = 0; up != NULL && i < n; i++) {
        out[i] *= up[i];
    }
}

void myelin_op_gelu(struct ggml_tensor *dst, int32_t thread, int32_t threads, void *unused) {
    const int64_t n = elements(dst);
    if (spread(myelin_op_gelu, dst, threads, unused, n)) {
        return;
    }
    const struct ggml_tensor *factor = dst->src[1];
    assert(elements(dst->src[0]) == n && (factor == NULL || elements(factor) == n));
    const float *x = dst->src[0]->data;
    const float *up = factor == NULL ? NULL : factor->data;
    float *y = dst->data;
    const int64_t blocks = (n + BLOCK - 1) / BLOCK;
    for (int64_t b = blocks * thread / threads; b < blocks * (thread + 1) / threads; b++) {
        const int64_t from = b * BLOCK;
        const int64_t count = n - from < BLOCK ? n - from : BLOCK;
        gelu_block(count, x + from, up == NULL ? NULL : up + from, y + from);
    }
}
