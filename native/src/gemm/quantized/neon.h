/** Shared by the NEON kernels. They read only bytes of the rows, at any alignment. */
#ifndef MYELIN_SRC_GEMM_QUANTIZED_NEON_H
#define MYELIN_SRC_GEMM_QUANTIZED_NEON_H

#include <arm_neon.h>
#include <string.h>

#include "common.h"

enum {
    LANES = 4,   /* rows of W of a vector */
    TILE_N = 6,  /* rows of X of a tile: 12 registers of int32 sums and 12 of f32 sums leave 8 for operands */
    VECTORS = 2, /* of rows of W of a tile */
};

/** Declares the functions of a type. */
#define NEON_TYPE(name)                                                                   \
    void neon_pack_##name(const char *w, size_t stride, int blocks, panel *out);          \
    void neon_gemv_##name(const char *w, size_t stride, int blocks, const char *prefetch, \
                          const activation_block *x, int n, float *y);

NEON_TYPE(q4_0)
NEON_TYPE(q4_1)
NEON_TYPE(q5_0)
NEON_TYPE(q5_1)
NEON_TYPE(q8_0)
NEON_TYPE(q2_k)
NEON_TYPE(q3_k)
NEON_TYPE(q4_k)
NEON_TYPE(q5_k)
NEON_TYPE(q6_k)
NEON_TYPE(iq4_nl)
NEON_TYPE(iq4_xs)
NEON_TYPE(mxfp4)

/** Declares the function of a type that is read row by row. */
#define NEON_WIDE_TYPE(type, name, ...) \
    void neon_pack_##name(const char *w, size_t stride, int blocks, panel *out);

EACH_WIDE_TYPE(NEON_WIDE_TYPE)
EACH_WIDE_BLOCK_TYPE(NEON_WIDE_TYPE)
EACH_GRID_TYPE(NEON_WIDE_TYPE)

#define NEON_PACK_WIDE(type, name, ...) [TYPE_##type] = neon_pack_##name,

/** The function of a type that is read by planes. */
#define NEON_PLANES_TYPE(type, name) void neon_gemv_##name(GEMV_PARAMETERS);

EACH_PLANES_TYPE(NEON_PLANES_TYPE)

#define NEON_GEMV_PLANES(type, name) [TYPE_##type] = neon_gemv_##name,

/** GEMV of whole rows. */
extern const row_gemv row_gemv_neon[TYPE_COUNT];

/** The entries that all NEON tables share. */
#define NEON_COMMON                                                                                          \
    .by_row = row_gemv_neon, .gemv_n = 4, .max_gemv_n = 4,                                                   \
    .pack = {[TYPE_Q4_0] = neon_pack_q4_0,                                                                   \
             [TYPE_Q4_1] = neon_pack_q4_1,                                                                   \
             [TYPE_Q5_0] = neon_pack_q5_0,                                                                   \
             [TYPE_Q5_1] = neon_pack_q5_1,                                                                   \
             [TYPE_Q8_0] = neon_pack_q8_0,                                                                   \
             [TYPE_Q2_K] = neon_pack_q2_k,                                                                   \
             [TYPE_Q3_K] = neon_pack_q3_k,                                                                   \
             [TYPE_Q4_K] = neon_pack_q4_k,                                                                   \
             [TYPE_Q5_K] = neon_pack_q5_k,                                                                   \
             [TYPE_Q6_K] = neon_pack_q6_k,                                                                   \
             [TYPE_IQ4_NL] = neon_pack_iq4_nl,                                                               \
             [TYPE_IQ4_XS] = neon_pack_iq4_xs,                                                               \
             [TYPE_MXFP4] = neon_pack_mxfp4,                                                                 \
             EACH_WIDE_TYPE(NEON_PACK_WIDE) EACH_WIDE_BLOCK_TYPE(NEON_PACK_WIDE)                             \
                 EACH_GRID_TYPE(NEON_PACK_WIDE)},                                                            \
    .gemv = {                                                                                                \
        [TYPE_Q4_0] = neon_gemv_q4_0,   [TYPE_Q4_1] = neon_gemv_q4_1,      [TYPE_Q5_0] = neon_gemv_q5_0,     \
        [TYPE_Q5_1] = neon_gemv_q5_1,   [TYPE_Q8_0] = neon_gemv_q8_0,      [TYPE_Q2_K] = neon_gemv_q2_k,     \
        [TYPE_Q3_K] = neon_gemv_q3_k,   [TYPE_Q4_K] = neon_gemv_q4_k,      [TYPE_Q5_K] = neon_gemv_q5_k,     \
        [TYPE_Q6_K] = neon_gemv_q6_k,   [TYPE_IQ4_NL] = neon_gemv_iq4_nl,  [TYPE_IQ4_XS] = neon_gemv_iq4_xs, \
        [TYPE_MXFP4] = neon_gemv_mxfp4, EACH_PLANES_TYPE(NEON_GEMV_PLANES)}

