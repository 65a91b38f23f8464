/*
 * Superblocks, in four parts of 64 weights, two groups of 32 or four of 16: packing and GEMV. Four rows are
 * read at a time, 16 weights of a row to a vector. Compiled with dotprod.
 */
#include "neon.h"

/** The scales and mins of a superblock of four rows, in the layout of a panel. */
typedef struct {
    float32x4_t d[16];
    int16x8_t mins[BLOCKS];
    float32x4_t dmin;
} super_scales;

/** Byte i of each word; the other bytes are zero. */
INLINE uint32x4_t byte_of_words(uint8x16_t v, int i) {
    /* an index out of range gives zero */
    const uint32x4_t words = {0x80808000u, 0x80808004u, 0x80808008u, 0x8080800cu};
    const uint32x4_t at = vaddq_u32(words, vdupq_n_u32((uint32_t)i));
    return vreinterpretq_u32_u8(vqtbl1q_u8(v, vreinterpretq_u8_u32(at)));
}

/** The first two bytes of each word, or the last two for an odd b, each as 16 bits. */
INLINE int16x8_t min_pair(uint8x16_t mins, int b) {
    const uint32x4_t even = byte_of_words(mins, 2 * (b % 2));
    const uint32x4_t odd = byte_of_words(mins, 2 * (b % 2) + 1);
    return vreinterpretq_s16_u32(vorrq_u32(even, vshlq_n_u32(odd, 16)));
}

/** Reads the first 16 bytes of q4_K and q5_K: d, dmin, packed scales and mins; see q4_k_unpack_scales(). */
INLINE void scales_q4_k(const char *w, size_t stride, super_scales *out) {
    const four_rows rows = neon_rows(w, stride);
    uint8x16_t head[4];
    neon_transpose(&rows, head);
    const uint32x4_t halves = vreinterpretq_u32_u8(head[0]);
    const float32x4_t d = vcvt_f32_f16(vreinterpret_f16_u16(vmovn_u32(halves)));
    out->dmin = vcvt_f32_f16(vreinterpret_f16_u16(vshrn_n_u32(halves, 16)));
    const uint8x16_t six = vdupq_n_u8(0x3f);
    const uint8x16_t two = vdupq_n_u8(0x30);
    const uint8x16_t scale[2] = {
        vandq_u8(head[1], six),
        vorrq_u8(neon_low_nibbles(head[3]), vandq_u8(vshrq_n_u8(head[1], 2), two)),
    };
    const uint8x16_t min[2] = {
        vandq_u8(head[2], six),
        vorrq_u8(neon_high_nibbles(head[3]), vandq_u8(vshrq_n_u8(head[2], 2), two)),
    };
#pragma GCC unroll 8
    for (int b = 0; b < BLOCKS; b++) {
        out->d[b] = vmulq_f32(d, vcvtq_f32_u32(byte_of_words(scale[b / 4], b % 4)));
    }
#pragma GCC unroll 4
    for (int b = 0; b < BLOCKS / 2; b++) {
        out->mins[b] = min_pair(min[b / 2], b);
    }
}

/** The last 16 bytes of a block end in d and dmin. */
INLINE void scales_q2_k(const char *w, size_t stride, super_scales *out) {
    const four_rows tails = neon_rows(w + sizeof(block_q2_k) - 16, stride);
    const four_rows rows = neon_rows(w, stride);
    uint8x16_t tail[4];
    uint8x16_t packed[4];
    neon_transpose(&tails, tail);
    neon_transpose(&rows, packed);
    const uint32x4_t both = vreinterpretq_u32_u8(tail[3]);
    out->d[0] = vcvt_f32_f16(vreinterpret_f16_u16(vmovn_u32(both)));
    out->dmin = vcvt_f32_f16(vreinterpret_f16_u16(vshrn_n_u32(both, 16)));
#pragma GCC unroll 8
    for (int b = 0; b < BLOCKS; b++) {
        out->mins[b] = min_pair(neon_high_nibbles(packed[b / 2]), b);
    }
}

INLINE void scales_q6_k(const char *w, size_t stride, super_scales *out) {
    const float32x4_t d = neon_scales(w + offsetof(block_q6_k, d), stride);
    const four_rows rows = neon_rows(w + offsetof(block_q6_k, scales), stride);
    uint8x16_t scale[4];
    neon_transpose(&rows, scale);
#pragma GCC unroll 16
    for (int b = 0; b < 16; b++) {
        const uint32x4_t up = vshlq_n_u32(byte_of_words(scale[b / 4], b % 4), 24);
        out->d[b] = vmulq_f32(d, vcvtq_f32_s32(vshrq_n_s32(vreinterpretq_s32_u32(up), 24)));
    }
}

