/* Compiled with AVX-512 F, BW, DQ, VL, VBMI and VNNI; called only if the CPU has them all. */
#include "avx512.h"

/**
 * Rows of X of a tile: 12 registers of int32 sums and 12 of f32 sums leave 8 for operands. r is a row of X, c
 * a panel.
 */
enum { TILE_N = 6 };

INLINE int32_t word_at(const int8_t *p) {
    int32_t v;
    memcpy(&v, p, sizeof v);
    return v;
}

INLINE __m512i broadcast(int32_t v) {
    __m512i all = _mm512_set1_epi32(v);
    /* to a register, which two instructions share: as a memory operand it would be read twice */
    __asm__("" : "+v"(all));
    return all;
}

#define EACH_X(r) _Pragma("GCC unroll 6") for (int r = 0; r < n; r++)
#define EACH_PANEL(c) _Pragma("GCC unroll 2") for (int c = 0; c < PANELS; c++)

/** Adds the dot products of `steps` steps, from `step` on. */
INLINE void add_dot_products(const int n, const int steps, const panel *w, const activation_block *x,
                             int step, __m512i a[TILE_N][PANELS]) {
#pragma GCC unroll 8
    for (int j = 0; j < steps; j++) {
        const __m512i w0 = _mm512_load_si512(w[0].q[step + j]);
        const __m512i w1 = _mm512_load_si512(w[1].q[step + j]);
        EACH_X(r) {
            const __m512i v = broadcast(word_at(x[r].q + 4 * (step + j)));
            a[r][0] = _mm512_dpbusd_epi32(a[r][0], w0, v);
            a[r][1] = _mm512_dpbusd_epi32(a[r][1], w1, v);
        }
    }
}

INLINE __m512 min_offset_16(const panel *w, const activation_block *x) {
    return avx512_min_offset_16((const void *)w->mins, _mm512_load_ps(w->dmin), x);
}

/** Adds the dot products of block b, of 16, times its integer scales. */
INLINE void add_scaled(const int n, const panel *w, int b, __m512i a[TILE_N][PANELS],
                       __m512i total[TILE_N][PANELS]) {
    EACH_PANEL(c) {
        const __m512i pair = _mm512_load_si512(w[c].scales[b / 2]);
        const __m512i scale =
            _mm512_srli_epi32(_mm512_sllv_epi32(pair, _mm512_set1_epi32(b % 2 ? 0 : 16)), 16);
        EACH_X(r) {
            total[r][c] = _mm512_add_epi32(total[r][c], _mm512_mullo_epi32(a[r][c], scale));
        }
    }
}

/** A tile of n rows of X and two panels; n and kind are constants in the caller. */
INLINE void tile(const int n, const enum panel_kind kind, const panel *w, const activation_block *x,
                 int blocks, __m512i zero_shift, float *y) {
    const int superblock = is_superblock(kind);
    const int steps = steps_per_scale(kind);
    const int count = scale_count(kind, blocks);
    __m512 f[TILE_N][PANELS];
    __m512i a[TILE_N][PANELS];
    __m512i total[TILE_N][PANELS]; /* of a superblock, with integer scales */
    EACH_X(r) {
        EACH_PANEL(c) {
            total[r][c] = _mm512_setzero_si512();
            f[r][c] = kind == PANEL_SUPER_32_MIN   ? avx512_min_offset_32(w + c, x + r)
                      : kind == PANEL_SUPER_16_MIN ? min_offset_16(w + c, x + r)
                      : superblock                 ? _mm512_setzero_ps()
                                                   : _mm512_load_ps(y + (r * PANELS + c) * PANEL_ROWS);
        }
    }
    for (int i = 0; i < count; i++) {
        const int b = kind == PANEL_SUPER_16 ? superblock_16_order(i) : i;
        EACH_X(r) {
            /*
             * quants are unsigned: the dot product starts at minus the zero point times the sum of the
             * activations
             */
            const __m512i start =
                has_zero_point(kind)
                    ? _mm512_sllv_epi32(broadcast(neg_sum(kind, x + r, (size_t)b)), zero_shift)
                    : _mm512_setzero_si512();
            a[r][0] = start;
            a[r][1] = start;
        }
        add_dot_products(n, steps, w, x, steps * b, a);
        if (kind == PANEL_SUPER_16_INT) {
            add_scaled(n, w, b, a, total);
            continue;
        }
        EACH_X(r) {
            EACH_PANEL(c) {
                __m512 d = _mm512_load_ps(w[c].d[b]);
                d = superblock ? d : _mm512_mul_ps(d, _mm512_set1_ps(scale_of_x(kind, x + r, (size_t)b)));
                f[r][c] = _mm512_fmadd_ps(_mm512_cvtepi32_ps(a[r][c]), d, f[r][c]);
                if (kind == PANEL_32_MIN) {
                    const __m512 sum = _mm512_set1_ps((float)-x[r].neg_sums[b] * x[r].d[b]);
                    f[r][c] = _mm512_fmadd_ps(_mm512_load_ps(w[c].m[b]), sum, f[r][c]);
                }
            }
        }
    }
    EACH_X(r) {
        EACH_PANEL(c) {
            if (kind == PANEL_SUPER_16_INT) {
                f[r][c] = _mm512_mul_ps(_mm512_cvtepi32_ps(total[r][c]), _mm512_load_ps(w[c].d[0]));
            }
            float *to = y + (r * PANELS + c) * PANEL_ROWS;
            _mm512_store_ps(to, superblock
                                    ? _mm512_fmadd_ps(f[r][c], _mm512_set1_ps(x[r].d[0]), _mm512_load_ps(to))
                                    : f[r][c]);
        }
    }
}

