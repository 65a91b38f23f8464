/**
 * The quantised GEMM in 256-bit vectors: packing, GEMV, and the table. A file that includes this defines
 * TABLE, and what avx2_tile.h needs.
 */
#include "avx2_superblocks.h"
#include "avx2_tile.h"

/** Prefetches bytes, a constant, to the L2 cache. */
INLINE void prefetch_l2(const char *prefetch, const size_t bytes) {
#pragma GCC unroll 16
    for (size_t i = 0; i < bytes; i += 64) {
        _mm_prefetch(prefetch + i, _MM_HINT_T1);
    }
}

/** Prefetches the `bytes` of a row that follow its first ones to the L1 cache: rows are not contiguous. */
INLINE void prefetch_row(const char *w, const size_t bytes) {
#pragma GCC unroll 8
    for (size_t i = 0; i < bytes; i += 64) {
        _mm_prefetch(w + bytes + i, _MM_HINT_T0);
    }
}

INLINE void pack_blocks(read_32_fn read, const size_t block_bytes, const int has_min, const char *w,
                        size_t stride, int blocks, panel *out) {
    for (size_t c = 0; c < PANEL_ROWS; c += LANES, w += LANES * stride) {
        for (size_t b = 0; b < (size_t)blocks; b++) {
            __m256i q[8];
            prefetch_row(w + b * stride, BLOCKS * block_bytes);
            const scale_and_min s = read(w, stride, b, q);
#pragma GCC unroll 8
            for (size_t j = 0; j < 8; j++) {
                _mm256_store_si256((void *)out->q[8 * b + j][c], q[j]);
            }
            _mm256_store_ps(out->d[b] + c, s.d);
            if (has_min) {
                _mm256_store_ps(out->m[b] + c, s.m);
            }
        }
    }
}

INLINE void gemv_blocks(const size_t n, read_32_fn read, const size_t block_bytes, const int has_min,
                        const size_t max_q, const int zero_shift, const char *w, size_t stride, int blocks,
                        const char *prefetch, const activation_block *x, float *y) {
    for (size_t c = 0; c < PANEL_ROWS; c += LANES, w += LANES * stride, y += LANES) {
        __m256 f[MAX_GEMV_N];
        EACH_X(r) {
            f[r] = _mm256_load_ps(y + r * STRIP_ROWS);
        }
        for (size_t b = 0; b < (size_t)blocks; b++, prefetch += LANES * block_bytes) {
            __m256i q[8];
            __m256i a[TILE_N][VECTORS];
            prefetch_l2(prefetch, LANES * block_bytes);
            const scale_and_min s = read(w, stride, b, q);
            add_dot_products(n, 1, PANEL_32, max_q, zero_shift, 8, q, x, b, a);
            EACH_X(r) {
                const __m256 d = _mm256_mul_ps(s.d, _mm256_set1_ps(x[r].d[b]));
                f[r] = _mm256_fmadd_ps(_mm256_cvtepi32_ps(a[r][0]), d, f[r]);
                if (has_min) {
                    f[r] = _mm256_fmadd_ps(s.m, _mm256_set1_ps((float)-x[r].neg_sums[b] * x[r].d[b]), f[r]);
                }
            }
        }
        EACH_X(r) {
            _mm256_store_ps(y + r * STRIP_ROWS, f[r]);
        }
    }
}

/**
 * The first block of a part. Blocks of 32 are in order; of blocks of 16 a part has every second one of eight.
 */
INLINE size_t first_block(const size_t steps, size_t part) {
    size_t b = steps == 8 ? 2 * part : 8 * (part / 2) + part % 2;
    /* later addresses are computed from b, not each from the part */
    __asm__("" : "+r"(b));
    return b;
}

INLINE size_t block_of(const size_t steps, size_t first, size_t g) {
    return first + (steps == 8 ? g : 2 * g);
}

INLINE void pack_superblocks(prepare_fn prepare, load_part_fn load, unpack_group_fn unpack,
                             read_scales_fn read_scales, const size_t block_bytes, const size_t steps,
                             const char *w, size_t stride, panel *out) {
    for (size_t c = 0; c < PANEL_ROWS; c += LANES, w += LANES * stride) {
        __m256i extra[8];
        prepare(w, stride, extra);
        read_scales(w, stride, out, c);
        for (size_t part = 0; part < 4; part++) {
            const size_t first = first_block(steps, part);
            __m256i bytes[PART_REGISTERS];
            prefetch_row(w + 2 * part * stride, block_bytes);
            prefetch_row(w + (2 * part + 1) * stride, block_bytes);
            load(w, stride, part, bytes);
#pragma GCC unroll 4
            for (size_t g = 0; g < 16 / steps; g++) {
                __m256i q[8];
                unpack(bytes, extra, part, (int)g, q);
#pragma GCC unroll 8
                for (size_t j = 0; j < steps; j++) {
                    _mm256_store_si256((void *)out->q[steps * block_of(steps, first, g) + j][c], q[j]);
                }
            }
        }
    }
}

