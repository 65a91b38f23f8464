/* The reference for weights that are floats: plain C for any machine. */
#include <math.h>
#include <string.h>

#include "floats.h"
#include "half.h"

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

static void unpack(value_fn value, const float_rows *rows, int64_t values, float (*out)[FLOAT_ROWS]) {
    for (int64_t i = 0; i < values; i++) {
        for (int c = 0; c < FLOAT_ROWS; c++) {
            const int half = c / COLUMNS;
            out[i][c] = value(rows->w[half] + (size_t)(c % COLUMNS) * rows->stride[half], i);
        }
    }
}

static void unpack_f16(const float_rows *rows, int64_t values, float (*out)[FLOAT_ROWS]) {
    unpack(value_f16, rows, values, out);
}

static void unpack_bf16(const float_rows *rows, int64_t values, float (*out)[FLOAT_ROWS]) {
    unpack(value_bf16, rows, values, out);
}

static void unpack_f32(const float_rows *rows, int64_t values, float (*out)[FLOAT_ROWS]) {
    unpack(value_f32, rows, values, out);
}

static void multiply(const float *w, const float *x, int64_t positions, int64_t values, float *y) {
    for (int64_t m = 0; m < positions; m++) {
        for (int c = 0; c < FLOAT_ROWS; c++, y++) {
            for (int64_t i = 0; i < values; i++) {
                *y = fmaf(w[i * FLOAT_ROWS + c], x[m * FLOAT_STRIDE + i], *y);
            }
        }
    }
}

const float_table scalar_floats = {
    .unpack = {[TYPE_F16] = unpack_f16, [TYPE_BF16] = unpack_bf16, [TYPE_F32] = unpack_f32},
    .multiply = multiply,
};
