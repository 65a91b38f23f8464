/**
 * Panels of 8-bit quants for vpmaddubsw, whose first operand is unsigned and whose sums of two products must
 * fit 16 bits: the magnitude of q - 128 times x, or ~x where q - 128 is negative. ~x is -x - 1, so a sum
 * starts at that of the magnitudes of the negative ones. The least value of a lane is 2 * 128 * -128.
 */
#ifndef MYELIN_SRC_GEMM_QUANTIZED_AVX2_SIGNED_H
#define MYELIN_SRC_GEMM_QUANTIZED_AVX2_SIGNED_H

#include "avx2_blocks.h"

enum { HALVES = PANEL_ROWS / LANES };

typedef struct {
    __m256i magnitude[HALVES];
    __m256i negative[HALVES]; /* all bits of a byte, or none */
} signed_step;

typedef struct {
    signed_step step[K_BLOCK / 4];
    __m256i start[16][HALVES]; /* by scale */
} signed_panel;

/** Splits the quants of `count` scales, each of `steps` steps. */
INLINE void split_signs(const panel *w, size_t count, const size_t steps, signed_panel *out) {
    for (size_t b = 0; b < count; b++) {
        for (size_t c = 0; c < HALVES; c++) {
            __m256i start = _mm256_setzero_si256();
            for (size_t i = steps * b; i < steps * (b + 1); i++) {
                const __m256i stored = _mm256_load_si256((const void *)w->q[i][c * LANES]);
                const __m256i q = _mm256_xor_si256(stored, _mm256_set1_epi8((char)0x80));
                const __m256i magnitude = _mm256_abs_epi8(q);
                const __m256i negative = _mm256_cmpgt_epi8(_mm256_setzero_si256(), q);
                /* a byte of `negative` is -1 or 0 */
                const __m256i minus = _mm256_maddubs_epi16(magnitude, negative);
                start = _mm256_sub_epi32(start, _mm256_madd_epi16(minus, _mm256_set1_epi16(1)));
                out->step[i].magnitude[c] = magnitude;
                out->step[i].negative[c] = negative;
            }
            out->start[b][c] = start;
        }
    }
}

/** Sets a to the dot products of n rows of X and the quants of scale b. */
INLINE void add_signed_products(const size_t n, const size_t steps, const signed_panel *w,
                                const activation_block *x, size_t b, __m256i a[][HALVES]) {
#pragma GCC unroll 8
    for (size_t i = 0; i < steps; i++) {
        const signed_step *q = w->step + steps * b + i;
#pragma GCC unroll 8
        for (size_t r = 0; r < n; r++) {
            const __m256i v = _mm256_set1_epi32(word((const char *)x[r].q + 4 * (steps * b + i)));
#pragma GCC unroll 2
            for (size_t c = 0; c < HALVES; c++) {
                const __m256i s = _mm256_maddubs_epi16(q->magnitude[c], _mm256_xor_si256(v, q->negative[c]));
                const __m256i sum = i == 0 ? w->start[b][c] : a[r][c];
                a[r][c] = _mm256_add_epi32(sum, _mm256_madd_epi16(s, _mm256_set1_epi16(1)));
                /* in this order: the compiler would begin more sums than there are registers */
                __asm__ volatile("" : "+x"(a[r][c]));
            }
        }
    }
}

#endif
