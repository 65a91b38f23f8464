/* The reference for weights in f16, bf16 and f32: plain C for any machine. */
#include <math.h>
#include <string.h>

#include "float_gemm.h"
#include "quantize/half.h"

/** Value i of the row at w. */
typedef float (*value_fn)(const char *w, int64_t i);

static float value_f16(const char *w, int64_t i) {
    half_t h;
    memcpy(&h, w + (size_t)i * sizeof h, sizeof h);
    return half_to_float(h);
}

static float value_bf16(const char *w, int64_t i) {
    bfloat_t h;
    memcpy(&h, w + (size_t)i * sizeof h, sizeof h);
    return bfloat_to_float(h);
}

static float value_f32(const char *w, int64_t i) {
    float v;
    memcpy(&v, w + (size_t)i * sizeof v, sizeof v);
    return v;
}

/** Adds the partial sums of one K-block to y. */
static float add_k_block(value_fn value, const char *w, const float *x, int64_t values, float y) {
    for (int i = 0; i < PARTIAL_SUMS; i++) {
        float sum = 0;
        for (int64_t k = i; k < values; k += PARTIAL_SUMS) {
            sum = fmaf(value(w, k), x[k], sum);
        }
        y += sum;
    }
    return y;
}

static void gemv(value_fn value, size_t bytes, const char *w, size_t w_stride, int64_t rows, int64_t values,
                 const float *const *x, int64_t n, float *y) {
    for (int64_t j = 0; j < n; j++) {
        for (int64_t i = 0; i < rows; i++) {
            float *sum = y + j * STRIP_ROWS + i;
            for (int64_t k = 0; k < values; k += FLOAT_K_BLOCK) {
                const int64_t count = values - k < FLOAT_K_BLOCK ? values - k : FLOAT_K_BLOCK;
                *sum =
                    add_k_block(value, w + (size_t)i * w_stride + (size_t)k * bytes, x[j] + k, count, *sum);
            }
        }
    }
}

#define DEFINE_GEMV(name, bytes)                                                          \
    static void gemv_##name(const char *w, size_t w_stride, int64_t rows, int64_t values, \
                            const float *const *x, int64_t n, float *y) {                 \
        gemv(value_##name, bytes, w, w_stride, rows, values, x, n, y);                    \
    }

DEFINE_GEMV(f16, sizeof(half_t))
DEFINE_GEMV(bf16, sizeof(bfloat_t))
DEFINE_GEMV(f32, sizeof(float))

const float_gemm_table float_gemm_scalar = {
    .gemv_n = MAX_FLOAT_GEMV_N,
    .gemv = {[TYPE_F16] = gemv_f16, [TYPE_BF16] = gemv_bf16, [TYPE_F32] = gemv_f32},
};
