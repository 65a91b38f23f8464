/** Widens types of few bits: q1_0, q2_0, tq1_0, tq2_0 and nvfp4. */
#ifndef MYELIN_SRC_GEMM_QUANTIZED_WIDEN_BITS_H
#define MYELIN_SRC_GEMM_QUANTIZED_WIDEN_BITS_H

#include "widen.h"

typedef uint8_t bytes_4 __attribute__((vector_size(4)));
typedef uint8_t bytes_8 __attribute__((vector_size(8)));
typedef uint32_t words_4 __attribute__((vector_size(16)));
typedef uint32_t words_8 __attribute__((vector_size(32)));
typedef uint64_t longs_4 __attribute__((vector_size(32)));
typedef int32_t ints_4 __attribute__((vector_size(16)));
typedef float floats_4 __attribute__((vector_size(16)));

/** The bits of four bytes at a time, the lowest first: halved until each is in a byte of its own. */
INLINE void widen_q1_0(const char *w, uint8_t *q, float *d) {
    for (int i = 0; i < 16; i += 4) {
        bytes_4 bits;
        memcpy(&bits, w + offsetof(block_q1_0, qs) + i, sizeof bits);
        longs_4 v = __builtin_convertvector(bits, longs_4);
        v = (v | v << 28) & UINT64_C(0x0000000f0000000f);
        v = (v | v << 14) & UINT64_C(0x0003000300030003);
        v = (v << 1 | v << 8) & UINT64_C(0x0202020202020202);
        memcpy(q + 8 * i, &v, sizeof v);
    }
    d[0] = d[1] = d[2] = d[3] = load_half(w);
}

INLINE void widen_q2_0(const char *w, uint8_t *q, float *d) {
    for (int i = 0; i < 16; i += 8) {
        bytes_8 bits;
        memcpy(&bits, w + offsetof(block_q2_0, qs) + i, sizeof bits);
        words_8 v = __builtin_convertvector(bits, words_8);
        v = (v | v << 12) & 0x000f000fu;
        v = (v | v << 6) & 0x03030303u;
        memcpy(q + 4 * i, &v, sizeof v);
    }
    d[0] = d[1] = load_half(w);
}

INLINE void widen_nvfp4(const char *w, uint8_t *q, float *d) {
    const bytes_16 codebook = load_16((const char *)CODEBOOK_E2M1);
    for (int i = 0; i < 32; i += 16) {
        const bytes_16 both = load_16(w + offsetof(block_nvfp4, qs) + i);
        const bytes_16 low = lookup_16(codebook, both & 15);
        const bytes_16 high = lookup_16(codebook, both >> 4);
        memcpy(q + 2 * i, &low, 8);
        memcpy(q + 2 * i + 8, &high, 8);
        memcpy(q + 2 * i + 16, (const char *)&low + 8, 8);
        memcpy(q + 2 * i + 24, (const char *)&high + 8, 8);
    }
    /* half of UE4M3: its bits in a float whose exponent is less by 127 - 8, or m * 2^-10 */
    bytes_4 bits;
    memcpy(&bits, w, sizeof bits);
    const words_4 byte = __builtin_convertvector(bits, words_4);
    const words_4 e = byte & 0x7f;
    const words_4 is_small = (words_4)(e < 8);
    const words_4 is_number = (words_4)(byte != 0x7f);
    const floats_4 small = __builtin_convertvector((ints_4)e, floats_4) * 0x1p-10f;
    const words_4 normal = (e << 20) + (119u << 23);
    const words_4 value = ((is_small & (words_4)small) | (~is_small & normal)) & is_number;
    memcpy(d, &value, sizeof value);
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
