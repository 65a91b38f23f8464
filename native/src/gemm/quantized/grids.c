/* The grids of the iq types as quants, and the reference of these types. */
#include "grids.h"

#include "grid_codes.h"

/* Eight digits of two bits, or four octal ones, and the quants that they stand for, the first in the lowest
 * byte. */
#define DIGIT_2(code, i) (UINT64_C(code) >> (2 * (i)) & 3)
#define DIGIT_3(code, i) (UINT32_C(code) >> (3 * (i)) & 7)
#define EIGHT(quant, code)                                                                           \
    (quant(DIGIT_2(code, 0)) | quant(DIGIT_2(code, 1)) << 8 | quant(DIGIT_2(code, 2)) << 16 |        \
     quant(DIGIT_2(code, 3)) << 24 | quant(DIGIT_2(code, 4)) << 32 | quant(DIGIT_2(code, 5)) << 40 | \
     quant(DIGIT_2(code, 6)) << 48 | quant(DIGIT_2(code, 7)) << 56)
#define FOUR(quant, code)                                                                     \
    (quant(DIGIT_3(code, 0)) | quant(DIGIT_3(code, 1)) << 8 | quant(DIGIT_3(code, 2)) << 16 | \
     quant(DIGIT_3(code, 3)) << 24)

/* 8, 25, 43 */
#define QUANT_IQ2(digit) (64 + 8 + 17 * (digit) + (digit) / 2)
/* 4, 12 ... 52, 62 */
#define QUANT_IQ3_XXS(digit) (64 + 4 + 8 * (digit) + (digit) / 7 * 2)
/* 1, 3 ... 15 */
#define QUANT_IQ3_S(digit) (16 + 1 + 2 * (digit))
/* -1, 0, 1 in eighths, plus the delta */
#define QUANT_IQ1(digit) (16 + 8 * (digit)-8 + 1)

#define ENTRY_IQ2(code) EIGHT(QUANT_IQ2, code),
#define ENTRY_IQ3_XXS(code) FOUR(QUANT_IQ3_XXS, code),
#define ENTRY_IQ3_S(code) FOUR(QUANT_IQ3_S, code),
#define ENTRY_IQ1(code) EIGHT(QUANT_IQ1, code),

const uint64_t GRID_IQ2_XXS[256] = {EACH_IQ2_XXS(ENTRY_IQ2)};
const uint64_t GRID_IQ2_XS[512] = {EACH_IQ2_XS(ENTRY_IQ2)};
const uint64_t GRID_IQ2_S[1024] = {EACH_IQ2_S(ENTRY_IQ2)};
const uint64_t GRID_IQ1[2048] = {EACH_IQ1(ENTRY_IQ1)};
const uint32_t GRID_IQ3_XXS[256] = {EACH_IQ3_XXS(ENTRY_IQ3_XXS)};
const uint32_t GRID_IQ3_S[512] = {EACH_IQ3_S(ENTRY_IQ3_S)};

/** Bytes of 1 where bits of signs are 1. */
static uint64_t ones_of_signs(uint8_t signs) {
    const uint64_t bits = signs * UINT64_C(0x0101010101010101) & UINT64_C(0x8040201008040201);
    return (bits + UINT64_C(0x7f7f7f7f7f7f7f7f)) >> 7 & UINT64_C(0x0101010101010101);
}

static void quants(const grid_block *block, const void *grid, const int entry, const int zero_shift,
                   const int is_delta, uint8_t *q) {
    for (int i = 0; i < 32; i++) {
        uint64_t v;
        if (entry == 8) {
            v = ((const uint64_t *)grid)[block->index[i]];
        } else {
            const uint32_t *of = grid;
            v = of[block->index[2 * i]] | (uint64_t)of[block->index[2 * i + 1]] << 32;
        }
        const uint64_t ones = ones_of_signs(block->signs[i]);
        /* a negative delta is two eighths less; otherwise the magnitude changes its sign */
        v = is_delta ? v - 2 * ones : (v ^ ones * ((2u << zero_shift) - 1)) + ones;
        memcpy(q + 8 * i, &v, sizeof v);
    }
}

static void dequantize(split_fn split, const void *grid, const int entry, const int zero_shift,
                       const int is_delta, const void *w, dequantized_block *out) {
    grid_block block;
    split(w, &block);
    quants(&block, grid, entry, zero_shift, is_delta, out->q);
    memcpy(out->scales, block.scales, sizeof out->scales);
    out->d[0] = block.d;
}

#define DEFINE(type, name, grid, entry, zero_shift, is_delta)                   \
    void dequantize_##name(const void *w, int blocks, dequantized_block *out) { \
        (void)blocks;                                                           \
        dequantize(split_##name, grid, entry, zero_shift, is_delta, w, out);    \
    }
EACH_GRID_TYPE(DEFINE)
