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
    LANES_COUNT = 16,
    VALUE_BITS = 13,  /* of a value's whole number, without its sign */
    WEIGHT_BITS = 12, /* of a weight's: sums of 64 products of both are less than 2^31 */
};

/** sqrt(2^31), less some room for rounding: products of rows no longer than this do not overflow. */
static const float LONGEST = 46000;

/** Smaller steps count as none. */
static const float SMALLEST_STEP = 1e-30f;

/** 16 values of a row, from the i-th on, as floats; those from n on are zeroes. */
INLINE lanes row_lanes(const int32_t type, const char *row, int i, int n) {
    if (type == TYPE_Q8_0) {
        const char *w = row + (size_t)(i / 32) * sizeof(block_q8_0);
        half_t d;
        memcpy(&d, w, sizeof d);
        const lanes q = lanes_of_bytes((const void *)(w + offsetof(block_q8_0, qs) + i % 32));
        return lanes_multiply(q, lanes_all(half_to_float(d)));
    }
    const size_t bytes = type == TYPE_F32 ? sizeof(float) : sizeof(half_t);
    char rest[LANES_COUNT * sizeof(float)];
    const char *from = row + (size_t)i * bytes;
    if (n - i < LANES_COUNT) {
        memset(rest, 0, sizeof rest);
        memcpy(rest, from, (size_t)(n - i) * bytes);
        from = rest;
    }
    return type == TYPE_F32 ? lanes_load((const void *)from) : lanes_of_halves(from);
}

/** The largest magnitude of a row, and the sum of its squares, which is not finite if a value is not. */
INLINE void measure_row(const int32_t type, const char *row, int n, float *most, float *squares) {
    lanes m = lanes_all(0);
    lanes s = lanes_all(0);
    for (int i = 0; i < n; i += LANES_COUNT) {
        const lanes v = row_lanes(type, row, i, n);
        m = lanes_max(lanes_abs(v), m);
        s = lanes_fma(v, v, s);
    }
    *most = lanes_largest(m);
    *squares = lanes_sum(s);
}

/**
 * The steps of 16 queries or keys whose values are to be whole numbers, as large as they can be without
 * a product of two rows exceeding int32 (Cauchy and Schwarz), and how many there are in 1: none for a row
 * of zeroes. No numbers for rows that are not finite.
 */
INLINE void choose_steps(const float *most, const float *squares, float *step, float *in_one) {
    const lanes square = lanes_load(squares);
    const lanes by_size = lanes_divide(lanes_load(most), lanes_all(32767));
    const lanes by_length = lanes_divide(lanes_sqrt(square), lanes_all(LONGEST));
    /* 0 if finite, else no number */
    const lanes broken = lanes_subtract(square, square);
    const lanes s = lanes_add(lanes_max(by_size, by_length), broken);
    lanes_store(step, lanes_add(lanes_from(s, SMALLEST_STEP, s), broken));
    lanes_store(in_one, lanes_from(s, SMALLEST_STEP, lanes_divide(lanes_all(1), s)));
}

/** A row as whole numbers of its steps; zeroes from n on, up to a multiple of 16. */
INLINE void fix_row(const int32_t type, const char *row, int n, float in_one, int16_t *out) {
    for (int i = 0; i < n; i += LANES_COUNT) {
        lanes_round(lanes_multiply(row_lanes(type, row, i, n), lanes_all(in_one)), out + i);
    }
}

/**
 * The exponents of 16 rows of values, whose whole numbers are steps of 2^(exponent - VALUE_BITS), the
 * inverse of 2 to their power, and how many steps are in 1. No numbers for rows that are not finite.
 */
INLINE void choose_exponents(const float *most, const float *squares, float *exponent, float *inverse,
                             float *in_one) {
    const lanes square = lanes_load(squares);
    const lanes broken = lanes_subtract(square, square);
    /* half of the least power of two that is more than the largest value */
    const lanes power = lanes_powers(lanes_max(lanes_load(most), lanes_all(0x1p-60f)));
    lanes_store(exponent, lanes_add(lanes_add(lanes_exponents(power), lanes_all(1)), broken));
    lanes_store(inverse, lanes_add(lanes_divide(lanes_all(0.5f), power), broken));
    lanes_store(in_one, lanes_divide(lanes_all(1 << (VALUE_BITS - 1)), power));
}

#endif
