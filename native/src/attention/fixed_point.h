/**
 * Rows of Q, K and V to fixed point. A file that includes this includes the simd/ header of its instruction
 * set first; all instruction sets do the same operations in the same order.
 */
#ifndef MYELIN_SRC_ATTENTION_FIXED_POINT_H
#define MYELIN_SRC_ATTENTION_FIXED_POINT_H

#include <math.h>
#include <string.h>

#include "attention.h"
#include "cache_rows.h"
#include "simd/exp2.h"

enum {
    VALUE_BITS = 13,  /* of the integers of V, without the sign */
    WEIGHT_BITS = 12, /* of the integers of softmax weights: 64 products of both add up to less than 2^31 */
};

/** sqrt(2^31) minus some room for rounding: the dot product of two rows of this norm does not overflow. */
static const float MAX_ROW_NORM = 46000;

/** Smaller scales are treated as 0. */
static const float MIN_SCALE = 1e-30f;

/** The largest magnitude of a row, and the sum of its squares, which is not finite if a value is not. */
INLINE void row_range(const int32_t type, const char *row, int n, float *max, float *squares) {
    f32x16 m = f32x16_set1(0);
    f32x16 s = f32x16_set1(0);
    for (int i = 0; i < n; i += SIMD_WIDTH) {
        const f32x16 v = read_row(type, row, i, n);
        m = f32x16_max(f32x16_abs(v), m);
        s = f32x16_fma(v, v, s);
    }
    *max = f32x16_reduce_max(m);
    *squares = f32x16_reduce_sum(s);
}

/**
 * The scales of 16 rows of Q or K and their inverses, which are 0 for rows of zeros. Integers are as large as
 * possible without overflow of a dot product of two rows in int32, by the Cauchy-Schwarz inequality. The
 * scale of a row that is not finite is NaN.
 */
INLINE void choose_scales(const float *max, const float *squares, float *scale, float *inverse_scale) {
    const f32x16 norm2 = f32x16_load(squares);
    const f32x16 by_max = f32x16_div(f32x16_load(max), f32x16_set1(32767));
    const f32x16 by_norm = f32x16_div(f32x16_sqrt(norm2), f32x16_set1(MAX_ROW_NORM));
    /* 0 if the row is finite, else NaN */
    const f32x16 nan_if_broken = f32x16_sub(norm2, norm2);
    const f32x16 s = f32x16_add(f32x16_max(by_max, by_norm), nan_if_broken);
    f32x16_store(scale, f32x16_add(f32x16_select_ge(s, MIN_SCALE, s), nan_if_broken));
    f32x16_store(inverse_scale, f32x16_select_ge(s, MIN_SCALE, f32x16_div(f32x16_set1(1), s)));
}

/** A row as integers; zeros from value n on, up to a multiple of 16. */
INLINE void quantize_row(const int32_t type, const char *row, int n, float inverse_scale, int16_t *out) {
    for (int i = 0; i < n; i += SIMD_WIDTH) {
        f32x16_to_i16(f32x16_mul(read_row(type, row, i, n), f32x16_set1(inverse_scale)), out + i);
    }
}

/**
 * The exponents of 16 rows of V, whose scale is 2^(exponent - VALUE_BITS); inverse is 2^-exponent,
 * inverse_scale the inverse of the scale. The exponent of a row that is not finite is NaN.
 */
INLINE void choose_exponents(const float *max, const float *squares, float *exponent, float *inverse,
                             float *inverse_scale) {
    const f32x16 norm2 = f32x16_load(squares);
    const f32x16 nan_if_broken = f32x16_sub(norm2, norm2);
    /* half of the smallest power of two above the largest value */
    const f32x16 power = f32x16_pow2_floor(f32x16_max(f32x16_load(max), f32x16_set1(0x1p-60f)));
    f32x16_store(exponent, f32x16_add(f32x16_add(f32x16_exponent(power), f32x16_set1(1)), nan_if_broken));
    f32x16_store(inverse, f32x16_add(f32x16_div(f32x16_set1(0.5f), power), nan_if_broken));
    f32x16_store(inverse_scale, f32x16_div(f32x16_set1(1 << (VALUE_BITS - 1)), power));
}

#endif