INLINE void gemv_superblocks(const size_t n, prepare_fn prepare, load_part_fn load, unpack_group_fn unpack,
                             read_scales_fn read_scales, const size_t block_bytes, const size_t steps,
                             const size_t max_q, const int zero_shift, const char *w, size_t stride,
                             const char *prefetch, const activation_block *x, float *y) {
    for (size_t c = 0; c < PANEL_ROWS; c += LANES, w += LANES * stride, y += LANES) {
        panel scale; /* the quants are not used */
        __m256i extra[8];
        __m256 f[MAX_GEMV_N];
        prepare(w, stride, extra);
        read_scales(w, stride, &scale, 0);
        EACH_X(r) {
            f[r] = steps == 8 ? min_offset_32(&scale, 0, x + r) : _mm256_setzero_ps();
        }
        for (size_t part = 0; part < 4; part++, prefetch += LANES * block_bytes / 4) {
            const size_t first = first_block(steps, part);
            __m256i bytes[PART_REGISTERS];
            prefetch_l2(prefetch, LANES * block_bytes / 4);
            load(w, stride, part, bytes);
#pragma GCC unroll 4
            for (size_t g = 0; g < 16 / steps; g++) {
                const size_t b = block_of(steps, first, g);
                __m256i q[8];
                __m256i a[TILE_N][VECTORS];
                unpack(bytes, extra, part, (int)g, q);
                add_dot_products(n, 1, PANEL_SUPER_16, max_q, zero_shift, steps, q, x, b, a);
                EACH_X(r) {
                    f[r] = _mm256_fmadd_ps(_mm256_cvtepi32_ps(a[r][0]), _mm256_load_ps(scale.d[b]), f[r]);
                }
            }
        }
        EACH_X(r) {
            float *to = y + r * STRIP_ROWS;
            _mm256_store_ps(to, _mm256_fmadd_ps(f[r], _mm256_set1_ps(x[r].d[0]), _mm256_load_ps(to)));
        }
    }
}

/** q2_K: scales are integers, so the dot product of a group times its scale is summed as an integer. */
INLINE void gemv_int_scales(const size_t n, const char *w, size_t stride, const char *prefetch,
                            const activation_block *x, float *y) {
    for (size_t c = 0; c < PANEL_ROWS; c += LANES, w += LANES * stride, y += LANES) {
        panel head; /* the quants are not used */
        __m256i scales[8];
        __m256i sum[MAX_GEMV_N][2]; /* of even groups, and of odd groups times 4 */
        prepare_q2_k(w, stride, scales);
        scales_q2_k(w, stride, &head, 0);
        EACH_X(r) {
            sum[r][0] = _mm256_setzero_si256();
            sum[r][1] = _mm256_setzero_si256();
        }
        for (size_t part = 0; part < 4; part++, prefetch += LANES * sizeof(block_q2_k) / 4) {
            const size_t first = first_block(4, part);
            __m256i bytes[PART_REGISTERS];
            prefetch_l2(prefetch, LANES * sizeof(block_q2_k) / 4);
            load_q2_k(w, stride, part, bytes);
#pragma GCC unroll 4
            for (size_t g = 0; g < 4; g++) {
                const __m256i scale = scale_q2_k(scales, part, (int)g, SCALE_TWICE);
                __m256i q[4];
#pragma GCC unroll 4
                for (int j = 0; j < 4; j++) {
                    bytes[j] = g == 2 ? _mm256_srli_epi32(bytes[j], 4) : bytes[j];
                    q[j] = _mm256_and_si256(bytes[j], _mm256_set1_epi8(g % 2 == 0 ? 3 : 12));
                }
                EACH_X(r) {
                    sum[r][g % 2] = add_scaled(sum[r][g % 2], q, x + r, 4 * block_of(4, first, g), scale);
                }
            }
        }
        EACH_X(r) {
            float *to = y + r * STRIP_ROWS;
            const __m256i all = _mm256_add_epi32(sum[r][0], _mm256_srai_epi32(sum[r][1], 2));
            const __m256 f = _mm256_fmadd_ps(_mm256_cvtepi32_ps(all), _mm256_load_ps(head.d[0]),
                                             min_offset_16(&head, 0, x + r));
            _mm256_store_ps(to, _mm256_fmadd_ps(f, _mm256_set1_ps(x[r].d[0]), _mm256_load_ps(to)));
        }
    }
}

/* ---- types ---------------------------------------------------------------------------------------- */

/** Defines both functions of a type in blocks of 32. */
#define DEFINE_32(name, block_bytes, has_min, max_q, zero_shift)                                       \
    static void pack_##name(const char *w, size_t stride, int blocks, panel *out) {                    \
        pack_blocks(read_##name, block_bytes, has_min, w, stride, blocks, out);                        \
    }                                                                                                  \
    static void gemv_##name(const char *w, size_t stride, int blocks, const char *prefetch,            \
                            const activation_block *x, int n, float *y) {                              \
        CALL_WITH_N_TO_4(gemv_blocks, read_##name, block_bytes, has_min, max_q, zero_shift, w, stride, \
                         blocks, prefetch, x, y)                                                       \
    }

