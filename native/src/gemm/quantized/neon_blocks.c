/*
 * Weights in blocks of 32: packing and GEMV. Four rows are read at a time, 16 weights of a row to a vector.
 * Compiled with dotprod.
 */
#include "neon.h"

/** The scales of a block of four rows, and the minimums if the type has them. */
typedef struct {
    float32x4_t d;
    float32x4_t m;
} scale_and_min;

/**
 * Reads block b of a K-block of four rows: weights 0 to 15, then 16 to 31. They must fit int8, so a zero
 * point of 128 is subtracted.
 */
typedef scale_and_min (*read_fn)(const char *w, size_t stride, int b, four_rows q[2]);

INLINE scale_and_min scale_only(float32x4_t d) {
    return (scale_and_min){d, vdupq_n_f32(0)};
}

INLINE void read_nibbles(const char *p, size_t stride, four_rows q[2]) {
    const four_rows bytes = neon_rows(p, stride);
#pragma GCC unroll 4
    for (int i = 0; i < LANES; i++) {
        q[0].row[i] = neon_low_nibbles(bytes.row[i]);
        q[1].row[i] = neon_high_nibbles(bytes.row[i]);
    }
}

INLINE void apply_codebook(uint8x16_t codebook, four_rows q[2]) {
#pragma GCC unroll 4
    for (int i = 0; i < LANES; i++) {
        q[0].row[i] = vqtbl1q_u8(codebook, q[0].row[i]);
        q[1].row[i] = vqtbl1q_u8(codebook, q[1].row[i]);
    }
}

/** Bits 0 to 15 of qh, or 16 to 31, each as the fifth bit of a byte. */
INLINE uint8x16_t fifth_bits(uint32_t qh, const int half) {
    const uint8x16_t bytes = {0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1};
    const uint8x16_t bits = {1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128};
    const uint8x16_t all = vreinterpretq_u8_u32(vdupq_n_u32(qh));
    const uint8x16_t spread = vqtbl1q_u8(all, vaddq_u8(bytes, vdupq_n_u8((uint8_t)(2 * half))));
    return vandq_u8(vtstq_u8(spread, bits), vdupq_n_u8(16));
}

INLINE void add_fifth_bits(const char *p, size_t stride, four_rows q[2]) {
#pragma GCC unroll 4
    for (size_t i = 0; i < LANES; i++) {
        uint32_t qh;
        memcpy(&qh, p + i * stride, sizeof qh);
        q[0].row[i] = vorrq_u8(q[0].row[i], fifth_bits(qh, 0));
        q[1].row[i] = vorrq_u8(q[1].row[i], fifth_bits(qh, 1));
    }
}

INLINE scale_and_min read_q4_0(const char *w, size_t stride, int b, four_rows q[2]) {
    w += (size_t)b * sizeof(block_q4_0);
    read_nibbles(w + offsetof(block_q4_0, qs), stride, q);
    return scale_only(neon_scales(w, stride));
}

INLINE scale_and_min read_q4_1(const char *w, size_t stride, int b, four_rows q[2]) {
    w += (size_t)b * sizeof(block_q4_1);
    read_nibbles(w + offsetof(block_q4_1, qs), stride, q);
    return (scale_and_min){neon_scales(w, stride), neon_scales(w + offsetof(block_q4_1, m), stride)};
}

INLINE scale_and_min read_q5_0(const char *w, size_t stride, int b, four_rows q[2]) {
    w += (size_t)b * sizeof(block_q5_0);
    read_nibbles(w + offsetof(block_q5_0, qs), stride, q);
    add_fifth_bits(w + offsetof(block_q5_0, qh), stride, q);
    return scale_only(neon_scales(w, stride));
}

INLINE scale_and_min read_q5_1(const char *w, size_t stride, int b, four_rows q[2]) {
    w += (size_t)b * sizeof(block_q5_1);
    read_nibbles(w + offsetof(block_q5_1, qs), stride, q);
    add_fifth_bits(w + offsetof(block_q5_1, qh), stride, q);
    return (scale_and_min){neon_scales(w, stride), neon_scales(w + offsetof(block_q5_1, m), stride)};
}

INLINE scale_and_min read_q8_0(const char *w, size_t stride, int b, four_rows q[2]) {
    w += (size_t)b * sizeof(block_q8_0);
    q[0] = neon_rows(w + offsetof(block_q8_0, qs), stride);
    q[1] = neon_rows(w + offsetof(block_q8_0, qs) + 16, stride);
    return scale_only(neon_scales(w, stride));
}

/** The codebook of the iq4 types minus the zero point. */
INLINE uint8x16_t signed_iq4(void) {
    return veorq_u8(vld1q_u8(CODEBOOK_IQ4), vdupq_n_u8(0x80));
}

INLINE scale_and_min read_iq4_nl(const char *w, size_t stride, int b, four_rows q[2]) {
    w += (size_t)b * sizeof(block_iq4_nl);
    read_nibbles(w + offsetof(block_iq4_nl, qs), stride, q);
    apply_codebook(signed_iq4(), q);
    return scale_only(neon_scales(w, stride));
}

/** The 6-bit scale of a row minus 32. */
INLINE int32_t scale_of_6_bits(const char *w, int b) {
    const int low = (uint8_t)w[offsetof(block_iq4_xs, scales_l) + (size_t)b / 2] >> (4 * (b % 2)) & 15;
    const int high = neon_load_half(w + offsetof(block_iq4_xs, scales_h)) >> (2 * b) & 3;
    return (low | high << 4) - 32;
}

