/**
 * Multiplies panels in 256-bit vectors. A file that includes this defines what differs between AVX2 and AVX-
 * VNNI: TILE_N, CASES_TO_TILE_N, add_dot_products(), add_scaled_products(), and whether 8-bit quants need
 * SIGNED_PANELS. r is a row of X, c a vector of rows of W.
 */
#include "avx2_signed.h"

#define EACH_X(r) _Pragma("GCC unroll 8") for (size_t r = 0; r < n; r++)
#define EACH_VECTOR(c) _Pragma("GCC unroll 2") for (size_t c = 0; c < VECTORS; c++)

/** The dot product of pairs of integer mins and of sums of activations. */
INLINE __m256i dot_pairs(const panel *w, size_t at, const int pairs, const int16_t *sums) {
    __m256i sum = _mm256_setzero_si256();
#pragma GCC unroll 8
    for (int b = 0; b < pairs; b++) {
        int32_t pair;
        memcpy(&pair, sums + 2 * b, sizeof pair);
        const __m256i min = _mm256_load_si256((const void *)w->mins[b][at]);
        sum = _mm256_add_epi32(sum, _mm256_madd_epi16(min, _mm256_set1_epi32(pair)));
    }
    return sum;
}

/** What the mins of a superblock subtract, mins by 32. */
INLINE __m256 min_offset_32(const panel *w, size_t at, const activation_block *x) {
    const __m256 minus = _mm256_sub_ps(_mm256_setzero_ps(), _mm256_load_ps(w->dmin + at));
    return _mm256_mul_ps(_mm256_cvtepi32_ps(dot_pairs(w, at, BLOCKS / 2, x->sums_32)), minus);
}

/** The sum of the mins, by 16, times the negated sums of activations. */
INLINE __m256i dot_neg_sums(const panel *w, size_t at, const activation_block *x) {
    int16_t sums[16] __attribute__((aligned(32)));
    const __m256i *wide = (const void *)x->neg_sums;
    const __m256i packed = _mm256_packs_epi32(_mm256_loadu_si256(wide), _mm256_loadu_si256(wide + 1));
    _mm256_store_si256((void *)sums, _mm256_permute4x64_epi64(packed, 0xd8));
    return dot_pairs(w, at, BLOCKS, sums);
}

/** What mins by 16 subtract. */
INLINE __m256 min_offset_16(const panel *w, size_t at, const activation_block *x) {
    return _mm256_mul_ps(_mm256_cvtepi32_ps(dot_neg_sums(w, at, x)), _mm256_load_ps(w->dmin + at));
}

/** Scale b, an integer, of 8 rows of W: twice in a word. */
INLINE __m256i scale_pairs(const panel *w, size_t at, size_t b) {
    const __m256i two = _mm256_load_si256((const void *)w->scales[b / 2][at]);
    const __m256i words =
        _mm256_broadcastsi128_si256(_mm_setr_epi32(0x01000100, 0x05040504, 0x09080908, 0x0d0c0d0c));
    return _mm256_shuffle_epi8(two, _mm256_add_epi8(words, _mm256_set1_epi8((char)(2 * (b % 2)))));
}

/** A tile of n rows of X and a panel with integer scales: one sum for all its dot products. */
INLINE void tile_int(const size_t n, const size_t max_q, const int zero_shift, const panel *w,
                     const activation_block *x, float *y) {
    __m256i sum[TILE_N][VECTORS];
    EACH_X(r) {
        EACH_VECTOR(c) {
            sum[r][c] = _mm256_slli_epi32(dot_neg_sums(w, c * LANES, x + r), zero_shift);
        }
    }
    for (size_t b = 0; b < 16; b++) {
        __m256i scale[VECTORS];
        EACH_VECTOR(c) {
            scale[c] = scale_pairs(w, c * LANES, b);
        }
        add_scaled_products(n, max_q, (const void *)w->q[4 * b], x, 4 * b, scale, sum);
    }
    EACH_X(r) {
        EACH_VECTOR(c) {
            float *to = y + r * STRIP_ROWS + c * LANES;
            const __m256 f =
                _mm256_mul_ps(_mm256_cvtepi32_ps(sum[r][c]), _mm256_load_ps(w->d[0] + c * LANES));
            _mm256_store_ps(to, _mm256_fmadd_ps(f, _mm256_set1_ps(x[r].d[0]), _mm256_load_ps(to)));
        }
    }
}