/** Prefetches bytes, a constant, to the L2 cache. */
INLINE void neon_prefetch_l2(const char *prefetch, const size_t bytes) {
    for (size_t i = 0; i < bytes; i += 64) {
        __builtin_prefetch(prefetch + i, 0, 2);
    }
}

INLINE uint8x16_t neon_load(const char *p) {
    return vld1q_u8((const void *)p);
}

INLINE uint8x16_t neon_low_nibbles(uint8x16_t v) {
    return vandq_u8(v, vdupq_n_u8(15));
}

INLINE uint8x16_t neon_high_nibbles(uint8x16_t v) {
    return vshrq_n_u8(v, 4);
}

/** 16 bytes of each of four rows. */
typedef struct {
    uint8x16_t row[LANES];
} four_rows;

INLINE four_rows neon_rows(const char *p, size_t stride) {
    return (four_rows){
        {neon_load(p), neon_load(p + stride), neon_load(p + 2 * stride), neon_load(p + 3 * stride)}};
}

/** out[j] has bytes 4 j to 4 j + 3 of row 0, row 1 ... */
INLINE void neon_transpose(const four_rows *in, uint8x16_t out[4]) {
    const uint32x4_t r0 = vreinterpretq_u32_u8(in->row[0]);
    const uint32x4_t r1 = vreinterpretq_u32_u8(in->row[1]);
    const uint32x4_t r2 = vreinterpretq_u32_u8(in->row[2]);
    const uint32x4_t r3 = vreinterpretq_u32_u8(in->row[3]);
    const uint32x4_t low02 = vzip1q_u32(r0, r2);
    const uint32x4_t high02 = vzip2q_u32(r0, r2);
    const uint32x4_t low13 = vzip1q_u32(r1, r3);
    const uint32x4_t high13 = vzip2q_u32(r1, r3);
    out[0] = vreinterpretq_u8_u32(vzip1q_u32(low02, low13));
    out[1] = vreinterpretq_u8_u32(vzip2q_u32(low02, low13));
    out[2] = vreinterpretq_u8_u32(vzip1q_u32(high02, high13));
    out[3] = vreinterpretq_u8_u32(vzip2q_u32(high02, high13));
}

/** Stores 16 weights of four rows to rows c to c + 3 of a panel, from `step` on. */
INLINE void neon_store_panel(const four_rows *q, panel *out, int step, int c) {
    uint8x16_t v[4];
    neon_transpose(q, v);
#pragma GCC unroll 4
    for (int j = 0; j < 4; j++) {
        vst1q_u8(out->q[step + j][c], v[j]);
    }
}

INLINE uint16_t neon_load_half(const char *p) {
    uint16_t v;
    memcpy(&v, p, sizeof v);
    return v;
}

/** An f16 of each of four rows, as f32. */
INLINE float32x4_t neon_scales(const char *p, size_t stride) {
    uint16x4_t v = vdup_n_u16(neon_load_half(p));
    v = vset_lane_u16(neon_load_half(p + stride), v, 1);
    v = vset_lane_u16(neon_load_half(p + 2 * stride), v, 2);
    v = vset_lane_u16(neon_load_half(p + 3 * stride), v, 3);
    return vcvt_f32_f16(vreinterpret_f16_u16(v));
}

