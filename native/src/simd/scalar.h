/** f32x16, a vector of 16 floats. Every instruction set computes the same bits. */
#ifndef MYELIN_SRC_SIMD_SCALAR_H
#define MYELIN_SRC_SIMD_SCALAR_H

#include <math.h>
#include <stddef.h>
#include <string.h>

#include "inline.h"
#include "quantize/half.h"

typedef struct {
    float x[16];
} f32x16;

#define EACH_LANE(expression)      \
    f32x16 y;                      \
    for (int i = 0; i < 16; i++) { \
        y.x[i] = expression;       \
    }                              \
    return y;

INLINE f32x16 f32x16_set1(float x){EACH_LANE(x)}

INLINE f32x16 f32x16_load(const float *p){EACH_LANE(p[i])}

INLINE void f32x16_store(float *p, f32x16 a) {
    memcpy(p, a.x, sizeof a.x);
}

INLINE f32x16 f32x16_from_i32(const int32_t *p){EACH_LANE((float)p[i])}

INLINE f32x16 f32x16_from_i8(const int8_t *p){EACH_LANE((float)p[i])}

INLINE f32x16 f32x16_from_f16(const char *p) {
    half_t h[16];
    memcpy(h, p, sizeof h);
    EACH_LANE(half_to_float(h[i]))
}

/** Stores a as integers that fit 16 bits, rounded to nearest, ties to even. */
INLINE void f32x16_to_i16(f32x16 a, int16_t *p) {
    for (int i = 0; i < 16; i++) {
        p[i] = (int16_t)lrintf(a.x[i]);
    }
}

/** The same for a and b, interleaved. */
INLINE void f32x16_to_i16_pairs(f32x16 a, f32x16 b, int16_t *p) {
    for (int i = 0; i < 16; i++) {
        p[2 * i] = (int16_t)lrintf(a.x[i]);
        p[2 * i + 1] = (int16_t)lrintf(b.x[i]);
    }
}

INLINE f32x16 f32x16_add(f32x16 a, f32x16 b){EACH_LANE(a.x[i] + b.x[i])}

INLINE f32x16 f32x16_sub(f32x16 a, f32x16 b){EACH_LANE(a.x[i] - b.x[i])}

INLINE f32x16 f32x16_mul(f32x16 a, f32x16 b){EACH_LANE(a.x[i] * b.x[i])}

/** a * b + c, rounded once. */
INLINE f32x16 f32x16_fma(f32x16 a, f32x16 b, f32x16 c){EACH_LANE(fmaf(a.x[i], b.x[i], c.x[i]))}

/** The larger one; b if one is NaN. */
INLINE f32x16 f32x16_max(f32x16 a, f32x16 b){EACH_LANE(a.x[i] > b.x[i] ? a.x[i] : b.x[i])}

INLINE f32x16 f32x16_min(f32x16 a, f32x16 b){EACH_LANE(a.x[i] < b.x[i] ? a.x[i] : b.x[i])}

INLINE f32x16 f32x16_abs(f32x16 a){EACH_LANE(fabsf(a.x[i]))}

/** a where x >= limit, else 0. */
INLINE f32x16 f32x16_select_ge(f32x16 x, float limit, f32x16 a){EACH_LANE(x.x[i] >= limit ? a.x[i] : 0.0f)}

/** The first n values of a, the rest of b; n may be negative or above 16. */
INLINE f32x16 f32x16_first_n(int n, f32x16 a, f32x16 b){EACH_LANE(i < n ? a.x[i] : b.x[i])}

/** The first four values of 16 rows, stride values apart: out[i] has value i of each row. */
INLINE void f32x16_transpose4(const float *rows, size_t stride, f32x16 out[4]) {
    for (size_t r = 0; r < 16; r++) {
        for (size_t i = 0; i < 4; i++) {
            out[i].x[r] = rows[r * stride + i];
        }
    }
}

/** a times 2 to the power of the integer in the low bits of shifted. */
INLINE f32x16 f32x16_ldexp(f32x16 a, f32x16 shifted) {
    f32x16 y;
    for (int i = 0; i < 16; i++) {
        uint32_t bits;
        uint32_t n;
        memcpy(&bits, &a.x[i], sizeof bits);
        memcpy(&n, &shifted.x[i], sizeof n);
        bits += n << 23;
        memcpy(&y.x[i], &bits, sizeof bits);
    }
    return y;
}

INLINE uint32_t exponent_bits(float x) {
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits & 0x7f800000;
}

/** The largest power of two that is not above a, for positive a: 1 for 1 to 2. */
INLINE f32x16 f32x16_pow2_floor(f32x16 a) {
    f32x16 y;
    for (int i = 0; i < 16; i++) {
        const uint32_t bits = exponent_bits(a.x[i]);
        memcpy(&y.x[i], &bits, sizeof bits);
    }
    return y;
}

/** Its logarithm to base 2: 0 for 1 to 2. */
INLINE f32x16 f32x16_exponent(f32x16 a){EACH_LANE((float)((int32_t)(exponent_bits(a.x[i]) >> 23) - 127))}

INLINE f32x16 f32x16_div(f32x16 a, f32x16 b){EACH_LANE(a.x[i] / b.x[i])}

INLINE f32x16 f32x16_sqrt(f32x16 a){EACH_LANE(sqrtf(a.x[i]))}

/** The sum, in this order: values i and i + 8, of these i and i + 4, and so on. */
INLINE float f32x16_reduce_sum(f32x16 a) {
    for (int n = 8; n > 0; n /= 2) {
        for (int i = 0; i < n; i++) {
            a.x[i] += a.x[i + n];
        }
    }
    return a.x[0];
}

INLINE float f32x16_reduce_max(f32x16 a) {
    for (int n = 8; n > 0; n /= 2) {
        for (int i = 0; i < n; i++) {
            a.x[i] = a.x[i] > a.x[i + n] ? a.x[i] : a.x[i + n];
        }
    }
    return a.x[0];
}

#endif
