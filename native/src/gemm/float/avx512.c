/* Weights that are floats, in vectors of 512 bits. Compiled as the other kernels of AVX-512. */
#include <immintrin.h>

#include "float_gemm.h"
#include "gemm/quantized/common.h"

enum {
    LANES = 16,
    TILE = 12, /* 24 registers of sums leave 8 for the operands */
    WIDTH = 2,
    STREAMED = 8,
};

/* values j and j + 8 lie side by side */
#define STEP_16 (2 * COLUMNS)
#define EIGHT_16(i) ((i) / 2 * 8 * STEP_16 + (i) % 2 * COLUMNS)

#define ROWS_BESIDE(positions) ((positions) <= 6 ? 4 : 2)
#define EACH_STREAMED(f) f(1) f(2) f(3) f(4) f(5) f(6) f(7)
#define EACH_TILE(f) f(1) f(2) f(3) f(4) f(5) f(6) f(7) f(8) f(9) f(10) f(11) f(12)

typedef __m512 vector;
typedef __m512i bits;

#define low_16 _mm512_unpacklo_epi16
#define high_16 _mm512_unpackhi_epi16
#define low_32 _mm512_unpacklo_epi32
#define high_32 _mm512_unpackhi_epi32
#define low_64 _mm512_unpacklo_epi64
#define high_64 _mm512_unpackhi_epi64
#define zero _mm512_setzero_ps
#define add _mm512_add_ps
#define load _mm512_loadu_ps
#define store _mm512_storeu_ps
#define add_product _mm512_fmadd_ps

INLINE __m512 spread(const float *p) {
    __m512 all = _mm512_set1_ps(*p);
    /* into a register, which two products then share: as an operand in memory it is read twice */
    __asm__("" : "+v"(all));
    return all;
}

INLINE __m512 widen_f16(const void *p) {
    return _mm512_cvtph_ps(_mm256_loadu_si256(p));
}

INLINE __m512 widen_bf16(const void *p) {
    const __m512i wide = _mm512_cvtepu16_epi32(_mm256_loadu_si256(p));
    return _mm512_castsi512_ps(_mm512_slli_epi32(wide, 16));
}

#include "simd.h"

/** Some rows' lines, each in a register: they are read once, since rows often lie so that they evict each
 * other. */
INLINE void take_rows(const int rows, const char *w, size_t stride, __m512i *out) {
    EACH(i, rows) {
        out[i] = _mm512_loadu_si512(w + (size_t)i * stride);
    }
}

static inline void transpose_16(const char *w, size_t stride, uint16_t *out) {
    const __m512i first = _mm512_setr_epi64(0, 1, 8, 9, 2, 3, 10, 11);
    const __m512i last = _mm512_setr_epi64(4, 5, 12, 13, 6, 7, 14, 15);
    __m512i rows[8];
    __m512i upper[8]; /* of eight rows: the 16 bytes of value j, j + 8, j + 16 and j + 24 */
    __m512i lower[8];
    take_rows(8, w, stride, rows);
    transpose_8_rows(rows, upper);
    take_rows(8, w + 8 * stride, stride, rows);
    transpose_8_rows(rows, lower);
    EACH(j, 8) {
        _mm512_store_si512(out + j * STEP_16, _mm512_permutex2var_epi64(upper[j], first, lower[j]));
        _mm512_store_si512(out + (j + 8) * STEP_16, _mm512_permutex2var_epi64(upper[j], last, lower[j]));
    }
}

static inline void transpose_32(const char *w, size_t stride, float *out) {
    __m512i four[4][4]; /* of four rows: the 16 bytes of value j, j + 4, j + 8 and j + 12 */
    EACH(i, 4) {
        __m512i rows[4];
        take_rows(4, w + 4 * (size_t)i * stride, stride, rows);
        transpose_4_rows(rows, four[i]);
    }
    EACH(j, 4) {
        const __m512i low01 = _mm512_shuffle_i64x2(four[0][j], four[1][j], 0x44);
        const __m512i high01 = _mm512_shuffle_i64x2(four[0][j], four[1][j], 0xee);
        const __m512i low23 = _mm512_shuffle_i64x2(four[2][j], four[3][j], 0x44);
        const __m512i high23 = _mm512_shuffle_i64x2(four[2][j], four[3][j], 0xee);
        float *to = out + j * COLUMNS;
        _mm512_store_si512(to, _mm512_shuffle_i64x2(low01, low23, 0x88));
        _mm512_store_si512(to + 4 * COLUMNS, _mm512_shuffle_i64x2(low01, low23, 0xdd));
        _mm512_store_si512(to + 8 * COLUMNS, _mm512_shuffle_i64x2(high01, high23, 0x88));
        _mm512_store_si512(to + 12 * COLUMNS, _mm512_shuffle_i64x2(high01, high23, 0xdd));
    }
}

const float_table avx512_floats = FLOAT_TABLE;