/** The dot product of pairs of integer mins, of four rows, and of sums of activations. */
INLINE float32x4_t neon_dot_mins(const int16x8_t *min, const int count, const int16_t *sums) {
    int32x4_t low = vdupq_n_s32(0);
    int32x4_t high = vdupq_n_s32(0);
#pragma GCC unroll 8
    for (int b = 0; b < count; b++) {
        int32_t pair;
        memcpy(&pair, sums + 2 * b, sizeof pair);
        const int16x8_t pairs = vreinterpretq_s16_s32(vdupq_n_s32(pair));
        low = vmlal_s16(low, vget_low_s16(min[b]), vget_low_s16(pairs));
        high = vmlal_high_s16(high, min[b], pairs);
    }
    return vcvtq_f32_s32(vpaddq_s32(low, high));
}

/** What the mins by 32, [BLOCKS / 2] vectors, subtract. */
INLINE float32x4_t neon_min_offset_32(const int16x8_t *min, float32x4_t dmin, const activation_block *x) {
    return vmulq_f32(neon_dot_mins(min, BLOCKS / 2, x->sums_32), vnegq_f32(dmin));
}

/** The same for mins by 16, [BLOCKS] vectors: neg_sums are negated already. */
INLINE float32x4_t neon_min_offset_16(const int16x8_t *min, float32x4_t dmin, const activation_block *x) {
    int16_t sums[16];
#pragma GCC unroll 4
    for (int i = 0; i < 16; i += 4) {
        vst1_s16(sums + i, vmovn_s32(vld1q_s32(x->neg_sums + i)));
    }
    return vmulq_f32(neon_dot_mins(min, BLOCKS, sums), dmin);
}

/** Adds the lanes of each of four vectors, and start; integers, so the order does not matter. */
INLINE float32x4_t neon_reduce(const int32x4_t a[LANES], int32_t start) {
    const int32x4_t sum = vpaddq_s32(vpaddq_s32(a[0], a[1]), vpaddq_s32(a[2], a[3]));
    return vcvtq_f32_s32(vaddq_s32(sum, vdupq_n_s32(start)));
}

#if defined(__ARM_FEATURE_DOTPROD)
/** Adds the products of 16 weights, which are signed or below 128. */
INLINE int32x4_t neon_sdot(int32x4_t sum, uint8x16_t w, int8x16_t x) {
    return vdotq_s32(sum, vreinterpretq_s8_u8(w), x);
}

/** The dot product of 16 weights of four rows, from k on. */
INLINE float32x4_t neon_dot_product_16(const four_rows *q, const activation_block *x, int k, int32_t start) {
    const int8x16_t v = vld1q_s8(x->q + k);
    int32x4_t a[LANES];
#pragma GCC unroll 4
    for (int i = 0; i < LANES; i++) {
        a[i] = neon_sdot(vdupq_n_s32(0), q->row[i], v);
    }
    return neon_reduce(a, start);
}

/** The dot product of 32 weights of four rows, from k on. */
INLINE float32x4_t neon_dot_product_32(const four_rows q[2], const activation_block *x, int k,
                                       int32_t start) {
    const int8x16_t low = vld1q_s8(x->q + k);
    const int8x16_t high = vld1q_s8(x->q + k + 16);
    int32x4_t a[LANES];
#pragma GCC unroll 4
    for (int i = 0; i < LANES; i++) {
        a[i] = neon_sdot(neon_sdot(vdupq_n_s32(0), q[0].row[i], low), q[1].row[i], high);
    }
    return neon_reduce(a, start);
}
#endif

/** The sums of a row of X and of rows c to c + 3 of W. */
INLINE float *neon_sums_at(float *y, int r, int c) {
    return y + r * STRIP_ROWS + c;
}

#endif