INLINE scale_and_min read_iq4_xs(const char *w, size_t stride, int b, four_rows q[2]) {
    read_nibbles(w + offsetof(block_iq4_xs, qs) + 16 * (size_t)b, stride, q);
    apply_codebook(signed_iq4(), q);
    const int32x4_t scale = {scale_of_6_bits(w, b), scale_of_6_bits(w + stride, b),
                             scale_of_6_bits(w + 2 * stride, b), scale_of_6_bits(w + 3 * stride, b)};
    return scale_only(vmulq_f32(neon_scales(w, stride), vcvtq_f32_s32(scale)));
}

INLINE scale_and_min read_mxfp4(const char *w, size_t stride, int b, four_rows q[2]) {
    w += (size_t)b * sizeof(block_mxfp4);
    read_nibbles(w + offsetof(block_mxfp4, qs), stride, q);
    apply_codebook(vld1q_u8(CODEBOOK_E2M1), q);
    const uint32x4_t e = {(uint8_t)w[0], (uint8_t)w[stride], (uint8_t)w[2 * stride], (uint8_t)w[3 * stride]};
    /* 2^(e - 128); for e < 2 it is subnormal */
    const uint32x4_t normal = vshlq_n_u32(vsubq_u32(e, vdupq_n_u32(1)), 23);
    const uint32x4_t small = vshlq_u32(vdupq_n_u32(0x200000), vreinterpretq_s32_u32(e));
    return scale_only(vreinterpretq_f32_u32(vbslq_u32(vcltq_u32(e, vdupq_n_u32(2)), small, normal)));
}

INLINE void pack_blocks(read_fn read, const int has_min, const int zero_shift, const char *w, size_t stride,
                        int blocks, panel *out) {
    for (int c = 0; c < PANEL_ROWS; c += LANES, w += LANES * stride) {
        for (int b = 0; b < blocks; b++) {
            four_rows q[2];
            const scale_and_min s = read(w, stride, b, q);
#pragma GCC unroll 2
            for (int half = 0; half < 2; half++) {
#pragma GCC unroll 4
                for (int i = 0; zero_shift == 7 && i < LANES; i++) {
                    q[half].row[i] = veorq_u8(q[half].row[i], vdupq_n_u8(0x80));
                }
                neon_store_panel(q + half, out, 8 * b + 4 * half, c);
            }
            vst1q_f32(out->d[b] + c, s.d);
            if (has_min) {
                vst1q_f32(out->m[b] + c, s.m);
            }
        }
    }
}

#define EACH_X(r) _Pragma("GCC unroll 4") for (int r = 0; r < n; r++)

INLINE void gemv_blocks(const int n, read_fn read, const size_t block_bytes, const int has_min,
                        const int zero_shift, const char *w, size_t stride, int blocks, const char *prefetch,
                        const activation_block *x, float *y) {
    /* the zero point that read() has not subtracted */
    const int zero = has_min || zero_shift == 7 ? 0 : 1 << zero_shift;
    for (int c = 0; c < PANEL_ROWS; c += LANES, w += LANES * stride) {
        float32x4_t f[MAX_GEMV_N];
        EACH_X(r) {
            f[r] = vld1q_f32(neon_sums_at(y, r, c));
        }
        for (int b = 0; b < blocks; b++, prefetch += LANES * block_bytes) {
            four_rows q[2];
            neon_prefetch_l2(prefetch, LANES * block_bytes);
            const scale_and_min s = read(w, stride, b, q);
            EACH_X(r) {
                const float32x4_t sum = neon_dot_product_32(q, x + r, 32 * b, zero * x[r].neg_sums[b]);
                f[r] = vfmaq_f32(f[r], sum, vmulq_n_f32(s.d, x[r].d[b]));
                if (has_min) {
                    f[r] = vfmaq_n_f32(f[r], s.m, (float)-x[r].neg_sums[b] * x[r].d[b]);
                }
            }
        }
        EACH_X(r) {
            vst1q_f32(neon_sums_at(y, r, c), f[r]);
        }
    }
}

/** Defines both functions of a type; block_bytes is for 32 weights. */
#define DEFINE_32(name, block_bytes, has_min, zero_shift)                                               \
    void neon_pack_##name(const char *w, size_t stride, int blocks, panel *out) {                       \
        pack_blocks(read_##name, has_min, zero_shift, w, stride, blocks, out);                          \
    }                                                                                                   \
    void neon_gemv_##name(const char *w, size_t stride, int blocks, const char *prefetch,               \
                          const activation_block *x, int n, float *y) {                                 \
        CALL_WITH_N_TO_4(gemv_blocks, read_##name, block_bytes, has_min, zero_shift, w, stride, blocks, \
                         prefetch, x, y)                                                                \
    }

DEFINE_32(q4_0, sizeof(block_q4_0), 0, 3)
DEFINE_32(q4_1, sizeof(block_q4_1), 1, 0)
DEFINE_32(q5_0, sizeof(block_q5_0), 0, 4)
DEFINE_32(q5_1, sizeof(block_q5_1), 1, 0)
DEFINE_32(q8_0, sizeof(block_q8_0), 0, 7)
DEFINE_32(iq4_nl, sizeof(block_iq4_nl), 0, 7)
DEFINE_32(iq4_xs, sizeof(block_iq4_xs) / BLOCKS, 0, 7)
DEFINE_32(mxfp4, sizeof(block_mxfp4), 0, 4)
