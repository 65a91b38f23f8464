/**
 * What is done with a row of numbers. Who includes this has the lanes of its instruction set: all do
 * the same operations in the same order.
 */
#ifndef MYELIN_SRC_ATTENTION_ROWS_H
#define MYELIN_SRC_ATTENTION_ROWS_H

#include <math.h>
#include <string.h>

#include "attention.h"
#include "quantize/half.h"
#include "simd/exp2.h"

enum {
    SIMD_WIDTH = 16,
    VALUE_BITS = 13,  /* of a value's whole number, without its sign */
    WEIGHT_BITS = 12, /* of a weight's: sums of 64 products of both are less than 2^31 */
};

/** sqrt(2^31), less some room for rounding: products of rows no longer than this do not overflow. */
static const float MAX_ROW_NORM = 46000;

/** Smaller steps count as none. */
static const float MIN_SCALE = 1e-30f;

/** 16 values of a row, from the i-th on, as floats; those from n on are zeroes. */
INLINE f32x16 row_values(const int32_t type, const char *row, int i, int n) {
    if (type == TYPE_Q8_0) {
        const char *w = row + (size_t)(i / 32) * sizeof(block_q8_0);
        half_t d;
        memcpy(&d, w, sizeof d);
        const f32x16 q = f32x16_from_i8((const void *)(w + offsetof(block_q8_0, qs) + i % 32));
        return f32x16_mul(q, f32x16_set1(half_to_float(d)));
    }
    const size_t bytes = type == TYPE_F32 ? sizeof(float) : sizeof(half_t);
    char rest[SIMD_WIDTH * sizeof(float)];
    const char *from = row + (size_t)i * bytes;
    if (n - i < SIMD_WIDTH) {
        memset(rest, 0, sizeof rest);
        memcpy(rest, from, (size_t)(n - i) * bytes);
        from = rest;
    }
    return type == TYPE_F32 ? f32x16_load((const void *)from) : f32x16_from_f16(from);
}

/** The largest magnitude of a row, and the sum of its squares, which is not finite if a value is not. */
INLINE void row_range(const int32_t type, const char *row, int n, float *most, float *squares) {
    f32x16 m = f32x16_set1(0);
    f32x16 s = f32x16_set1(0);
    for (int i = 0; i < n; i += SIMD_WIDTH) {
        const f32x16 v = row_values(type, row, i, n);
        m = f32x16_max(f32x16_abs(v), m);
        s = f32x16_fma(v, v, s);
    }
    *most = f32x16_reduce_max(m);
    *squares = f32x16_reduce_sum(s);
}

/**
 * The steps of 16 queries or keys whose values are to be whole numbers, as large as they can be without
 * a product of two rows exceeding int32 (Cauchy and Schwarz), and how many there are in 1: none for a row
 * of zeroes. No numbers for rows that are not finite.
 */
INLINE void choose_scales(const float *most, const float *squares, float *step, float *inverse_scale) {
    const f32x16 square = f32x16_load(squares);
    const f32x16 by_size = f32x16_div(f32x16_load(most), f32x16_set1(32767));
    const f32x16 by_length = f32x16_div(f32x16_sqrt(square), f32x16_set1(MAX_ROW_NORM));
    /* 0 if finite, else no number */
    const f32x16 broken = f32x16_sub(square, square);
    const f32x16 s = f32x16_add(f32x16_max(by_size, by_length), broken);
    f32x16_store(step, f32x16_add(f32x16_select_ge(s, MIN_SCALE, s), broken));
    f32x16_store(inverse_scale, f32x16_select_ge(s, MIN_SCALE, f32x16_div(f32x16_set1(1), s)));
}

/** A row as whole numbers of its steps; zeroes from n on, up to a multiple of 16. */
INLINE void quantize_row(const int32_t type, const char *row, int n, float inverse_scale, int16_t *out) {
    for (int i = 0; i < n; i += SIMD_WIDTH) {
        f32x16_to_i16(f32x16_mul(row_values(type, row, i, n), f32x16_set1(inverse_scale)), out + i);
    }
}

/**
 * The exponents of 16 rows of values, whose whole numbers are steps of 2^(exponent - VALUE_BITS), the
 * inverse of 2 to their power, and how many steps are in 1. No numbers for rows that are not finite.
 */
INLINE void choose_exponents(const float *most, const float *squares, float *exponent, float *inverse,
                             float *inverse_scale) {
    const f32x16 square = f32x16_load(squares);
    const f32x16 broken = f32x16_sub(square, square);
    /* half of the least power of two that is more than the largest value */
    const f32x16 power = f32x16_pow2_floor(f32x16_max(f32x16_load(most), f32x16_set1(0x1p-60f)));
    f32x16_store(exponent, f32x16_add(f32x16_add(f32x16_exponent(power), f32x16_set1(1)), broken));
    f32x16_store(inverse, f32x16_add(f32x16_div(f32x16_set1(0.5f), power), broken));
    f32x16_store(inverse_scale, f32x16_div(f32x16_set1(1 << (VALUE_BITS - 1)), power));
}

#endif
