/** Shared by the SIMD kernels of all instruction sets. */
#ifndef MYELIN_SRC_GEMM_QUANTIZED_COMMON_H
#define MYELIN_SRC_GEMM_QUANTIZED_COMMON_H

#include "gemm/gemm.h"
#include "simd/inline.h"

/** The types that are read row by row, see widen.h: entry(type, name, kind of its panels). */
#define EACH_WIDE_TYPE(entry) entry(TQ1_0, tq1_0, PANEL_SUPER_256) entry(TQ2_0, tq2_0, PANEL_SUPER_256)

/** Those of smaller blocks: entry(type, name, kind of its panels, weights of a block). */
#define EACH_WIDE_BLOCK_TYPE(entry) \
    entry(Q1_0, q1_0, PANEL_32, 128) entry(Q2_0, q2_0, PANEL_32, 64) entry(NVFP4, nvfp4, PANEL_16, 64)

/** The types that GEMV reads by planes, see planes.h: entry(type, name). */
#define EACH_PLANES_TYPE(entry) \
    entry(Q1_0, q1_0) entry(Q2_0, q2_0) entry(NVFP4, nvfp4) entry(TQ1_0, tq1_0) entry(TQ2_0, tq2_0)

/** The parameters of a gemv_fn. */
#define GEMV_PARAMETERS \
    const char *w, size_t stride, int blocks, const char *prefetch, const activation_block *x, int n, float *y

/* clang-format off */
/**
 * The types of grids.h: entry(type, name, grid, weights of an entry of the grid, zero_shift, whether the signs
 * are those of a delta).
 */
#define EACH_GRID_TYPE(entry)                      \
    entry(IQ2_XXS, iq2_xxs, GRID_IQ2_XXS, 8, 6, 0) \
    entry(IQ2_XS, iq2_xs, GRID_IQ2_XS, 8, 6, 0)    \
    entry(IQ2_S, iq2_s, GRID_IQ2_S, 8, 6, 0)       \
    entry(IQ3_XXS, iq3_xxs, GRID_IQ3_XXS, 4, 6, 0) \
    entry(IQ3_S, iq3_s, GRID_IQ3_S, 4, 4, 0)       \
    entry(IQ1_S, iq1_s, GRID_IQ1, 8, 4, 1)         \
    entry(IQ1_M, iq1_m, GRID_IQ1, 8, 4, 1)
/* clang-format on */

/** Whether a panel holds superblocks, whose sums have a scale of their own. */
INLINE int is_superblock(const enum panel_kind kind) {
    return kind != PANEL_32 && kind != PANEL_16 && kind != PANEL_32_MIN;
}

/** Whether quants have a zero point. */
INLINE int has_zero_point(const enum panel_kind kind) {
    return kind != PANEL_32_MIN && kind != PANEL_SUPER_32_MIN && kind != PANEL_SUPER_16_MIN;
}

/** Steps that are summed before a scale is applied: of 32 weights, of 16, or all. */
INLINE int steps_per_scale(const enum panel_kind kind) {
    return kind == PANEL_16 || kind == PANEL_SUPER_16 || kind == PANEL_SUPER_16_INT ? 4
           : kind == PANEL_SUPER_16_MIN || kind == PANEL_SUPER_256                  ? K_BLOCK / 4
                                                                                    : 8;
}

/** Scales of a panel whose K-block has `blocks` blocks of 32. */
INLINE int scale_count(const enum panel_kind kind, int blocks) {
    return 8 * (is_superblock(kind) ? BLOCKS : blocks) / steps_per_scale(kind);
}

/** The negated sum of the activations that scale b of a panel applies to. */
INLINE int32_t neg_sum(const enum panel_kind kind, const activation_block *x, size_t b) {
    switch (kind) {
        case PANEL_16:
            return b % 2 == 0 ? -x->half_sums[b / 2] : x->neg_sums[b / 2] + x->half_sums[b / 2];
        case PANEL_SUPER_256:
            return -x->sum;
        default:
            return x->neg_sums[b];
    }
}

/** The scale of the activations that scale b of a panel, one that is not a superblock, applies to. */
INLINE float scale_of_x(const enum panel_kind kind, const activation_block *x, size_t b) {
    return x->d[kind == PANEL_16 ? b / 2 : b];
}

/**
 * Prefetches one of `parts` parts of the n rows of X of the next tile, which need not exist. All rows of X
 * take most of the L2 cache, or more.
 */
INLINE void prefetch_x(const activation_block *x, const int part, const int parts, const int n) {
    const int lines = n * (int)sizeof *x / 64 / parts;
#pragma GCC unroll 36
    for (int i = 0; i < lines; i++) {
        __builtin_prefetch((const char *)x + 64 * (part * lines + i), 0, 3);
    }
}

/** How many bytes of a range, whole cache lines, to prefetch with each of `tiles` tiles. */
INLINE size_t prefetch_step(const prefetch_range *next, int64_t tiles) {
    const size_t lines = (next->bytes + 63) / 64;
    return 64 * ((lines + (size_t)tiles - 1) / (size_t)tiles);
}

/** Prefetches the next `step` bytes of the range to the L2 cache. */
INLINE void prefetch_next(prefetch_range *next, size_t step) {
    const size_t bytes = step < next->bytes ? step : next->bytes;
    for (size_t i = 0; i < bytes; i += 64) {
        __builtin_prefetch(next->from + i, 0, 2);
    }
    next->from += bytes;
    next->bytes -= bytes;
}

/** Cases of a switch over n: each calls the function with n as a constant, and the other arguments. */
#define CASES_TO_3(function, ...) \
    case 1:                       \
        function(1, __VA_ARGS__); \
        break;                    \
    case 2:                       \
        function(2, __VA_ARGS__); \
        break;                    \
    case 3:                       \
        function(3, __VA_ARGS__); \
        break;
#define CASES_TO_4(function, ...)     \
    CASES_TO_3(function, __VA_ARGS__) \
    case 4:                           \
        function(4, __VA_ARGS__);     \
        break;
#define CASES_TO_6(function, ...)     \
    CASES_TO_4(function, __VA_ARGS__) \
    case 5:                           \
        function(5, __VA_ARGS__);     \
        break;                        \
    case 6:                           \
        function(6, __VA_ARGS__);     \
        break;
#define CASES_TO_7(function, ...)     \
    CASES_TO_6(function, __VA_ARGS__) \
    case 7:                           \
        function(7, __VA_ARGS__);     \
        break;

/** Calls a function whose first argument, n <= 4, is a constant in the callee. */
#define CALL_WITH_N_TO_4(function, ...)   \
    switch (n) {                          \
        CASES_TO_3(function, __VA_ARGS__) \
        default:                          \
            function(4, __VA_ARGS__);     \
            break;                        \
    }

/** The same for n <= 8. */
#define CALL_WITH_N_TO_8(function, ...)   \
    switch (n) {                          \
        CASES_TO_7(function, __VA_ARGS__) \
        default:                          \
            function(8, __VA_ARGS__);     \
            break;                        \
    }

#endif
