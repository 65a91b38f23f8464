/**
 * Rows of K and V as f32, one reader a type. A file that includes this includes the simd/ header of its
 * instruction set first.
 */
#ifndef MYELIN_SRC_ATTENTION_CACHE_ROWS_H
#define MYELIN_SRC_ATTENTION_CACHE_ROWS_H

#include <stddef.h>
#include <string.h>

#include "quantize/blocks.h"
#include "quantize/half.h"

enum { SIMD_WIDTH = 16, QK = 32 /* values of a quantised block */ };

INLINE f32x16 half_at(const char *p) {
    half_t d;
    memcpy(&d, p, sizeof d);
    return f32x16_set1(half_to_float(d));
}

/** Values i to i + 15 of a block as 4 bits, of nibbles as q4_0's; i is 0 or 16. */
INLINE void nibbles(const char *qs, int i, int8_t q[SIMD_WIDTH]) {
    uint8_t bytes[SIMD_WIDTH];
    memcpy(bytes, qs, sizeof bytes);
    for (int j = 0; j < SIMD_WIDTH; j++) {
        q[j] = (int8_t)(bytes[j] >> (i / 4) & 15);
    }
}

/** The same with a fifth bit. */
INLINE void five_bits(const char *qs, const char *qh, int i, int8_t q[SIMD_WIDTH]) {
    uint32_t high;
    memcpy(&high, qh, sizeof high);
    nibbles(qs, i, q);
    for (int j = 0; j < SIMD_WIDTH; j++) {
        q[j] = (int8_t)(q[j] | (int8_t)((high >> (i + j) & 1) << 4));
    }
}

INLINE f32x16 read_f32(const char *row, int i) {
    return f32x16_load((const void *)(row + (size_t)i * sizeof(float)));
}

INLINE f32x16 read_f16(const char *row, int i) {
    return f32x16_from_f16(row + (size_t)i * sizeof(half_t));
}

INLINE f32x16 read_bf16(const char *row, int i) {
    bfloat_t h[SIMD_WIDTH];
    uint32_t bits[SIMD_WIDTH];
    float x[SIMD_WIDTH];
    memcpy(h, row + (size_t)i * sizeof *h, sizeof h);
    for (int j = 0; j < SIMD_WIDTH; j++) {
        bits[j] = (uint32_t)h[j] << 16;
    }
    memcpy(x, bits, sizeof x);
    return f32x16_load(x);
}

INLINE f32x16 read_q8_0(const char *row, int i) {
    const char *b = row + (size_t)(i / QK) * sizeof(block_q8_0);
    const f32x16 q = f32x16_from_i8((const void *)(b + offsetof(block_q8_0, qs) + i % QK));
    return f32x16_mul(q, half_at(b));
}

INLINE f32x16 read_q4_0(const char *row, int i) {
    const char *b = row + (size_t)(i / QK) * sizeof(block_q4_0);
    int8_t q[SIMD_WIDTH];
    nibbles(b + offsetof(block_q4_0, qs), i % QK, q);
    return f32x16_mul(f32x16_sub(f32x16_from_i8(q), f32x16_set1(8)), half_at(b));
}

INLINE f32x16 read_q4_1(const char *row, int i) {
    const char *b = row + (size_t)(i / QK) * sizeof(block_q4_1);
    int8_t q[SIMD_WIDTH];
    nibbles(b + offsetof(block_q4_1, qs), i % QK, q);
    return f32x16_fma(f32x16_from_i8(q), half_at(b), half_at(b + offsetof(block_q4_1, m)));
}

INLINE f32x16 read_q5_0(const char *row, int i) {
    const char *b = row + (size_t)(i / QK) * sizeof(block_q5_0);
    int8_t q[SIMD_WIDTH];
    five_bits(b + offsetof(block_q5_0, qs), b + offsetof(block_q5_0, qh), i % QK, q);
    return f32x16_mul(f32x16_sub(f32x16_from_i8(q), f32x16_set1(16)), half_at(b));
}

INLINE f32x16 read_q5_1(const char *row, int i) {
    const char *b = row + (size_t)(i / QK) * sizeof(block_q5_1);
    int8_t q[SIMD_WIDTH];
    five_bits(b + offsetof(block_q5_1, qs), b + offsetof(block_q5_1, qh), i % QK, q);
    return f32x16_fma(f32x16_from_i8(q), half_at(b), half_at(b + offsetof(block_q5_1, m)));
}

INLINE f32x16 read_iq4_nl(const char *row, int i) {
    static const int8_t codebook[16] = {-127, -104, -83, -65, -49, -35, -22, -10,
                                        1,    13,   25,  38,  53,  69,  89,  113};
    const char *b = row + (size_t)(i / QK) * sizeof(block_iq4_nl);
    int8_t q[SIMD_WIDTH];
    nibbles(b + offsetof(block_iq4_nl, qs), i % QK, q);
    for (int j = 0; j < SIMD_WIDTH; j++) {
        q[j] = codebook[q[j]];
    }
    return f32x16_mul(f32x16_from_i8(q), half_at(b));
}

/** EACH_CACHE_TYPE(f) is f(TYPE, reader) for each type. */
#define EACH_CACHE_TYPE(f)                                                                              \
    f(TYPE_F32, read_f32) f(TYPE_F16, read_f16) f(TYPE_BF16, read_bf16) f(TYPE_Q8_0, read_q8_0)         \
        f(TYPE_Q5_1, read_q5_1) f(TYPE_Q5_0, read_q5_0) f(TYPE_Q4_1, read_q4_1) f(TYPE_Q4_0, read_q4_0) \
            f(TYPE_IQ4_NL, read_iq4_nl)

/** 16 values of a row, from value i on. type is a constant. */
INLINE f32x16 read_whole(const int32_t type, const char *row, int i) {
#define READ(of, reader)       \
    if (type == (of)) {        \
        return reader(row, i); \
    }
    EACH_CACHE_TYPE(READ)
#undef READ
    return f32x16_set1(0);
}

/** The last n < 16 values of a row of a type without blocks, then zeros; apart, so that loops stay short. */
static __attribute__((noinline, cold)) f32x16 read_tail(int32_t type, const char *row, int i, int n) {
    char padded[SIMD_WIDTH * sizeof(float)] = {0};
    const size_t bytes = type == TYPE_F32 ? sizeof(float) : sizeof(half_t);
    memcpy(padded, row + (size_t)i * bytes, (size_t)n * bytes);
    return type == TYPE_F32   ? read_f32(padded, 0)
           : type == TYPE_F16 ? read_f16(padded, 0)
                              : read_bf16(padded, 0);
}

/** 16 values of a row of n, from value i on; zeros from value n on. type is a constant. */
INLINE f32x16 read_row(const int32_t type, const char *row, int i, int n) {
    return n - i < SIMD_WIDTH ? read_tail(type, row, i, n - i) : read_whole(type, row, i);
}

#endif
