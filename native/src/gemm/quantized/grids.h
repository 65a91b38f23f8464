/**
 * The iq types whose quants are entries of a grid: iq1, iq2, iq3_xxs and iq3_s. A superblock is taken apart
 * in plain C, in which every loop is a few vectors wide, so that the files of an instruction set compile it
 * with its own flags; they look the entries up and apply the signs.
 */
#ifndef MYELIN_SRC_GEMM_QUANTIZED_GRIDS_H
#define MYELIN_SRC_GEMM_QUANTIZED_GRIDS_H

#include <string.h>

#include "common.h"
#include "quantize/half.h"

/*
 * The entries, the quants of 8 or 4 weights. The zero point is added: 64 for the types of 1 << 6, 16 for
 * iq3_s and iq1. Quants of iq1 are in eighths, for a positive delta.
 */
extern const uint64_t GRID_IQ2_XXS[256];
extern const uint64_t GRID_IQ2_XS[512];
extern const uint64_t GRID_IQ2_S[1024];
extern const uint64_t GRID_IQ1[2048];
extern const uint32_t GRID_IQ3_XXS[256];
extern const uint32_t GRID_IQ3_S[512];

/** A superblock taken apart. */
typedef struct {
    uint16_t index[64]; /* of the grid; 32 of them if an entry has 8 weights */
    uint8_t signs[32];  /* bit i % 8 of byte i / 8: weight i is negative, or its delta is */
    int16_t scales[16]; /* by 16 */
    float d;
} grid_block;

/** Takes a superblock apart. */
typedef void (*split_fn)(const void *w, grid_block *out);

/** Words of 4 times 7 signs to bytes of 8 with an even number of ones. */
INLINE void even_signs(const uint32_t words[8], uint8_t signs[32]) {
    uint32_t out[8];
    for (int b = 0; b < 8; b++) {
        const uint32_t s = words[b];
        const uint32_t seven = (s & 0x7f) | (s << 1 & 0x7f00) | (s << 2 & 0x7f0000) | (s << 3 & 0x7f000000);
        uint32_t odd = seven ^ seven >> 4;
        odd ^= odd >> 2;
        odd ^= odd >> 1;
        out[b] = seven | (odd & 0x01010101) << 7;
    }
    memcpy(signs, out, sizeof out);
}

/** Scales of the words of iq2_xxs and iq3_xxs. */
INLINE void scales_of_words(const uint32_t words[8], int16_t scales[16]) {
    for (int i = 0; i < 16; i++) {
        scales[i] = (int16_t)(2 * (words[i / 2] >> 28) + 1);
    }
}

/** Nibbles as scales. */
INLINE void scales_of_nibbles(const uint8_t nibbles[8], int16_t scales[16]) {
    for (int i = 0; i < 8; i++) {
        scales[2 * i] = (int16_t)(2 * (nibbles[i] & 15) + 1);
        scales[2 * i + 1] = (int16_t)(2 * (nibbles[i] >> 4) + 1);
    }
}

/** Adds the high bits of count indices, four to a word of 16-bit lanes, to the low bytes. */
INLINE void join_indices(const int count, const uint8_t *low, const uint64_t *high, uint16_t *index) {
    uint16_t lanes[64];
    memcpy(lanes, high, (size_t)count * sizeof *lanes);
    for (int i = 0; i < count; i++) {
        index[i] = (uint16_t)(low[i] | lanes[i]);
    }
}

INLINE void split_iq2_xxs(const void *from, grid_block *out) {
    const block_iq2_xxs *w = from;
    uint32_t words[16];
    uint8_t low[32];
    memcpy(words, w->qs, sizeof words);
    uint32_t signs[8];
    for (int b = 0; b < 8; b++) {
        memcpy(low + 4 * b, words + 2 * b, 4);
        signs[b] = words[2 * b + 1];
    }
    for (int i = 0; i < 32; i++) {
        out->index[i] = low[i];
    }
    even_signs(signs, out->signs);
    scales_of_words(signs, out->scales);
    out->d = half_to_float(w->d) * 0.125f;
}