INLINE int has_signs(const size_t max_q) {
    return SIGNED_PANELS && max_q == 255;
}

/** A tile of n rows of X and one panel; every const parameter is a constant in the caller. */
INLINE void tile(const size_t n, const enum panel_kind kind, const size_t max_q, const int zero_shift,
                 const panel *w, const signed_panel *split, const activation_block *x, int blocks, float *y) {
    if (kind == PANEL_SUPER_16_INT) {
        tile_int(n, max_q, zero_shift, w, x, y);
        return;
    }
    const int superblock = is_superblock(kind);
    const size_t steps = (size_t)steps_per_scale(kind);
    const int count = scale_count(kind, blocks);
    __m256 f[TILE_N][VECTORS];
    EACH_X(r) {
        EACH_VECTOR(c) {
            f[r][c] = kind == PANEL_SUPER_32_MIN   ? min_offset_32(w, c * LANES, x + r)
                      : kind == PANEL_SUPER_16_MIN ? min_offset_16(w, c * LANES, x + r)
                      : superblock                 ? _mm256_setzero_ps()
                                                   : _mm256_load_ps(y + r * STRIP_ROWS + c * LANES);
        }
    }
    for (int i = 0; i < count; i++) {
        const size_t b = (size_t)(kind == PANEL_SUPER_16 ? superblock_16_order(i) : i);
        __m256i a[TILE_N][VECTORS];
        if (has_signs(max_q)) {
            add_signed_products(n, steps, split, x, b, a);
        } else {
            add_dot_products(n, VECTORS, kind, max_q, zero_shift, steps, (const void *)w->q[steps * b], x, b,
                             a);
        }
        EACH_X(r) {
            EACH_VECTOR(c) {
                __m256 d = _mm256_load_ps(w->d[b] + c * LANES);
                d = superblock ? d : _mm256_mul_ps(d, _mm256_set1_ps(scale_of_x(kind, x + r, b)));
                f[r][c] = _mm256_fmadd_ps(_mm256_cvtepi32_ps(a[r][c]), d, f[r][c]);
                if (kind == PANEL_32_MIN) {
                    const __m256 sum = _mm256_set1_ps((float)-x[r].neg_sums[b] * x[r].d[b]);
                    f[r][c] = _mm256_fmadd_ps(_mm256_load_ps(w->m[b] + c * LANES), sum, f[r][c]);
                }
            }
        }
    }
    EACH_X(r) {
        EACH_VECTOR(c) {
            float *to = y + r * STRIP_ROWS + c * LANES;
            const __m256 all = _mm256_set1_ps(x[r].d[0]);
            _mm256_store_ps(to, superblock ? _mm256_fmadd_ps(f[r][c], all, _mm256_load_ps(to)) : f[r][c]);
        }
    }
}

INLINE void multiply(const enum panel_kind kind, const size_t max_q, const int zero_shift,
                     const panel w[PANELS], const activation_block *x, int64_t n, int blocks,
                     prefetch_range next, float *y) {
    signed_panel split[PANELS];
    for (int p = 0; has_signs(max_q) && p < PANELS; p++) {
        split_signs(w + p, (size_t)scale_count(kind, blocks), (size_t)steps_per_scale(kind), split + p);
    }
    const size_t prefetch_bytes = prefetch_step(&next, PANELS * ((n + TILE_N - 1) / TILE_N));
    for (int64_t left = n, count; left > 0; left -= count, x += count, y += count * STRIP_ROWS) {
        /* tiles of about the same size: a small one does not fill the pipelines */
        count = balanced_part(left, TILE_N);
        for (int p = 0; p < PANELS; p++) {
            prefetch_x(x + TILE_N, p, PANELS, TILE_N);
            prefetch_next(&next, prefetch_bytes);
            switch (count) {
                CASES_TO_TILE_N(tile, kind, max_q, zero_shift, w + p, split + p, x, blocks,
                                y + p * PANEL_ROWS)
                default:
                    __builtin_unreachable();
            }
        }
    }
}

