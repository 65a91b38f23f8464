/* Compiled with AVX2, FMA, F16C and AVX-VNNI; only called where the probe found them all. */
#include "avx2_blocks.h"

#ifndef TABLE
#define TABLE kernels_avxvnni
#endif

#ifdef __AVXVNNI__
#define DOT(a, w, x) _mm256_dpbusd_avx_epi32(a, w, x)
#define DOT_16(a, w, x) _mm256_dpwssd_avx_epi32(a, w, x)
#else /* the same in AVX-512's encoding: a test's way to run this on a machine that has only that */
#define DOT(a, w, x) _mm256_dpbusd_epi32(a, w, x)
#define DOT_16(a, w, x) _mm256_dpwssd_epi32(a, w, x)
#endif

enum {
    VECTORS = COLUMNS / LANES, /* of a panel's columns */
    TILE = 6,                  /* positions: 12 registers of sums leave 4 for operands */
    NO_ZERO = -1,              /* in place of a zero_shift */
};

#define UP_TO_TILE UP_TO_6

/**
 * Sets a to the products of block b of 4 * steps weights, less their zero: w [steps][width] vectors of
 * quants, x's activations of each position.
 */
INLINE void add_products(const size_t rows, const size_t width, const size_t most, const int zero_shift,
                         const size_t steps, const __m256i *w, const segment *x, size_t b,
                         __m256i a[TILE][VECTORS]) {
    (void)most;
    /* one vector of one position would wait for itself */
    const int alone = rows * width == 1;
    __m256i other = _mm256_setzero_si256();
#pragma GCC unroll 6
    for (size_t r = 0; r < rows; r++) {
        /* weights are unsigned here: the products start at -zero times the sum */
        const __m256i start = zero_shift == NO_ZERO
                                  ? _mm256_setzero_si256()
                                  : _mm256_slli_epi32(_mm256_set1_epi32(x[r].sum[b]), zero_shift);
#pragma GCC unroll 2
        for (size_t c = 0; c < width; c++) {
            a[r][c] = start;
        }
    }
#pragma GCC unroll 8
    for (size_t j = 0; j < steps; j++) {
#pragma GCC unroll 6
        for (size_t r = 0; r < rows; r++) {
            const __m256i v = _mm256_set1_epi32(word((const char *)x[r].q + 4 * (steps * b + j)));
#pragma GCC unroll 2
            for (size_t c = 0; c < width; c++) {
                if (alone && j % 2 == 1) {
                    other = DOT(other, w[j], v);
                } else {
                    a[r][c] = DOT(a[r][c], w[j * width + c], v);
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
INLINE __m256i add_scaled(__m256i a, const __m256i q[4], const segment *x, size_t step, __m256i scale) {
    __m256i s = _mm256_setzero_si256();
#pragma GCC unroll 4
    for (size_t j = 0; j < 4; j++) {
        s = DOT(s, q[j], _mm256_set1_epi32(word((const char *)x->q + 4 * (step + j))));
    }
    return DOT_16(a, s, scale);
}

#include "avx2_gemm.h"
