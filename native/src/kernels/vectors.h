/** What the kernels of all vector instruction sets share. */
#ifndef MYELIN_SRC_KERNELS_VECTORS_H
#define MYELIN_SRC_KERNELS_VECTORS_H

#include "kernels.h"

#define INLINE static inline __attribute__((always_inline))

/** Whether a panel holds super-blocks, whose sums have a scale of their own. */
INLINE int is_super(const enum panel_kind kind) {
    return kind == PANEL_SUPER_32_MIN || kind == PANEL_SUPER_16 || kind == PANEL_SUPER_16_MIN;
}

/** Fours of weights that are summed before a scale is due: of 32 weights, of 16 or of all. */
INLINE int steps_of(const enum panel_kind kind) {
    return kind == PANEL_SUPER_16 ? 4 : kind == PANEL_SUPER_16_MIN ? SEGMENT / 4 : 8;
}

/** Calls a function whose first argument, the number of positions, is a constant for it. */
#define FOR_POSITIONS(function, ...)  \
    switch (positions) {              \
        case 1:                       \
            function(1, __VA_ARGS__); \
            break;                    \
        case 2:                       \
            function(2, __VA_ARGS__); \
            break;                    \
        case 3:                       \
            function(3, __VA_ARGS__); \
            break;                    \
        default:                      \
            function(4, __VA_ARGS__); \
            break;                    \
    }

#endif
