/* Weights that are floats, in NEON; for all its tables. */
#include <arm_neon.h>

#include "float_gemm.h"
#include "gemm/quantized/common.h"

enum {
    LANES = 4,
    TILE = 6, /* 24 registers of sums leave 8 for the operands */
    WIDTH = 4,
    STREAMED = 6,
};

#define STEP_16 COLUMNS
#define EIGHT_16(i) ((i)*8 * STEP_16)

#define ROWS_BESIDE(positions) MOST_ROWS_BESIDE
#define EACH_STREAMED(f) f(1) f(2) f(3) f(4) f(5)
#define EACH_TILE(f) f(1) f(2) f(3) f(4) f(5) f(6)

typedef float32x4_t vector;
typedef uint32x4_t bits;

#define zero() vdupq_n_f32(0)
#define add vaddq_f32
#define store vst1q_f32
#define spread vld1q_dup_f32

INLINE bits low_16(bits a, bits b) {
    return vreinterpretq_u32_u16(vzip1q_u16(vreinterpretq_u16_u32(a), vreinterpretq_u16_u32(b)));
}

INLINE bits high_16(bits a, bits b) {
    return vreinterpretq_u32_u16(vzip2q_u16(vreinterpretq_u16_u32(a), vreinterpretq_u16_u32(b)));
}

#define low_32 vzip1q_u32
#define high_32 vzip2q_u32

INLINE bits low_64(bits a, bits b) {
    return vreinterpretq_u32_u64(vzip1q_u64(vreinterpretq_u64_u32(a), vreinterpretq_u64_u32(b)));
}

INLINE bits high_64(bits a, bits b) {
    return vreinterpretq_u32_u64(vzip2q_u64(vreinterpretq_u64_u32(a), vreinterpretq_u64_u32(b)));
}

INLINE float32x4_t add_product(float32x4_t a, float32x4_t b, float32x4_t sum) {
    return vfmaq_f32(sum, a, b);
}

/** 4 values, which may lie at any address. */
INLINE float32x4_t load(const void *p) {
    return vreinterpretq_f32_u8(vld1q_u8(p));
}

INLINE uint16x4_t halves(const void *p) {
    return vreinterpret_u16_u8(vld1_u8(p));
}

INLINE float32x4_t widen_f16(const void *p) {
    return vcvt_f32_f16(vreinterpret_f16_u16(halves(p)));
}

INLINE float32x4_t widen_bf16(const void *p) {
    return vreinterpretq_f32_u32(vshlq_n_u32(vmovl_u16(halves(p)), 16));
}

#include "simd.h"

/** 16 bytes of some rows, which may lie at any address. */
INLINE void take_rows(const int rows, const char *w, size_t stride, uint32x4_t *out) {
    EACH(i, rows) {
        out[i] = vreinterpretq_u32_u8(vld1q_u8((const void *)(w + (size_t)i * stride)));
    }
}

static inline void transpose_16(const char *w, size_t stride, uint16_t *out) {
    for (size_t row = 0; row < COLUMNS; row += 8) {
        for (size_t k = 0; k < 32; k += 8) {
            uint32x4_t rows[8];
            uint32x4_t values[8];
            take_rows(8, w + row * stride + 2 * k, stride, rows);
            transpose_8_rows(rows, values);
            EACH(j, 8) {
                vst1q_u16(out + (k + (size_t)j) * COLUMNS + row, vreinterpretq_u16_u32(values[j]));
            }
        }
    }
}

static inline void transpose_32(const char *w, size_t stride, float *out) {
    for (size_t row = 0; row < COLUMNS; row += 4) {
        for (size_t k = 0; k < 16; k += 4) {
            uint32x4_t rows[4];
            uint32x4_t values[4];
            take_rows(4, w + row * stride + 4 * k, stride, rows);
            transpose_4_rows(rows, values);
            EACH(j, 4) {
                vst1q_f32(out + (k + (size_t)j) * COLUMNS + row, vreinterpretq_f32_u32(values[j]));
            }
        }
    }
}

const float_table neon_floats = FLOAT_TABLE;
