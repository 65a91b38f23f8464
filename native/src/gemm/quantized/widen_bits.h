/** Widens types of few bits: q1_0, q2_0, tq1_0, tq2_0 and nvfp4. */
#ifndef MYELIN_SRC_GEMM_QUANTIZED_WIDEN_BITS_H
#define MYELIN_SRC_GEMM_QUANTIZED_WIDEN_BITS_H

#include "widen.h"

/** Each of `count` bytes of w, a constant, as 8 / bits quants, the lowest bits first. */
INLINE void spread_bits(const char *w, const int count, const int bits, uint8_t *q) {
    for (int i = 0; i < count; i++) {
        for (int j = 0; j < 8 / bits; j++) {
            q[8 / bits * i + j] = (uint8_t)w[i] >> bits * j & ((1 << bits) - 1);
        }
    }
}

INLINE void widen_q1_0(const char *w, uint8_t *q, float *d) {
    spread_bits(w + offsetof(block_q1_0, qs), 16, 1, q);
    for (int i = 0; i < 128; i++) {
        q[i] = (uint8_t)(q[i] << 1);
    }
    d[0] = d[1] = d[2] = d[3] = load_half(w);
}

INLINE void widen_q2_0(const char *w, uint8_t *q, float *d) {
    spread_bits(w + offsetof(block_q2_0, qs), 16, 2, q);
    d[0] = d[1] = load_half(w);
}

INLINE void widen_nvfp4(const char *w, uint8_t *q, float *d) {
    for (int g = 0; g < 4; g++) {
        const uint8_t e = (uint8_t)w[g];
        const uint8_t *qs = (const uint8_t *)w + offsetof(block_nvfp4, qs) + 8 * g;
        for (int i = 0; i < 8; i++) {
            q[16 * g + i] = CODEBOOK_E2M1[qs[i] & 15];
            q[16 * g + 8 + i] = CODEBOOK_E2M1[qs[i] >> 4];
        }
        d[g] = e == 0x7f ? 0 : half_to_float((half_t)((e & 0x7f) << 7)) * 128.0f;
    }
}

INLINE void widen_tq2_0(const char *w, wide_row *out) {
    for (int i = 0; i < K_BLOCK; i += 32) {
        const bytes_32 q = load_32(w + i / 128 * 32) >> i % 128 / 32 * 2 & 3;
        memcpy(out->q + i, &q, sizeof q);
    }
    out->d[0] = load_half(w + offsetof(block_tq2_0, d));
}

/** The first ternary digit of each byte: 3 v / 256. */
#define FIRST_DIGITS(v) ((((v) > 85) & 1) + (((v) > 170) & 1))

INLINE void widen_tq1_0(const char *w, wide_row *out) {
    bytes_32 of_32 = load_32(w);
    bytes_16 of_16 = load_16(w + 32);
    bytes_16 of_4 = {0};
    memcpy(&of_4, w + offsetof(block_tq1_0, qh), 4);
    for (int n = 0; n < 5; n++) {
        const bytes_32 q = (bytes_32)FIRST_DIGITS(of_32);
        memcpy(out->q + 32 * n, &q, sizeof q);
        of_32 = of_32 + of_32 + of_32;
    }
    for (int n = 0; n < 5; n++) {
        const bytes_16 q = (bytes_16)FIRST_DIGITS(of_16);
        memcpy(out->q + 160 + 16 * n, &q, sizeof q);
        of_16 = of_16 + of_16 + of_16;
    }
    for (int n = 0; n < 4; n++) {
        const bytes_16 q = (bytes_16)FIRST_DIGITS(of_4);
        memcpy(out->q + 240 + 4 * n, &q, 4);
        of_4 = of_4 + of_4 + of_4;
    }
    out->d[0] = load_half(w + offsetof(block_tq1_0, d));
}

#endif
