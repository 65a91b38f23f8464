/* The reference for weights that are floats: plain C for any machine. */
#include <math.h>
#include <string.h>

#include "float_gemm.h"
#include "quantize/half.h"

/** The i-th value at w. */
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

/** The chains of one run of so many values, added to y. */
static float add_run(value_fn value, const char *w, const float *x, int64_t values, float y) {
    for (int chain = 0; chain < CHAINS; chain++) {
        float sum = 0;
        for (int64_t k = chain; k < values; k += CHAINS) {
            sum = fmaf(value(w, k), x[k], sum);
        }
        y += sum;
    }
    return y;
}

static void stream(value_fn value, size_t bytes, const char *w, size_t stride, int64_t rows, int64_t values,
                   const float *const *x, int64_t positions, float *y) {
    for (int64_t m = 0; m < positions; m++) {
        for (int64_t i = 0; i < rows; i++) {
            float *sum = y + m * FLOAT_ROWS + i;
            for (int64_t k = 0; k < values; k += FLOAT_RUN) {
                const int64_t some = values - k < FLOAT_RUN ? values - k : FLOAT_RUN;
                *sum = add_run(value, w + (size_t)i * stride + (size_t)k * bytes, x[m] + k, some, *sum);
            }
        }
    }
}

#define DEFINE_STREAM(name, bytes)                                                        \
    static void stream_##name(const char *w, size_t stride, int64_t rows, int64_t values, \
                              const float *const *x, int64_t positions, float *y) {       \
        stream(value_##name, bytes, w, stride, rows, values, x, positions, y);            \
    }

DEFINE_STREAM(f16, sizeof(half_t))
DEFINE_STREAM(bf16, sizeof(bfloat_t))
DEFINE_STREAM(f32, sizeof(float))

const float_table scalar_floats = {
    .streamed = MOST_FLOATS_STREAMED,
    .stream = {[TYPE_F16] = stream_f16, [TYPE_BF16] = stream_bf16, [TYPE_F32] = stream_f32},
};
