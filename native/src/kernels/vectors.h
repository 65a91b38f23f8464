/** What the kernels of all vector instruction sets share. */
#ifndef MYELIN_SRC_KERNELS_VECTORS_H
#define MYELIN_SRC_KERNELS_VECTORS_H

#include "kernels.h"

#define INLINE static inline __attribute__((always_inline))

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
