/** The types of grids.h in NEON: superblocks become quants. */
#ifndef MYELIN_SRC_GEMM_QUANTIZED_NEON_GRIDS_H
#define MYELIN_SRC_GEMM_QUANTIZED_NEON_GRIDS_H

#include "grids.h"
#include "neon.h"

/** The quants of 16 weights, from weight 16 g on. */
INLINE uint8x16_t grid_quants(const grid_block *block, size_t g, const void *grid, const int entry,
                              const int zero_shift, const int is_delta) {
    uint8x16_t v;
    if (entry == 8) {
        const uint64_t *of = grid;
        const uint16_t *i = block->index + 2 * g;
        v = vreinterpretq_u8_u64(vcombine_u64(vcreate_u64(of[i[0]]), vcreate_u64(of[i[1]])));
    } else {
        const uint32_t *of = grid;
        const uint16_t *i = block->index + 4 * g;
        const uint32x4_t words = {of[i[0]], of[i[1]], of[i[2]], of[i[3]]};
        v = vreinterpretq_u8_u32(words);
    }
    const uint8x16_t bits = {1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128};
    const uint8_t *signs = block->signs + 2 * g;
    const uint8x16_t negative = vtstq_u8(vcombine_u8(vdup_n_u8(signs[0]), vdup_n_u8(signs[1])), bits);
    if (is_delta) {
        return vaddq_u8(v, vandq_u8(negative, vdupq_n_u8(0xfe)));
    }
    /* twice the zero point minus v */
    const uint8x16_t flip = vandq_u8(negative, vdupq_n_u8((uint8_t)((2u << zero_shift) - 1)));
    return vsubq_u8(veorq_u8(v, flip), negative);
}

#endif
