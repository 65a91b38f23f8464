/* Conversion to f32 for any machine; ggml quantises. */
#include <string.h>

#include "half.h"
#include "weights.h"

static const uint32_t MAGNITUDE = 0x7fffffff;

static uint32_t magnitude(float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits & MAGNITUDE;
}

static uint32_t max_magnitude(uint32_t a, uint32_t b) {
    return a > b ? a : b;
}

static uint32_t f16_to_f32(int64_t n, const half_t *x, float *out) {
    uint32_t max = 0;
    for (int64_t i = 0; i < n; i++) {
        out[i] = half_to_float(x[i]);
        max = max_magnitude(max, magnitude(out[i]));
    }
    return max;
}

static uint32_t bf16_to_f32(int64_t n, const uint16_t *x, float *out) {
    uint32_t max = 0;
    for (int64_t i = 0; i < n; i++) {
        const uint32_t bits = (uint32_t)x[i] << 16;
        memcpy(&out[i], &bits, sizeof bits);
        max = max_magnitude(max, bits & MAGNITUDE);
    }
    return max;
}

static uint32_t max_bits(int64_t n, const float *x) {
    uint32_t max = 0;
    for (int64_t i = 0; i < n; i++) {
        max = max_magnitude(max, magnitude(x[i]));
    }
    return max;
}

const weight_quantizer quantize_weights_scalar = {
    .f16_to_f32 = f16_to_f32,
    .bf16_to_f32 = bf16_to_f32,
    .max_bits = max_bits,
};
