#ifndef MYELIN_SRC_RUNTIME_GGML_TENSOR_H
#define MYELIN_SRC_RUNTIME_GGML_TENSOR_H

#include <stddef.h>
#include <stdint.h>

/**
 * The part of struct ggml_tensor of ggml 0.25 that the ops read. Java compares these offsets with those of
 * its bindings before it uses the ops.
 */
struct ggml_tensor {
    int32_t type;
    void *buffer;
    int64_t ne[4];
    size_t nb[4];
    int32_t op;
    int32_t op_params[16];
    int32_t flags;
    struct ggml_tensor *src[10];
    struct ggml_tensor *view_src;
    size_t view_offs;
    void *data;
};

/** Number of elements. */
static inline int64_t elements(const struct ggml_tensor *t) {
    return t->ne[0] * t->ne[1] * t->ne[2] * t->ne[3];
}

#endif
