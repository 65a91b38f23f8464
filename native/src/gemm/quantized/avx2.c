/* Compiled with AVX2, FMA and F16C; called only if the CPU has them all. */
#include "avx2_blocks.h"

#define TABLE quantized_gemm_avx2
#define ROWS row_gemv_avx2

enum {
    VECTORS = PANEL_ROWS / LANES, /* of the rows of a panel */
    TILE_N = 4,        /* rows of X: 8 registers of sums leave 8 for operands and intermediate values */
    NO_ZERO = -1,      /* no zero point */
    SIGNED_PANELS = 1, /* see avx2_signed.h */
};

/* keeps the order of the source: the compiler would begin more sums than there are registers */
#define KEEP(v) __asm__ volatile("" : "+x"(v))

#define UNROLL(i, n) _Pragma("GCC unroll 8") for (size_t i = 0; i < (n); i++)
#define CASES_TO_TILE_N CASES_TO_4

/**
 * How many steps are summed in 16 bits: a step adds two products to a lane, each of a magnitude of at most
 * max_q * 127. Only 8-bit quants allow a single step; they are made signed, see add_signed().
 */
INLINE size_t depth_of(const size_t max_q, const size_t steps) {
    size_t depth = steps < 8 ? steps : 8;
    while (depth > 1 && 2 * depth * max_q * 127 > (size_t)INT16_MAX) {
        depth /= 2;
    }
    return depth;
}

INLINE __m256i broadcast(const activation_block *x, size_t step) {
    return _mm256_set1_epi32(word((const char *)x->q + 4 * step));
}

INLINE __m256i add_pairs(__m256i a, __m256i s) {
    a = _mm256_add_epi32(a, _mm256_madd_epi16(s, _mm256_set1_epi16(1)));
    KEEP(a);
    return a;
}

/** Adds depth steps, summed in 16 bits, to all rows of X together. */
INLINE void add_deep(const size_t n, const size_t width, const size_t depth, const __m256i *w,
                     const activation_block *x, size_t step, __m256i a[TILE_N][VECTORS]) {
    __m256i s[TILE_N][VECTORS];
#pragma GCC unroll 8
    for (size_t j = 0; j < depth; j++) {
        UNROLL(r, n) {
            const __m256i v = broadcast(x + r, step + j);
            UNROLL(c, width) {
                const __m256i p = _mm256_maddubs_epi16(w[j * width + c], v);
                s[r][c] = j == 0 ? p : _mm256_add_epi16(s[r][c], p);
                KEEP(s[r][c]);
            }
        }
    }
    UNROLL(r, n) {
        UNROLL(c, width) {
            a[r][c] = add_pairs(a[r][c], s[r][c]);
        }
    }
}

/** Adds two steps to one row of X after the other; the weights stay in registers. */
INLINE void add_two(const size_t n, const size_t width, const __m256i *w, const activation_block *x,
                    size_t step, __m256i a[TILE_N][VECTORS]) {
    UNROLL(r, n) {
        const __m256i v0 = broadcast(x + r, step);
        const __m256i v1 = broadcast(x + r, step + 1);
        UNROLL(c, width) {
            const __m256i p = _mm256_maddubs_epi16(w[c], v0);
            a[r][c] = add_pairs(a[r][c], _mm256_add_epi16(p, _mm256_maddubs_epi16(w[width + c], v1)));
        }
    }
}

/**
 * Adds one step of quants whose zero point is 128: the magnitude of q - 128, at most 128, times activations
 * with its sign. A lane is at most 2 * 128 * 127 = 32512, so nothing overflows.
 */
INLINE void add_signed(const size_t n, const size_t width, const __m256i *w, const activation_block *x,
                       size_t step, __m256i a[TILE_N][VECTORS]) {
    __m256i sign[VECTORS];
    __m256i size[VECTORS];
    UNROLL(c, width) {
        sign[c] = _mm256_xor_si256(w[c], _mm256_set1_epi8((char)0x80));
        size[c] = _mm256_abs_epi8(sign[c]);
    }
    UNROLL(r, n) {
        const __m256i v = broadcast(x + r, step);
        UNROLL(c, width) {
            a[r][c] = add_pairs(a[r][c], _mm256_maddubs_epi16(size[c], _mm256_sign_epi8(v, sign[c])));
        }
    }
}

/**
 * Sets a to the dot products of block b, `steps` steps, minus the zero point. w is [steps][width] vectors of
 * quants, at most max_q; x is n rows of X.
 */
INLINE void add_dot_products(const size_t n, const size_t width, const enum panel_kind kind,
                             const size_t max_q, const int zero_shift, const size_t steps, const __m256i *w,
                             const activation_block *x, size_t b, __m256i a[TILE_N][VECTORS]) {
    const size_t depth = depth_of(max_q, steps);
    UNROLL(r, n) {
        const int has_start = zero_shift != NO_ZERO && depth > 1;
        const __m256i start = has_start
                                  ? _mm256_slli_epi32(_mm256_set1_epi32(neg_sum(kind, x + r, b)), zero_shift)
                                  : _mm256_setzero_si256();
        UNROLL(c, width) {
            a[r][c] = start;
        }
    }
#pragma GCC unroll 8
    for (size_t i = 0; i < steps; i += depth) {
        if (depth == 1) {
            add_signed(n, width, w + i * width, x, steps * b + i, a);
        } else if (depth == 2) {
            add_two(n, width, w + i * width, x, steps * b + i, a);
        } else {
            add_deep(n, width, depth, w + i * width, x, steps * b + i, a);
        }
    }
}

/**
 * Adds the dot products of 16 weights, four steps of quants up to max_q from `step` on, times their scales:
 * pairs in place of the ones of add_pairs().
 */
INLINE void add_scaled_products(const size_t n, const size_t max_q, const __m256i *w,
                                const activation_block *x, size_t step, const __m256i scale[VECTORS],
                                __m256i sum[TILE_N][VECTORS]) {
    const size_t depth = depth_of(max_q, 4);
    UNROLL(i, 4 / depth) {
        __m256i s[TILE_N][VECTORS];
        UNROLL(j, depth) {
            const size_t at = i * depth + j;
            UNROLL(r, n) {
                const __m256i v = broadcast(x + r, step + at);
                UNROLL(c, VECTORS) {
                    const __m256i p = _mm256_maddubs_epi16(w[at * VECTORS + c], v);
                    s[r][c] = j == 0 ? p : _mm256_add_epi16(s[r][c], p);
                    KEEP(s[r][c]);
                    if (j == depth - 1) {
                        sum[r][c] = _mm256_add_epi32(sum[r][c], _mm256_madd_epi16(s[r][c], scale[c]));
                        KEEP(sum[r][c]);
                    }
                }
            }
        }
    }
}

/** The scale is in both halves of a word: see add_scaled(). */
enum { SCALE_TWICE = 1 };

/**
 * Adds a dot product of 16 weights, four steps of quants up to 12, times a scale; the dot product fits 16
 * bits.
 */
INLINE __m256i add_scaled(__m256i a, const __m256i q[4], const activation_block *x, size_t step,
                          __m256i scale) {
    __m256i s = _mm256_maddubs_epi16(q[0], broadcast(x, step));
#pragma GCC unroll 3
    for (size_t j = 1; j < 4; j++) {
        s = _mm256_add_epi16(s, _mm256_maddubs_epi16(q[j], broadcast(x, step + j)));
    }
    a = _mm256_add_epi32(a, _mm256_madd_epi16(s, scale));
    KEEP(a);
    return a;
}

#include "avx2_gemm.h"
