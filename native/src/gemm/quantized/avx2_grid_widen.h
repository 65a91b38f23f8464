/** Widens the types of grids.h in 256-bit vectors, for AVX2 and AVX-512. */
#ifndef MYELIN_SRC_GEMM_QUANTIZED_AVX2_GRID_WIDEN_H
#define MYELIN_SRC_GEMM_QUANTIZED_AVX2_GRID_WIDEN_H

#include "avx2_grids.h"
#include "widen.h"

INLINE void widen(avx2_split_fn split, const void *grid, const int entry, const int zero_shift,
                  const int is_delta, const char *w, wide_row *out) {
    avx2_grid_block block;
    split(w, &block);
    memcpy(out->scales, block.scales, sizeof out->scales);
    out->d[0] = block.d;
    for (size_t b = 0; b < BLOCKS; b++) {
        _mm256_store_si256((__m256i *)(void *)out->q + b,
                           quants(&block, b, grid, entry, zero_shift, is_delta));
    }
}

#define DEFINE_WIDEN(type, name, grid, entry, zero_shift, is_delta)          \
    INLINE void widen_##name(const char *w, wide_row *out) {                 \
        widen(avx2_split_##name, grid, entry, zero_shift, is_delta, w, out); \
    }

EACH_GRID_TYPE(DEFINE_WIDEN)

#endif
