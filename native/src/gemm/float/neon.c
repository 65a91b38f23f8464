/* Float GEMM in NEON, for all tables of aarch64. */
#include <arm_neon.h>

#include "float_gemm.h"
#include "gemm/quantized/common.h"

enum {
    LANES = 4,
    TILE_N = 6, /* 24 registers of sums leave 8 for operands */
    TILE_VECTORS = 4,
    GEMV_N = 6,
};

#define STRIDE_16 PANEL_ROWS
#define OFFSET_16(i) ((i)*8 * STRIDE_16)

#define GEMV_ROWS(n) MAX_GEMV_ROWS
#define EACH_GEMV_N(f) f(1) f(2) f(3) f(4) f(5)
#define EACH_TILE_N(f) f(1) f(2) f(3) f(4) f(5) f(6)

typedef float32x4_t vector;
typedef uint32x4_t bits;

#define zero() vdupq_n_f32(0)
#define add vaddq_f32
#define store vst1q_f32
#define broadcast vld1q_dup_f32

INLINE bits zip_low_16(bits a, bits b) {
    return vreinterpretq_u32_u16(vzip1q_u16(vreinterpretq_u16_u32(a), vreinterpretq_u16_u32(b)));
}

INLINE bits zip_high_16(bits a, bits b) {
    return vreinterpretq_u32_u16(vzip2q_u16(vreinterpretq_u16_u32(a), vreinterpretq_u16_u32(b)));
}

#define zip_low_32 vzip1q_u32
#define zip_high_32 vzip2q_u32

INLINE bits zip_low_64(bits a, bits b) {
    return vreinterpretq_u32_u64(vzip1q_u64(vreinterpretq_u64_u32(a), vreinterpretq_u64_u32(b)));
}

INLINE bits zip_high_64(bits a, bits b) {
    return vreinterpretq_u32_u64(vzip2q_u64(vreinterpretq_u64_u32(a), vreinterpretq_u64_u32(b)));
}

INLINE float32x4_t multiply_add(float32x4_t a, float32x4_t b, float32x4_t sum) {
    return vfmaq_f32(sum, a, b);
}

/** 4 values at any address. */
INLINE float32x4_t load(const void *p) {
    return vreinterpretq_f32_u8(vld1q_u8(p));
}

INLINE uint16x4_t halves(const void *p) {
    return vreinterpret_u16_u8(vld1_u8(p));
}

INLINE float32x4_t f16_to_f32(const void *p) {
    return vcvt_f32_f16(vreinterpret_f16_u16(halves(p)));
}

INLINE float32x4_t bf16_to_f32(const void *p) {
    return vreinterpretq_f32_u32(vshlq_n_u32(vmovl_u16(halves(p)), 16));
}

#include "simd.h"

/** 16 bytes of some rows, at any address. */
INLINE void load_rows(const int rows, const char *w, size_t stride, uint32x4_t *out) {
    UNROLL(i, rows) {
        out[i] = vreinterpretq_u32_u8(vld1q_u8((const void *)(w + (size_t)i * stride)));
    }
}

static inline void transpose_16(const char *w, size_t stride, uint16_t *out) {
    for (size_t row = 0; row < PANEL_ROWS; row += 8) {
        for (size_t k = 0; k < 32; k += 8) {
            uint32x4_t rows[8];
            uint32x4_t values[8];
            load_rows(8, w + row * stride + 2 * k, stride, rows);
            transpose_8_rows(rows, values);
            UNROLL(j, 8) {
                vst1q_u16(out + (k + (size_t)j) * PANEL_ROWS + row, vreinterpretq_u16_u32(values[j]));
            }
        }
    }
}

static inline void transpose_32(const char *w, size_t stride, float *out) {
    for (size_t row = 0; row < PANEL_ROWS; row += 4) {
        for (size_t k = 0; k < 16; k += 4) {
            uint32x4_t rows[4];
            uint32x4_t values[4];
            load_rows(4, w + row * stride + 4 * k, stride, rows);
            transpose_4_rows(rows, values);
            UNROLL(j, 4) {
                vst1q_f32(out + (k + (size_t)j) * PANEL_ROWS + row, vreinterpretq_f32_u32(values[j]));
            }
        }
    }
}

const float_gemm_table float_gemm_neon = FLOAT_GEMM_TABLE;
