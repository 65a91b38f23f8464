/** Widens tq1_0. */
#ifndef MYELIN_SRC_GEMM_QUANTIZED_WIDEN_TQ1_0_H
#define MYELIN_SRC_GEMM_QUANTIZED_WIDEN_TQ1_0_H

#include "widen.h"

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
