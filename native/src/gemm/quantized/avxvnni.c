/* Compiled with AVX2, FMA, F16C and AVX-VNNI; only called where the probe found them all. */
#include "avx2_blocks.h"

#ifndef TABLE
#define TABLE quantized_gemm_avxvnni
#endif

#ifdef __AVXVNNI__
#define DPBUSD(a, w, x) _mm256_dpbusd_avx_epi32(a, w, x)
#define DPWSSD(a, w, x) _mm256_dpwssd_avx_epi32(a, w, x)
#else /* the same in AVX-512's encoding: a test's way to run this on a machine that has only that */
#define DPBUSD(a, w, x) _mm256_dpbusd_epi32(a, w, x)
#define DPWSSD(a, w, x) _mm256_dpwssd_epi32(a, w, x)
#endif

enum {
    VECTORS = PANEL_ROWS / LANES, /* of a panel's columns */
    TILE_N = 6,                   /* positions: 12 registers of sums leave 4 for operands */
    NO_ZERO = -1,                 /* in place of a zero_shift */
};

#define CASES_TO_TILE_N CASES_TO_6

/**
 * Sets a to the products of block b of 4 * steps weights, less their zero: w [steps][width] vectors of
 * quants, x's activations of each position.
 */
INLINE void add_dot_products(const size_t n, const size_t width, const size_t max_q, const int zero_shift,
                             const size_t steps, const __m256i *w, const activation_block *x, size_t b,
                             __m256i a[TILE_N][VECTORS]) {
    (void)max_q;
    /* one vector of one position would wait for itself */
    const int alone = n * width == 1;
    __m256i other = _mm256_setzero_si256();
#pragma GCC unroll 6
    for (size_t r = 0; r < n; r++) {
        /* weights are unsigned here: the products start at -zero times the sum */
        const __m256i start = zero_shift == NO_ZERO
                                  ? _mm256_setzero_si256()
                                  : _mm256_slli_epi32(_mm256_set1_epi32(x[r].neg_sums[b]), zero_shift);
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

/** A sum's high half, which is its sign, is multiplied by zero: see add_scaled(). */
enum { SCALE_TWICE = 0 };

/** Adds products of 16 weights, four steps of quants up to 12, times a scale; their sum fits 16 bits. */
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
