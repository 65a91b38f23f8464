/* Float GEMM in 512-bit vectors. Compiled with the flags of all AVX-512 kernels. */
#include <immintrin.h>

#include "float_gemm.h"
#include "gemm/quantized/common.h"

enum {
    LANES = 16,
    TILE_N = 12, /* 24 registers of sums leave 8 for operands */
    TILE_VECTORS = 2,
    GEMV_N = 8,
};

/* values j and j + 8 are side by side */
#define STRIDE_16 (2 * PANEL_ROWS)
#define OFFSET_16(i) ((i) / 2 * 8 * STRIDE_16 + (i) % 2 * PANEL_ROWS)

#define GEMV_ROWS(n) ((n) <= 6 ? 4 : 2)
#define EACH_GEMV_N(f) f(1) f(2) f(3) f(4) f(5) f(6) f(7)
#define EACH_TILE_N(f) f(1) f(2) f(3) f(4) f(5) f(6) f(7) f(8) f(9) f(10) f(11) f(12)

typedef __m512 vector;
typedef __m512i bits;

#define zip_low_16 _mm512_unpacklo_epi16
#define zip_high_16 _mm512_unpackhi_epi16
#define zip_low_32 _mm512_unpacklo_epi32
#define zip_high_32 _mm512_unpackhi_epi32
#define zip_low_64 _mm512_unpacklo_epi64
#define zip_high_64 _mm512_unpackhi_epi64
#define zero _mm512_setzero_ps
#define add _mm512_add_ps
#define load _mm512_loadu_ps
#define store _mm512_storeu_ps
#define multiply_add _mm512_fmadd_ps

INLINE __m512 broadcast(const float *p) {
    __m512 all = _mm512_set1_ps(*p);
    /* to a register, which two FMAs share: as a memory operand it would be read twice */
    __asm__("" : "+v"(all));
    return all;
}

INLINE __m512 f16_to_f32(const void *p) {
    return _mm512_cvtph_ps(_mm256_loadu_si256(p));
}

INLINE __m512 bf16_to_f32(const void *p) {
    const __m512i wide = _mm512_cvtepu16_epi32(_mm256_loadu_si256(p));
    return _mm512_castsi512_ps(_mm512_slli_epi32(wide, 16));
}

#include "simd.h"

/** A cache line of some rows, each in a register: read once, because rows often evict each other. */
INLINE void load_rows(const int rows, const char *w, size_t stride, __m512i *out) {
    UNROLL(i, rows) {
        out[i] = _mm512_loadu_si512(w + (size_t)i * stride);
    }
}

static inline void transpose_16(const char *w, size_t stride, uint16_t *out) {
    const __m512i first = _mm512_setr_epi64(0, 1, 8, 9, 2, 3, 10, 11);
    const __m512i last = _mm512_setr_epi64(4, 5, 12, 13, 6, 7, 14, 15);
    __m512i rows[8];
    __m512i upper[8]; /* of eight rows: values j, j + 8, j + 16 and j + 24, 16 bytes each */
    __m512i lower[8];
    load_rows(8, w, stride, rows);
    transpose_8_rows(rows, upper);
    load_rows(8, w + 8 * stride, stride, rows);
    transpose_8_rows(rows, lower);
    UNROLL(j, 8) {
        _mm512_store_si512(out + j * STRIDE_16, _mm512_permutex2var_epi64(upper[j], first, lower[j]));
        _mm512_store_si512(out + (j + 8) * STRIDE_16, _mm512_permutex2var_epi64(upper[j], last, lower[j]));
    }
}

static inline void transpose_32(const char *w, size_t stride, float *out) {
    __m512i four[4][4]; /* of four rows: values j, j + 4, j + 8 and j + 12, 16 bytes each */
    UNROLL(i, 4) {
        __m512i rows[4];
        load_rows(4, w + 4 * (size_t)i * stride, stride, rows);
        transpose_4_rows(rows, four[i]);
    }
    UNROLL(j, 4) {
        const __m512i low01 = _mm512_shuffle_i64x2(four[0][j], four[1][j], 0x44);
        const __m512i high01 = _mm512_shuffle_i64x2(four[0][j], four[1][j], 0xee);
        const __m512i low23 = _mm512_shuffle_i64x2(four[2][j], four[3][j], 0x44);
        const __m512i high23 = _mm512_shuffle_i64x2(four[2][j], four[3][j], 0xee);
        float *to = out + j * PANEL_ROWS;
        _mm512_store_si512(to, _mm512_shuffle_i64x2(low01, low23, 0x88));
        _mm512_store_si512(to + 4 * PANEL_ROWS, _mm512_shuffle_i64x2(low01, low23, 0xdd));
        _mm512_store_si512(to + 8 * PANEL_ROWS, _mm512_shuffle_i64x2(high01, high23, 0x88));
        _mm512_store_si512(to + 12 * PANEL_ROWS, _mm512_shuffle_i64x2(high01, high23, 0xdd));
    }
}

const float_gemm_table float_gemm_avx512 = FLOAT_GEMM_TABLE;