/* The types of a kind differ in their largest quant, and so in how many steps fit 16 bits. */

static void multiply_32(const panel w[PANELS], const activation_block *x, int64_t n, int blocks,
                        int zero_shift, prefetch_range next, float *y) {
    switch (zero_shift) {
        case 0:
            multiply(PANEL_32, 3, 0, w, x, n, blocks, next, y);
            break;
        case 3:
            multiply(PANEL_32, 15, 3, w, x, n, blocks, next, y);
            break;
        case 4:
            multiply(PANEL_32, 31, 4, w, x, n, blocks, next, y);
            break;
        default:
            multiply(PANEL_32, 255, 7, w, x, n, blocks, next, y);
            break;
    }
}

static void multiply_16(const panel w[PANELS], const activation_block *x, int64_t n, int blocks,
                        int zero_shift, prefetch_range next, float *y) {
    (void)zero_shift;
    multiply(PANEL_16, 31, 4, w, x, n, blocks, next, y);
}

static void multiply_32_min(const panel w[PANELS], const activation_block *x, int64_t n, int blocks,
                            int zero_shift, prefetch_range next, float *y) {
    if (zero_shift == 3) {
        multiply(PANEL_32_MIN, 15, NO_ZERO, w, x, n, blocks, next, y);
    } else {
        multiply(PANEL_32_MIN, 31, NO_ZERO, w, x, n, blocks, next, y);
    }
}

static void multiply_super_32_min(const panel w[PANELS], const activation_block *x, int64_t n, int blocks,
                                  int zero_shift, prefetch_range next, float *y) {
    if (zero_shift == 3) {
        multiply(PANEL_SUPER_32_MIN, 15, NO_ZERO, w, x, n, blocks, next, y);
    } else {
        multiply(PANEL_SUPER_32_MIN, 31, NO_ZERO, w, x, n, blocks, next, y);
    }
}

static void multiply_super_16(const panel w[PANELS], const activation_block *x, int64_t n, int blocks,
                              int zero_shift, prefetch_range next, float *y) {
    if (zero_shift == 2) {
        multiply(PANEL_SUPER_16, 7, 2, w, x, n, blocks, next, y);
    } else {
        multiply(PANEL_SUPER_16, 63, 5, w, x, n, blocks, next, y);
    }
}

static void multiply_super_256(const panel w[PANELS], const activation_block *x, int64_t n, int blocks,
                               int zero_shift, prefetch_range next, float *y) {
    (void)zero_shift;
    multiply(PANEL_SUPER_256, 3, 0, w, x, n, blocks, next, y);
}

static void multiply_super_16_min(const panel w[PANELS], const activation_block *x, int64_t n, int blocks,
                                  int zero_shift, prefetch_range next, float *y) {
    (void)zero_shift;
    multiply(PANEL_SUPER_16_MIN, 45, NO_ZERO, w, x, n, blocks, next, y);
}

static void multiply_super_16_int(const panel w[PANELS], const activation_block *x, int64_t n, int blocks,
                                  int zero_shift, prefetch_range next, float *y) {
    if (zero_shift == 4) {
        multiply(PANEL_SUPER_16_INT, 31, 4, w, x, n, blocks, next, y);
    } else {
        multiply(PANEL_SUPER_16_INT, 127, 6, w, x, n, blocks, next, y);
    }
}
