/* Widening for any machine; encoding is left to ggml. */
#include <string.h>

#include "half.h"
#include "weights.h"

static const uint32_t MAGNITUDE = 0x7fffffff;

static uint32_t magnitude(float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits & MAGNITUDE;
}

static uint32_t larger(uint32_t a, uint32_t b) {
    return a > b ? a : b;
}

static uint32_t widen_f16(int64_t n, const half_t *x, float *out) {
    uint32_t most = 0;
    for (int64_t i = 0; i < n; i++) {
        out[i] = half_to_float(x[i]);
        most = larger(most, magnitude(out[i]));
    }
    return most;
}

static uint32_t widen_bf16(int64_t n, const uint16_t *x, float *out) {
    uint32_t most = 0;
    for (int64_t i = 0; i < n; i++) {
        const uint32_t bits = (uint32_t)x[i] << 16;
        memcpy(&out[i], &bits, sizeof bits);
        most = larger(most, bits & MAGNITUDE);
    }
    return most;
}

static uint32_t largest(int64_t n, const float *x) {
    uint32_t most = 0;
    for (int64_t i = 0; i < n; i++) {
        most = larger(most, magnitude(x[i]));
    }
    return most;
}

const encode_table encode_scalar = {
    .widen_f16 = widen_f16,
    .widen_bf16 = widen_bf16,
    .largest = largest,
};