INLINE void scales_q3_k(const char *w, size_t stride, super_scales *out) {
    /* the last 16 bytes of the block: two of qs, 12 of scales, d */
    four_rows rows = neon_rows(w + sizeof(block_q3_k) - 16, stride);
#pragma GCC unroll 4
    for (int i = 0; i < LANES; i++) {
        rows.row[i] = vextq_u8(rows.row[i], rows.row[i], 2);
    }
    uint8x16_t packed[4];
    neon_transpose(&rows, packed);
    const float32x4_t d = vcvt_f32_f16(vreinterpret_f16_u16(vmovn_u32(vreinterpretq_u32_u8(packed[3]))));
    const uint8x16_t two = vdupq_n_u8(0x30);
    const uint8x16_t scale[4] = {
        vorrq_u8(neon_low_nibbles(packed[0]), vandq_u8(vshlq_n_u8(packed[2], 4), two)),
        vorrq_u8(neon_low_nibbles(packed[1]), vandq_u8(vshlq_n_u8(packed[2], 2), two)),
        vorrq_u8(neon_high_nibbles(packed[0]), vandq_u8(packed[2], two)),
        vorrq_u8(neon_high_nibbles(packed[1]), vandq_u8(vshrq_n_u8(packed[2], 2), two)),
    };
#pragma GCC unroll 16
    for (int b = 0; b < 16; b++) {
        const int32x4_t s = vreinterpretq_s32_u32(byte_of_words(scale[b / 4], b % 4));
        out->d[b] = vmulq_f32(d, vcvtq_f32_s32(vsubq_s32(s, vdupq_n_s32(32))));
    }
}

/** Steps of a group. */
INLINE int group_steps(const enum panel_kind kind) {
    return kind == PANEL_SUPER_32_MIN ? 8 : 4;
}

/** Groups of a part. */
INLINE int groups_of(const int steps) {
    return steps == 8 ? 2 : 4;
}

/**
 * The block of group g of a part. Blocks of 32 are in order; of blocks of 16 a part has every second one of
 * eight.
 */
INLINE int block_of(const int steps, int part, int g) {
    return steps == 8 ? 2 * part + g : 8 * (part / 2) + 2 * g + part % 2;
}

/* ---- quants ---------------------------------------------------------------------------------------- */

enum { MAX_LOADS = 4 };

/** Loads the bytes of a part. */
typedef void (*load_fn)(const char *w, size_t stride, int part, four_rows bytes[MAX_LOADS]);

/** Unpacks group g of a part: q[0] has the first 16 weights, q[1] the others of a group of 32. */
typedef void (*unpack_group_fn)(const int g, int part, const four_rows bytes[MAX_LOADS], four_rows q[2]);

INLINE void load_q4_k(const char *w, size_t stride, int part, four_rows bytes[MAX_LOADS]) {
    const char *qs = w + offsetof(block_q4_k, qs) + 32 * (size_t)part;
    bytes[0] = neon_rows(qs, stride);
    bytes[1] = neon_rows(qs + 16, stride);
}

INLINE void unpack_q4_k(const int g, int part, const four_rows bytes[MAX_LOADS], four_rows q[2]) {
    (void)part;
#pragma GCC unroll 4
    for (int i = 0; i < LANES; i++) {
        q[0].row[i] = g == 0 ? neon_low_nibbles(bytes[0].row[i]) : neon_high_nibbles(bytes[0].row[i]);
        q[1].row[i] = g == 0 ? neon_low_nibbles(bytes[1].row[i]) : neon_high_nibbles(bytes[1].row[i]);
    }
}

INLINE void load_q5_k(const char *w, size_t stride, int part, four_rows bytes[MAX_LOADS]) {
    load_q4_k(w + offsetof(block_q5_k, qs) - offsetof(block_q4_k, qs), stride, part, bytes);
    bytes[2] = neon_rows(w + offsetof(block_q5_k, qh), stride);
    bytes[3] = neon_rows(w + offsetof(block_q5_k, qh) + 16, stride);
}

INLINE void unpack_q5_k(const int g, int part, const four_rows bytes[MAX_LOADS], four_rows q[2]) {
    const uint8x16_t bit = vdupq_n_u8((uint8_t)(1 << (2 * part + g)));
    const uint8x16_t fifth = vdupq_n_u8(16);
    unpack_q4_k(g, part, bytes, q);
#pragma GCC unroll 4
    for (int i = 0; i < LANES; i++) {
        q[0].row[i] = vorrq_u8(q[0].row[i], vandq_u8(vtstq_u8(bytes[2].row[i], bit), fifth));
        q[1].row[i] = vorrq_u8(q[1].row[i], vandq_u8(vtstq_u8(bytes[3].row[i], bit), fifth));
    }
}

