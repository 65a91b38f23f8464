/** f16 and bf16 in plain C. */
#ifndef MYELIN_SRC_QUANTIZE_HALF_H
#define MYELIN_SRC_QUANTIZE_HALF_H

#include <string.h>

#include "blocks.h"

/** f16 to f32, exact. */
static inline float half_to_float(half_t h) {
    const uint32_t sign = (uint32_t)(h & 0x8000) << 16;
    const uint32_t exponent = (h >> 10) & 0x1f;
    const uint32_t fraction = h & 0x3ff;
    uint32_t bits;
    float value;
    if (exponent == 0) {
        /* zero or subnormal: fraction times 2^-24 */
        value = (float)fraction * 0x1p-24f;
        memcpy(&bits, &value, sizeof bits);
        bits |= sign;
    } else if (exponent == 31) {
        bits = sign | 0x7f800000u | fraction << 13;
    } else {
        bits = sign | (exponent + 112) << 23 | fraction << 13;
    }
    memcpy(&value, &bits, sizeof value);
    return value;
}

/** bf16 to f32, exact. */
static inline float bfloat_to_float(bfloat_t h) {
    const uint32_t bits = (uint32_t)h << 16;
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

#endif
