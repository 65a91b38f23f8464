/** What the kernels of all vector instruction sets share. */
#ifndef MYELIN_SRC_KERNELS_VECTORS_H
#define MYELIN_SRC_KERNELS_VECTORS_H

#include "gemm/gemm.h"
#include "simd/inline.h"

/** Whether a panel holds super-blocks, whose sums have a scale of their own. */
INLINE int is_super(const enum panel_kind kind) {
    return kind == PANEL_SUPER_32_MIN || kind == PANEL_SUPER_16 || kind == PANEL_SUPER_16_MIN;
}

/** Fours of weights that are summed before a scale is due: of 32 weights, of 16 or of all. */
INLINE int steps_of(const enum panel_kind kind) {
    return kind == PANEL_SUPER_16 ? 4 : kind == PANEL_SUPER_16_MIN ? SEGMENT / 4 : 8;
}

/** Cases of a switch over a number of positions: each calls a function with it, a constant, and the rest. */
#define UP_TO_3(function, ...)    \
    case 1:                       \
        function(1, __VA_ARGS__); \
        break;                    \
    case 2:                       \
        function(2, __VA_ARGS__); \
        break;                    \
    case 3:                       \
        function(3, __VA_ARGS__); \
        break;
#define UP_TO_4(function, ...)     \
    UP_TO_3(function, __VA_ARGS__) \
    case 4:                        \
        function(4, __VA_ARGS__);  \
        break;
#define UP_TO_6(function, ...)     \
    UP_TO_4(function, __VA_ARGS__) \
    case 5:                        \
        function(5, __VA_ARGS__);  \
        break;                     \
    case 6:                        \
        function(6, __VA_ARGS__);  \
        break;

#define UP_TO_7(function, ...)     \
    UP_TO_6(function, __VA_ARGS__) \
    case 7:                        \
        function(7, __VA_ARGS__);  \
        break;

/** Calls a function whose first argument, the number of positions up to 4, is a constant for it. */
#define FOR_POSITIONS(function, ...)   \
    switch (positions) {               \
        UP_TO_3(function, __VA_ARGS__) \
        default:                       \
            function(4, __VA_ARGS__);  \
            break;                     \
    }

/** Likewise up to 8. */
#define FOR_MORE_POSITIONS(function, ...) \
    switch (positions) {                  \
        UP_TO_7(function, __VA_ARGS__)    \
        default:                          \
            function(8, __VA_ARGS__);     \
            break;                        \
    }

#endif
