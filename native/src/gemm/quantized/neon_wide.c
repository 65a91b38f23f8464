/* Packs the types that are read row by row. Compiled with dotprod. */
#include "neon.h"
#include "neon_grids.h"
#include "wide_types.h"

INLINE bytes_16 lookup_16(bytes_16 table, bytes_16 index) {
    return (bytes_16)vqtbl1q_u8((uint8x16_t)table, (uint8x16_t)index);
}

INLINE void transpose_wide_rows(const void *rows, int words, void *out) {
    for (int i = 0; i < words; i += 4) {
        for (size_t c = 0; c < PANEL_ROWS; c += LANES) {
            const four_rows from =
                neon_rows((const char *)rows + c * sizeof(wide_row) + 4 * i, sizeof(wide_row));
            uint8x16_t v[4];
            neon_transpose(&from, v);
#pragma GCC unroll 4
            for (size_t j = 0; j < 4; j++) {
                vst1q_u8((uint8_t *)out + 64 * ((size_t)i + j) + 4 * c, v[j]);
            }
        }
    }
}

#define DEFINE(type, name, kind) DEFINE_PACK_WIDE(neon_pack_, name, kind)
EACH_WIDE_TYPE(DEFINE)

#define DEFINE_BLOCKS(type, name, kind, size) DEFINE_PACK_WIDE_BLOCKS(neon_pack_, name, kind, size)
EACH_WIDE_BLOCK_TYPE(DEFINE_BLOCKS)

INLINE void widen_grid(split_fn split, const void *grid, const int entry, const int zero_shift,
                       const int is_delta, const char *w, wide_row *out) {
    grid_block block;
    split(w, &block);
    memcpy(out->scales, block.scales, sizeof out->scales);
    out->d[0] = block.d;
    for (size_t g = 0; g < 16; g++) {
        vst1q_u8(out->q + 16 * g, grid_quants(&block, g, grid, entry, zero_shift, is_delta));
    }
}

#define DEFINE_WIDEN(type, name, grid, entry, zero_shift, is_delta)          \
    INLINE void widen_##name(const char *w, wide_row *out) {                 \
        widen_grid(split_##name, grid, entry, zero_shift, is_delta, w, out); \
    }

EACH_GRID_TYPE(DEFINE_WIDEN)

#define DEFINE_GRID(type, name, ...) DEFINE_PACK_WIDE(neon_pack_, name, PANEL_SUPER_16_INT)
EACH_GRID_TYPE(DEFINE_GRID)