INLINE void split_iq2_xs(const void *from, grid_block *out) {
    const block_iq2_xs *w = from;
    uint16_t qs[32];
    memcpy(qs, w->qs, sizeof qs);
    for (int i = 0; i < 32; i++) {
        out->index[i] = qs[i] & 511;
    }
    for (int i = 0; i < 32; i++) {
        const uint16_t seven = qs[i] >> 9;
        uint16_t odd = seven ^ seven >> 4;
        odd = odd ^ odd >> 2;
        odd = odd ^ odd >> 1;
        out->signs[i] = (uint8_t)(seven | odd << 7);
    }
    scales_of_nibbles(w->scales, out->scales);
    out->d = half_to_float(w->d) * 0.125f;
}

INLINE void split_iq2_s(const void *from, grid_block *out) {
    const block_iq2_s *w = from;
    uint64_t high[8];
    for (int b = 0; b < 8; b++) {
        /* four copies, 14 bits apart */
        high[b] = w->qh[b] * UINT64_C(0x0004001000400100) & UINT64_C(0x0300030003000300);
    }
    join_indices(32, w->qs, high, out->index);
    memcpy(out->signs, w->signs, sizeof out->signs);
    scales_of_nibbles(w->scales, out->scales);
    out->d = half_to_float(w->d) * 0.125f;
}

INLINE void split_iq3_xxs(const void *from, grid_block *out) {
    const block_iq3_xxs *w = from;
    for (int i = 0; i < 64; i++) {
        out->index[i] = w->qs[i];
    }
    uint32_t words[8];
    memcpy(words, w->signs_and_scales, sizeof words);
    even_signs(words, out->signs);
    scales_of_words(words, out->scales);
    out->d = half_to_float(w->d) * 0.25f;
}

INLINE void split_iq3_s(const void *from, grid_block *out) {
    const block_iq3_s *w = from;
    uint64_t high[16];
    for (int i = 0; i < 16; i++) {
        /* four copies, 15 bits apart */
        const uint64_t nibble = w->qh[i / 2] >> (4 * (i % 2)) & 15;
        high[i] = nibble * UINT64_C(0x0020004000800100) & UINT64_C(0x0100010001000100);
    }
    join_indices(64, w->qs, high, out->index);
    memcpy(out->signs, w->signs, sizeof out->signs);
    for (int i = 0; i < 16; i++) {
        out->scales[i] = (int16_t)(2 * ((w->scales[i / 4] >> (4 * (i / 2 % 2))) & 15) + 1);
    }
    out->d = half_to_float(w->d);
}

INLINE void split_iq1_s(const void *from, grid_block *out) {
    const block_iq1_s *w = from;
    uint16_t qh[8];
    uint64_t high[8];
    memcpy(qh, w->qh, sizeof qh);
    for (int b = 0; b < 8; b++) {
        /* four copies, 13 bits apart */
        high[b] = (qh[b] & 0xfff) * UINT64_C(0x0000800400200100) & UINT64_C(0x0700070007000700);
        memset(out->signs + 4 * b, qh[b] >> 15 ? 0xff : 0, 4);
    }
    join_indices(32, w->qs, high, out->index);
    for (int i = 0; i < 16; i++) {
        out->scales[i] = (int16_t)(2 * (qh[i / 2] >> 12 & 7) + 1);
    }
    out->d = half_to_float(w->d) * 0.125f;
}

INLINE void split_iq1_m(const void *from, grid_block *out) {
    const block_iq1_m *w = from;
    uint16_t qh[8];
    uint16_t scales[4];
    uint64_t high[8];
    memcpy(qh, w->qh, sizeof qh);
    memcpy(scales, w->scales, sizeof scales);
    for (int b = 0; b < 8; b++) {
        /* four copies, 12 bits apart; where two of them overlap, no sum of two digits carries */
        high[b] = (qh[b] & 0x7777) * UINT64_C(0x0000100100100100) & UINT64_C(0x0700070007000700);
    }
    join_indices(32, w->qs, high, out->index);
    for (int i = 0; i < 16; i++) {
        out->signs[2 * i] = w->qh[i] & 0x08 ? 0xff : 0;
        out->signs[2 * i + 1] = w->qh[i] & 0x80 ? 0xff : 0;
        out->scales[i] = (int16_t)(2 * (scales[i / 4] >> (3 * (i % 4)) & 7) + 1);
    }
    const unsigned d =
        scales[0] >> 12 | (scales[1] >> 8 & 0xf0) | (scales[2] >> 4 & 0xf00) | (scales[3] & 0xf000u);
    out->d = half_to_float((half_t)d) * 0.125f;
}

#endif
