/* Float GEMM in 256-bit vectors, for AVX2 and AVX-VNNI. Compiled with AVX2, FMA and F16C. */
#include <immintrin.h>

#include "float_gemm.h"
#include "gemm/quantized/common.h"

enum {
    LANES = 8,
    TILE_N = 6, /* 12 registers of sums leave 4 for operands */
    TILE_VECTORS = 2,
    GEMV_N = 6,
};

#define STRIDE_16 PANEL_ROWS
#define OFFSET_16(i) ((i)*8 * STRIDE_16)

#define GEMV_ROWS(n) ((n) <= 3 ? 4 : 2)
#define EACH_GEMV_N(f) f(1) f(2) f(3) f(4) f(5)
#define EACH_TILE_N(f) f(1) f(2) f(3) f(4) f(5) f(6)

typedef __m256 vector;
typedef __m256i bits;

#define zip_low_16 _mm256_unpacklo_epi16
#define zip_high_16 _mm256_unpackhi_epi16
#define zip_low_32 _mm256_unpacklo_epi32
#define zip_high_32 _mm256_unpackhi_epi32
#define zip_low_64 _mm256_unpacklo_epi64
#define zip_high_64 _mm256_unpackhi_epi64
#define zero _mm256_setzero_ps
#define add _mm256_add_ps
#define load _mm256_loadu_ps
#define store _mm256_storeu_ps
#define multiply_add _mm256_fmadd_ps
#define broadcast _mm256_broadcast_ss

INLINE __m256 f16_to_f32(const void *p) {
    return _mm256_cvtph_ps(_mm_loadu_si128(p));
}

INLINE __m256 bf16_to_f32(const void *p) {
    const __m256i wide = _mm256_cvtepu16_epi32(_mm_loadu_si128(p));
    return _mm256_castsi256_ps(_mm256_slli_epi32(wide, 16));
}

#include "simd.h"

/** 32 bytes of some rows. */
INLINE void load_rows(const int rows, const char *w, size_t stride, __m256i *out) {
    UNROLL(i, rows) {
        out[i] = _mm256_loadu_si256((const void *)(w + (size_t)i * stride));
    }
}

static inline void transpose_16(const char *w, size_t stride, uint16_t *out) {
    for (size_t row = 0; row < PANEL_ROWS; row += 8) {
        for (size_t k = 0; k < 32; k += 16) {
            __m256i rows[8];
            __m256i values[8];
            load_rows(8, w + row * stride + 2 * k, stride, rows);
            transpose_8_rows(rows, values);
            UNROLL(j, 8) {
                uint16_t *to = out + (k + (size_t)j) * PANEL_ROWS + row;
                _mm_store_si128((void *)to, _mm256_castsi256_si128(values[j]));
                _mm_store_si128((void *)(to + 8 * PANEL_ROWS), _mm256_extracti128_si256(values[j], 1));
            }
        }
    }
}

static inline void transpose_32(const char *w, size_t stride, float *out) {
    for (size_t row = 0; row < PANEL_ROWS; row += 8) {
        for (size_t k = 0; k < 16; k += 8) {
            __m256i four[2]
                        [4]; /* of four rows: value j in the lower 16 bytes, value j + 4 in the upper ones */
            UNROLL(i, 2) {
                __m256i rows[4];
                load_rows(4, w + (row + 4 * (size_t)i) * stride + 4 * k, stride, rows);
                transpose_4_rows(rows, four[i]);
            }
            UNROLL(j, 4) {
                float *to = out + (k + (size_t)j) * PANEL_ROWS + row;
                const __m256i low = _mm256_permute2x128_si256(four[0][j], four[1][j], 0x20);
                const __m256i high = _mm256_permute2x128_si256(four[0][j], four[1][j], 0x31);
                _mm256_store_si256((void *)to, low);
                _mm256_store_si256((void *)(to + 4 * PANEL_ROWS), high);
            }
        }
    }
}

const float_gemm_table float_gemm_avx2 = FLOAT_GEMM_TABLE;