INLINE void load_q6_k(const char *w, size_t stride, int part, four_rows bytes[MAX_LOADS]) {
    const char *ql = w + 64 * (part / 2) + 16 * (part % 2);
    bytes[0] = neon_rows(ql, stride);
    bytes[1] = neon_rows(ql + 32, stride);
    bytes[2] = neon_rows(w + offsetof(block_q6_k, qh) + 16 * (size_t)part, stride);
}

INLINE void unpack_q6_k(const int g, int part, const four_rows bytes[MAX_LOADS], four_rows q[2]) {
    (void)part;
    const uint8x16_t two = vdupq_n_u8(0x30);
#pragma GCC unroll 4
    for (int i = 0; i < LANES; i++) {
        const uint8x16_t ql = bytes[g % 2].row[i];
        const uint8x16_t qh = bytes[2].row[i];
        const uint8x16_t high = g == 0   ? vshlq_n_u8(qh, 4)
                                : g == 1 ? vshlq_n_u8(qh, 2)
                                : g == 2 ? qh
                                         : vshrq_n_u8(qh, 2);
        q[0].row[i] = vorrq_u8(g < 2 ? neon_low_nibbles(ql) : neon_high_nibbles(ql), vandq_u8(high, two));
    }
}

INLINE void load_q2_k(const char *w, size_t stride, int part, four_rows bytes[MAX_LOADS]) {
    bytes[0] = neon_rows(w + offsetof(block_q2_k, qs) + 16 * (size_t)part, stride);
    bytes[1] = neon_rows(w, stride);
}

/** Two bits of each of 16 bytes. */
INLINE uint8x16_t two_bits(const int g, uint8x16_t qs) {
    const uint8x16_t low = g == 0   ? qs
                           : g == 1 ? vshrq_n_u8(qs, 2)
                           : g == 2 ? vshrq_n_u8(qs, 4)
                                    : vshrq_n_u8(qs, 6);
    return vandq_u8(low, vdupq_n_u8(3));
}

/** Quants times their scales, at most 45. */
INLINE void unpack_q2_k(const int g, int part, const four_rows bytes[MAX_LOADS], four_rows q[2]) {
    const uint8x16_t block = vdupq_n_u8((uint8_t)block_of(4, part, g));
#pragma GCC unroll 4
    for (int i = 0; i < LANES; i++) {
        const uint8x16_t scale = neon_low_nibbles(vqtbl1q_u8(bytes[1].row[i], block));
        q[0].row[i] = vmulq_u8(two_bits(g, bytes[0].row[i]), scale);
    }
}

INLINE void load_q3_k(const char *w, size_t stride, int part, four_rows bytes[MAX_LOADS]) {
    bytes[0] = neon_rows(w + offsetof(block_q3_k, qs) + 16 * (size_t)part, stride);
    bytes[1] = neon_rows(w + 16 * (part % 2), stride);
}

INLINE void unpack_q3_k(const int g, int part, const four_rows bytes[MAX_LOADS], four_rows q[2]) {
    const uint8x16_t bit = vdupq_n_u8((uint8_t)(1 << (4 * (part / 2) + g)));
#pragma GCC unroll 4
    for (int i = 0; i < LANES; i++) {
        const uint8x16_t third = vandq_u8(vtstq_u8(bytes[1].row[i], bit), vdupq_n_u8(4));
        q[0].row[i] = vorrq_u8(two_bits(g, bytes[0].row[i]), third);
    }
}

/* ---- packing and GEMV ------------------------------------------------------------------------------ */

/** Reads the scales of four rows. */
typedef void (*scales_fn)(const char *w, size_t stride, super_scales *out);

INLINE void store_scales(const enum panel_kind kind, const super_scales *s, panel *out, int c) {
    const int mins = kind == PANEL_SUPER_32_MIN ? BLOCKS / 2 : kind == PANEL_SUPER_16_MIN ? BLOCKS : 0;
    for (int b = 0; b < K_BLOCK / 4 / steps_per_scale(kind); b++) {
        vst1q_f32(out->d[b] + c, s->d[b]);
    }
    for (int b = 0; b < mins; b++) {
        vst1q_s16(out->mins[b][c], s->mins[b]);
    }
    if (mins > 0) {
        vst1q_f32(out->dmin + c, s->dmin);
    }
}

INLINE void pack_superblocks(load_fn load, unpack_group_fn unpack, scales_fn scales,
                             const enum panel_kind kind, const char *w, size_t stride, panel *out) {
    const int steps = group_steps(kind);
    for (int c = 0; c < PANEL_ROWS; c += LANES, w += LANES * stride) {
        super_scales s;
        scales(w, stride, &s);
        store_scales(kind, &s, out, c);
        for (int part = 0; part < 4; part++) {
            four_rows bytes[MAX_LOADS];
            load(w, stride, part, bytes);
#pragma GCC unroll 4
            for (int g = 0; g < groups_of(steps); g++) {
                const int step = steps * block_of(steps, part, g);
                four_rows q[2];
                unpack(g, part, bytes, q);
                neon_store_panel(q, out, step, c);
                if (steps == 8) {
                    neon_store_panel(q + 1, out, step + 4, c);
                }
            }
        }
    }
}

