/* The sum of two tensors of the same shape. */
#include <assert.h>

#include "myelin.h"
#include "runtime/compute.h"
#include "runtime/ggml_tensor.h"

void myelin_op_add(struct ggml_tensor *dst, int32_t thread, int32_t threads, void *unused) {
    const int64_t n = elements(dst);
    if (spread(myelin_op_add, dst, threads, unused, n / 2)) {
        return;
    }
    assert(elements(dst->src[0]) == n && elements(dst->src[1]) == n);
    const float *a = dst->src[0]->data;
    const float *b = dst->src[1]->data;
    float *y = dst->data;
    for (int64_t i = n * thread / threads; i < n * (thread + 1) / threads; i++) {
        y[i] = a[i] + b[i];
    }
}
