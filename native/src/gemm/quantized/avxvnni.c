/* Compiled with AVX2, FMA, F16C and AVX-VNNI; called only if the CPU has them all. */
#include "avx2_blocks.h"
#include "vnni.h"

#ifndef TABLE
#define TABLE quantized_gemm_avxvnni
#define ROWS row_gemv_avxvnni
#endif

enum {
    VECTORS = PANEL_ROWS / LANES, /* of the rows of a panel */
    TILE_N = 6,                   /* rows of X: 12 registers of sums leave 4 for operands */
    NO_ZERO = -1,                 /* no zero point */
    SIGNED_PANELS = 0,
};

#define CASES_TO_TILE_N CASES_TO_6

/**
 * Sets a to the dot products of block b, `steps` steps, minus the zero point. w is [steps][width] vectors of
 * quants; x is n rows of X.
 */
INLINE void add_dot_products(const size_t n, const size_t width, const enum panel_kind kind,
                             const size_t max_q, const int zero_shift, const size_t steps, const __m256i *w,
                             const activation_block *x, size_t b, __m256i a[TILE_N][VECTORS]) {
    (void)max_q;
    /* a single sum would be one chain of dependent instructions */
    const int alone = n * width == 1;
    __m256i other = _mm256_setzero_si256();
#pragma GCC unroll 6
    for (size_t r = 0; r < n; r++) {
        /*
         * quants are unsigned: the dot product starts at minus the zero point times the sum of the
         * activations
         */
        const __m256i start = zero_shift == NO_ZERO
                                  ? _mm256_setzero_si256()
                                  : _mm256_slli_epi32(_mm256_set1_epi32(neg_sum(kind, x + r, b)), zero_shift);
#pragma GCC unroll 2
        for (size_t c = 0; c < width; c++) {
            a[r][c] = start;
        }
    }
#pragma GCC unroll 8
    for (size_t j = 0; j < steps; j++) {
#pragma GCC unroll 6
        for (size_t r = 0; r < n; r++) {
            const __m256i v = _mm256_set1_epi32(word((const char *)x[r].q + 4 * (steps * b + j)));
#pragma GCC unroll 2
            for (size_t c = 0; c < width; c++) {
                if (alone && j % 2 == 1) {
                    other = DPBUSD(other, w[j], v);
                } else {
                    a[r][c] = DPBUSD(a[r][c], w[j * width + c], v);
                }
            }
        }
    }
    if (alone) {
        a[0][0] = _mm256_add_epi32(a[0][0], other);
    }
}

/**
 * Adds the dot products of 16 weights, four steps from `step` on, times their scales, which are in both
 * halves of a word.
 */
INLINE void add_scaled_products(const size_t n, const size_t max_q, const __m256i *w,
                                const activation_block *x, size_t step, const __m256i scale[VECTORS],
                                __m256i sum[TILE_N][VECTORS]) {
    (void)max_q;
#pragma GCC unroll 6
    for (size_t r = 0; r < n; r++) {
#pragma GCC unroll 2
        for (size_t c = 0; c < VECTORS; c++) {
            __m256i a = _mm256_setzero_si256();
#pragma GCC unroll 4
            for (size_t j = 0; j < 4; j++) {
                const __m256i v = _mm256_set1_epi32(word((const char *)x[r].q + 4 * (step + j)));
                a = DPBUSD(a, w[j * VECTORS + c], v);
            }
            const __m256i once = _mm256_srli_epi32(scale[c], 16);
            sum[r][c] = _mm256_add_epi32(sum[r][c], _mm256_mullo_epi32(a, once));
        }
    }
}

/** The scale is in the low half of a word, because the high half of a sum is its sign: see add_scaled(). */
enum { SCALE_TWICE = 0 };

/**
 * Adds a dot product of 16 weights, four steps of quants up to 12, times a scale; the dot product fits 16
 * bits.
 */
INLINE __m256i add_scaled(__m256i a, const __m256i q[4], const activation_block *x, size_t step,
                          __m256i scale) {
    __m256i s = _mm256_setzero_si256();
#pragma GCC unroll 4
    for (size_t j = 0; j < 4; j++) {
        s = DPBUSD(s, q[j], _mm256_set1_epi32(word((const char *)x->q + 4 * (step + j))));
    }
    return DPWSSD(a, s, scale);
}

#include "avx2_gemm.h"
