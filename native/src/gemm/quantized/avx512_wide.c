/* Packs the types that are read row by row. Compiled with AVX-512 as avx512.c is. */
#include "avx2_grid_widen.h"
#include "avx512_rows.h"
#include "wide_types.h"

INLINE bytes_16 lookup_16(bytes_16 table, bytes_16 index) {
    return (bytes_16)_mm_shuffle_epi8((__m128i)table, (__m128i)index);
}

INLINE void transpose_wide_rows(const void *rows, int words, void *out) {
    for (int i = 0; i < words; i += 4) {
        __m512i v[4];
        transpose((const char *)rows + 4 * i, sizeof(wide_row), v);
#pragma GCC unroll 4
        for (int j = 0; j < 4; j++) {
            _mm512_store_si512((__m512i *)out + i + j, v[j]);
        }
    }
}

#define DEFINE(type, name, kind) DEFINE_PACK_WIDE(avx512_pack_, name, kind)
EACH_WIDE_TYPE(DEFINE)

#define DEFINE_BLOCKS(type, name, kind, size) DEFINE_PACK_WIDE_BLOCKS(avx512_pack_, name, kind, size)
EACH_WIDE_BLOCK_TYPE(DEFINE_BLOCKS)

#define DEFINE_GRID(type, name, ...) DEFINE_PACK_WIDE(avx512_pack_, name, PANEL_SUPER_16_INT)
EACH_GRID_TYPE(DEFINE_GRID)
