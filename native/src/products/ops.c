/* Products of f32 matrices as nodes of a ggml graph: a function of the type ggml_custom_op_t. */
#include "ggml_tensor.h"
#include "myelin.h"

const char *myelin_product_name(void) {
    return "scalar";
}

void myelin_op_product(struct ggml_tensor *dst, int32_t thread, int32_t threads, void *kind) {
    const struct ggml_tensor *a = dst->src[0];
    const struct ggml_tensor *b = dst->src[1];
    /* the dimension that is summed over, and the one that is left */
    const int inner = (intptr_t)kind == MYELIN_PRODUCT_MUL_MAT ? 0 : 1;
    const int outer = 1 - inner;
    const int64_t share2 = dst->ne[2] / a->ne[2];
    const int64_t share3 = dst->ne[3] / a->ne[3];
    for (int64_t i3 = 0; i3 < dst->ne[3]; i3++) {
        for (int64_t i2 = 0; i2 < dst->ne[2]; i2++) {
            const char *pa =
                (const char *)a->data + (size_t)(i2 / share2) * a->nb[2] + (size_t)(i3 / share3) * a->nb[3];
            const char *pb = (const char *)b->data + (size_t)i2 * b->nb[2] + (size_t)i3 * b->nb[3];
            char *y = (char *)dst->data + (size_t)i2 * dst->nb[2] + (size_t)i3 * dst->nb[3];
            for (int64_t j = thread; j < dst->ne[1]; j += threads) {
                for (int64_t i = 0; i < dst->ne[0]; i++) {
                    float sum = 0;
                    for (int64_t k = 0; k < a->ne[inner]; k++) {
                        const float *x =
                            (const void *)(pa + (size_t)k * a->nb[inner] + (size_t)i * a->nb[outer]);
                        const float *w =
                            (const void *)(pb + (size_t)k * b->nb[inner] + (size_t)j * b->nb[outer]);
                        sum += *x * *w;
                    }
                    ((float *)(void *)(y + (size_t)j * dst->nb[1]))[i] = sum;
                }
            }
        }
    }
}