INLINE void multiply(const enum panel_kind kind, const panel *w, const activation_block *x, int64_t n,
                     int blocks, int zero_shift, prefetch_range next, float *y) {
    const size_t prefetch_bytes = prefetch_step(&next, (n + TILE_N - 1) / TILE_N);
    const __m512i shift = _mm512_set1_epi32(zero_shift);
    const int64_t width = STRIP_ROWS;
    for (int64_t left = n, count; left > 0; left -= count, x += count, y += count * width) {
        /* tiles of about the same size: a small one does not fill the pipelines */
        count = balanced_part(left, TILE_N);
        prefetch_x(x + TILE_N, 0, 1, TILE_N);
        prefetch_next(&next, prefetch_bytes);
        switch (count) {
            CASES_TO_6(tile, kind, w, x, blocks, shift, y)
            default:
                __builtin_unreachable();
        }
    }
}

#define DEFINE_MULTIPLY(name, kind)                                                                      \
    static void multiply_##name(const panel w[PANELS], const activation_block *x, int64_t n, int blocks, \
                                int zero_shift, prefetch_range next, float *y) {                         \
        multiply(kind, w, x, n, blocks, zero_shift, next, y);                                            \
    }

DEFINE_MULTIPLY(32, PANEL_32)
DEFINE_MULTIPLY(16, PANEL_16)
DEFINE_MULTIPLY(32_min, PANEL_32_MIN)
DEFINE_MULTIPLY(super_32_min, PANEL_SUPER_32_MIN)
DEFINE_MULTIPLY(super_16, PANEL_SUPER_16)
DEFINE_MULTIPLY(super_256, PANEL_SUPER_256)
DEFINE_MULTIPLY(super_16_min, PANEL_SUPER_16_MIN)
DEFINE_MULTIPLY(super_16_int, PANEL_SUPER_16_INT)

#define PACK_WIDE(type, name, ...) [TYPE_##type] = avx512_pack_##name,

#define GEMV_PLANES(type, name) [TYPE_##type] = avx512_gemv_##name,
#define ROWS_OF_GRID(type, name, ...) [TYPE_##type] = {avx2_rows_##name, 4},

static const row_gemv rows[TYPE_COUNT] = {
    [TYPE_Q4_0] = {avx512_row_q4_0, 1},     [TYPE_Q4_K] = {avx512_row_q4_k, 1},
    [TYPE_Q5_K] = {avx512_row_q5_k, 1},     [TYPE_Q6_K] = {avx512_row_q6_k, 1},
    [TYPE_IQ4_NL] = {avx512_row_iq4_nl, 1}, EACH_GRID_TYPE(ROWS_OF_GRID)};

const quantized_gemm_table quantized_gemm_avx512 = {
    .by_row = rows,
    .gemv_n = 8,
    .max_gemv_n = 16,
    .pack = {[TYPE_Q4_0] = avx512_pack_q4_0,
             [TYPE_Q4_1] = avx512_pack_q4_1,
             [TYPE_Q5_0] = avx512_pack_q5_0,
             [TYPE_Q5_1] = avx512_pack_q5_1,
             [TYPE_Q8_0] = avx512_pack_q8_0,
             [TYPE_Q2_K] = avx512_pack_q2_k,
             [TYPE_Q3_K] = avx512_pack_q3_k,
             [TYPE_Q4_K] = avx512_pack_q4_k,
             [TYPE_Q5_K] = avx512_pack_q5_k,
             [TYPE_Q6_K] = avx512_pack_q6_k,
             [TYPE_IQ4_NL] = avx512_pack_iq4_nl,
             [TYPE_IQ4_XS] = avx512_pack_iq4_xs,
             [TYPE_MXFP4] = avx512_pack_mxfp4,
             EACH_WIDE_TYPE(PACK_WIDE) EACH_WIDE_BLOCK_TYPE(PACK_WIDE) EACH_GRID_TYPE(PACK_WIDE)},
    .gemv = {[TYPE_Q4_0] = avx512_gemv_q4_0,
             [TYPE_Q4_1] = avx512_gemv_q4_1,
             [TYPE_Q5_0] = avx512_gemv_q5_0,
             [TYPE_Q5_1] = avx512_gemv_q5_1,
             [TYPE_Q8_0] = avx512_gemv_q8_0,
             [TYPE_Q2_K] = avx512_gemv_q2_k,
             [TYPE_Q3_K] = avx512_gemv_q3_k,
             [TYPE_Q4_K] = avx512_gemv_q4_k,
             [TYPE_Q5_K] = avx512_gemv_q5_k,
             [TYPE_Q6_K] = avx512_gemv_q6_k,
             [TYPE_IQ4_NL] = avx512_gemv_iq4_nl,
             [TYPE_IQ4_XS] = avx512_gemv_iq4_xs,
             [TYPE_MXFP4] = avx512_gemv_mxfp4,
             EACH_PLANES_TYPE(GEMV_PLANES)},
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