#define EACH_X(r) _Pragma("GCC unroll 4") for (int r = 0; r < n; r++)

/** Adds the products of 16 weights of four rows, from k on; each row has a vector of sums. */
INLINE void add_whole(const int n, const four_rows *q, const activation_block *x, int k,
                      int32x4_t sum[MAX_GEMV_N][LANES]) {
    EACH_X(r) {
        const int8x16_t v = vld1q_s8(x[r].q + k);
#pragma GCC unroll 4
        for (int i = 0; i < LANES; i++) {
            sum[r][i] = neon_sdot(sum[r][i], q->row[i], v);
        }
    }
}

INLINE void gemv_superblocks(const int n, load_fn load, unpack_group_fn unpack, scales_fn scales,
                             const size_t block_bytes, const enum panel_kind kind, const int zero,
                             const char *w, size_t stride, const char *prefetch, const activation_block *x,
                             float *y) {
    const int steps = group_steps(kind);
    for (int c = 0; c < PANEL_ROWS; c += LANES, w += LANES * stride) {
        super_scales s;
        float32x4_t f[MAX_GEMV_N];
        int32x4_t whole[MAX_GEMV_N][LANES];
        scales(w, stride, &s);
        EACH_X(r) {
            f[r] = kind == PANEL_SUPER_32_MIN   ? neon_min_offset_32(s.mins, s.dmin, x + r)
                   : kind == PANEL_SUPER_16_MIN ? neon_min_offset_16(s.mins, s.dmin, x + r)
                                                : vdupq_n_f32(0);
#pragma GCC unroll 4
            for (int i = 0; i < LANES; i++) {
                whole[r][i] = vdupq_n_s32(0);
            }
        }
        for (int part = 0; part < 4; part++, prefetch += block_bytes) {
            four_rows bytes[MAX_LOADS];
            neon_prefetch_l2(prefetch, block_bytes);
            load(w, stride, part, bytes);
#pragma GCC unroll 4
            for (int g = 0; g < groups_of(steps); g++) {
                const int b = block_of(steps, part, g);
                four_rows q[2];
                unpack(g, part, bytes, q);
                if (kind == PANEL_SUPER_16_MIN) {
                    add_whole(n, q, x, 16 * b, whole);
                    continue;
                }
                EACH_X(r) {
                    const float32x4_t sum =
                        steps == 8 ? neon_dot_product_32(q, x + r, 32 * b, 0)
                                   : neon_dot_product_16(q, x + r, 16 * b, zero * x[r].neg_sums[b]);
                    f[r] = vfmaq_f32(f[r], sum, s.d[b]);
                }
            }
        }
        EACH_X(r) {
            if (kind == PANEL_SUPER_16_MIN) {
                f[r] = vfmaq_f32(f[r], neon_reduce(whole[r], 0), s.d[0]);
            }
            float *to = neon_sums_at(y, r, c);
            vst1q_f32(to, vfmaq_n_f32(vld1q_f32(to), f[r], x[r].d[0]));
        }
    }
}

/** Defines both functions of a type. */
#define DEFINE_SUPER(name, scales, kind, zero)                                                             \
    void neon_pack_##name(const char *w, size_t stride, int blocks, panel *out) {                          \
        (void)blocks;                                                                                      \
        pack_superblocks(load_##name, unpack_##name, scales, kind, w, stride, out);                        \
    }                                                                                                      \
    void neon_gemv_##name(const char *w, size_t stride, int blocks, const char *prefetch,                  \
                          const activation_block *x, int n, float *y) {                                    \
        (void)blocks;                                                                                      \
        CALL_WITH_N_TO_4(gemv_superblocks, load_##name, unpack_##name, scales, sizeof(block_##name), kind, \
                         zero, w, stride, prefetch, x, y)                                                  \
    }

DEFINE_SUPER(q2_k, scales_q2_k, PANEL_SUPER_16_MIN, 0)
DEFINE_SUPER(q3_k, scales_q3_k, PANEL_SUPER_16, 4)
DEFINE_SUPER(q4_k, scales_q4_k, PANEL_SUPER_32_MIN, 0)
DEFINE_SUPER(q5_k, scales_q4_k, PANEL_SUPER_32_MIN, 0)
DEFINE_SUPER(q6_k, scales_q6_k, PANEL_SUPER_16, 32)