DEFINE_32(q4_0, sizeof(block_q4_0), 0, 15, 3)
DEFINE_32(q4_1, sizeof(block_q4_1), 1, 15, NO_ZERO)
DEFINE_32(q5_0, sizeof(block_q5_0), 0, 31, 4)
DEFINE_32(q5_1, sizeof(block_q5_1), 1, 31, NO_ZERO)
DEFINE_32(q8_0, sizeof(block_q8_0), 0, 255, 7)
DEFINE_32(iq4_nl, sizeof(block_iq4_nl), 0, 255, 7)
DEFINE_32(iq4_xs, sizeof(block_iq4_xs) / BLOCKS, 0, 255, 7)
DEFINE_32(mxfp4, sizeof(block_mxfp4), 0, 31, 4)

/** Defines both functions of a type in superblocks. */
#define DEFINE_SUPER(name, prepare, scales, steps, max_q, zero_shift)                                 \
    static void pack_##name(const char *w, size_t stride, int blocks, panel *out) {                   \
        (void)blocks;                                                                                 \
        pack_superblocks(prepare, load_##name, unpack_##name, scales, sizeof(block_##name), steps, w, \
                         stride, out);                                                                \
    }                                                                                                 \
    static void gemv_##name(const char *w, size_t stride, int blocks, const char *prefetch,           \
                            const activation_block *x, int n, float *y) {                             \
        (void)blocks;                                                                                 \
        CALL_WITH_N_TO_4(gemv_superblocks, prepare, load_##name, unpack_##name, scales,               \
                         sizeof(block_##name), steps, max_q, zero_shift, w, stride, prefetch, x, y)   \
    }

DEFINE_SUPER(q3_k, prepare_q3_k, scales_q3_k, 4, 7, 2)
DEFINE_SUPER(q4_k, prepare_none, scales_q4_k, 8, 15, NO_ZERO)
DEFINE_SUPER(q5_k, prepare_q5_k, scales_q4_k, 8, 31, NO_ZERO)
DEFINE_SUPER(q6_k, prepare_none, scales_q6_k, 4, 63, 5)

static void pack_q2_k(const char *w, size_t stride, int blocks, panel *out) {
    (void)blocks;
    pack_superblocks(prepare_q2_k, load_q2_k, unpack_q2_k, scales_q2_k, sizeof(block_q2_k), 4, w, stride,
                     out);
}

static void gemv_q2_k(const char *w, size_t stride, int blocks, const char *prefetch,
                      const activation_block *x, int n, float *y) {
    (void)blocks;
    CALL_WITH_N_TO_4(gemv_int_scales, w, stride, prefetch, x, y)
}

#define EACH_TYPE(entry)                                                                          \
    entry(Q4_0, q4_0) entry(Q4_1, q4_1) entry(Q5_0, q5_0) entry(Q5_1, q5_1) entry(Q8_0, q8_0)     \
        entry(Q2_K, q2_k) entry(Q3_K, q3_k) entry(Q4_K, q4_k) entry(Q5_K, q5_k) entry(Q6_K, q6_k) \
            entry(IQ4_NL, iq4_nl) entry(IQ4_XS, iq4_xs) entry(MXFP4, mxfp4)
#define PACK(type, name) [TYPE_##type] = pack_##name,
#define GEMV(type, name) [TYPE_##type] = gemv_##name,

#define PACK_WIDE(type, name, ...) [TYPE_##type] = avx2_pack_##name,

#define GEMV_PLANES(type, name) [TYPE_##type] = GEMV_PLANES_NAME(TABLE, name),

EACH_PLANES_TYPE(DECLARE_PLANES)

extern const row_gemv ROWS[TYPE_COUNT];

const quantized_gemm_table TABLE = {
    .by_row = ROWS,
    .gemv_n = 4,
    .max_gemv_n = 4,
    .pack = {EACH_TYPE(PACK) EACH_WIDE_TYPE(PACK_WIDE) EACH_WIDE_BLOCK_TYPE(PACK_WIDE)
                 EACH_GRID_TYPE(PACK_WIDE)},
    .gemv = {EACH_TYPE(GEMV) EACH_PLANES_TYPE(GEMV_PLANES)},
    .multiply =
        {
            [PANEL_32] = multiply_32,
            [PANEL_16] = multiply_16,
            [PANEL_32_MIN] = multiply_32_min,
            [PANEL_SUPER_32_MIN] = multiply_super_32_min,
            [PANEL_SUPER_16] = multiply_super_16,
            [PANEL_SUPER_256] = multiply_super_256,
            [PANEL_SUPER_16_MIN] = multiply_super_16_min,
            [PANEL_SUPER_16_INT] = multiply_super_16_int,
        },
};
