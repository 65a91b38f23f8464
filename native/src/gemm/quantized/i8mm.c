/* Compiled with i8mm (Armv8.6): usmmla multiplies 2 x 8 unsigned weights by 8 x 2 activations. */
#include "neon.h"

enum { MAX_PAIRS = TILE_N / 2 };

/** Two rows of X: eight values of one, then the same eight of the other. */
typedef struct {
    int8_t q[K_BLOCK / 8][16];
    int32_t start[16][4]; /* of the dot products of a block: neg_sums times the zero point, in the order of
                             usmmla */
} row_pair;

typedef struct {
    row_pair pairs[MAX_PAIRS];
} i8mm_tile_x;

#define TILE_X i8mm_tile_x
#include "neon_tile.h"

/** Zips two steps: eight weights of a row of W, then eight of the next row. */
static const uint8_t *prepare_panel(const panel *w, int blocks, int zero_shift, panel_quants copy) {
    (void)zero_shift;
    for (int i = 0; i < 8 * blocks; i += 2) {
        for (int c = 0; c < PANEL_ROWS; c += LANES) {
            const uint32x4_t first = vreinterpretq_u32_u8(vld1q_u8(w->q[i][c]));
            const uint32x4_t second = vreinterpretq_u32_u8(vld1q_u8(w->q[i + 1][c]));
            vst1q_u8(copy[i][c], vreinterpretq_u8_u32(vzip1q_u32(first, second)));
            vst1q_u8(copy[i + 1][c], vreinterpretq_u8_u32(vzip2q_u32(first, second)));
        }
    }
    return copy[0][0];
}

INLINE void prepare_x(int n, const enum panel_kind kind, const activation_block *x, int zero_shift,
                      i8mm_tile_x *out) {
    for (int r = 0; r < n; r += 2) {
        const activation_block *a = x + r;
        const activation_block *b = r + 1 < n ? a + 1 : a; /* a single last row is used twice */
        row_pair *pair = out->pairs + r / 2;
        for (int i = 0; i < K_BLOCK / 8; i += 2) {
            const int64x2_t first = vreinterpretq_s64_s8(vld1q_s8(a->q + 8 * i));
            const int64x2_t second = vreinterpretq_s64_s8(vld1q_s8(b->q + 8 * i));
            vst1q_s8(pair->q[i], vreinterpretq_s8_s64(vzip1q_s64(first, second)));
            vst1q_s8(pair->q[i + 1], vreinterpretq_s8_s64(vzip2q_s64(first, second)));
        }
        for (int i = 0; i < scale_count(kind, BLOCKS); i++) {
            const int32x2_t both = {neg_sum(kind, a, (size_t)i), neg_sum(kind, b, (size_t)i)};
            vst1q_s32(pair->start[i], vmulq_n_s32(vcombine_s32(both, both), 1 << zero_shift));
        }
    }
}

/**
 * Of two rows of X and four rows of W: [0] has the sums of the first two rows of W, [1] those of the others.
 */
INLINE void block_dot_products(const int n, const int steps, const int has_zero, const uint8_t *q,
                               const i8mm_tile_x *x, int b, int32x4_t out[TILE_N][VECTORS]) {
    const int pairs = (n + 1) / 2;
    int32x4_t sum[MAX_PAIRS][VECTORS][2];
#pragma GCC unroll 3
    for (int p = 0; p < pairs; p++) {
        const int32x4_t start = has_zero ? vld1q_s32(x->pairs[p].start[b]) : vdupq_n_s32(0);
        EACH_VECTOR(c) {
            sum[p][c][0] = start;
            sum[p][c][1] = start;
        }
    }
#pragma GCC unroll 4
    for (int i = 0; i < steps / 2; i++) {
        const uint8_t *at = q + (steps * b + 2 * i) * PANEL_ROWS * 4;
        uint8x16_t w[VECTORS][2];
        EACH_VECTOR(c) {
            w[c][0] = vld1q_u8(at + 16 * c);
            w[c][1] = vld1q_u8(at + 16 * c + PANEL_ROWS * 4);
        }
#pragma GCC unroll 3
        for (int p = 0; p < pairs; p++) {
            const int8x16_t v = vld1q_s8(x->pairs[p].q[steps / 2 * b + i]);
            EACH_VECTOR(c) {
                sum[p][c][0] = vusmmlaq_s32(sum[p][c][0], w[c][0], v);
                sum[p][c][1] = vusmmlaq_s32(sum[p][c][1], w[c][1], v);
            }
        }
    }
    EACH_X(r) {
        EACH_VECTOR(c) {
            const int32x4_t *s = sum[r / 2][c];
            out[r][c] = r % 2 == 0 ? vuzp1q_s32(s[0], s[1]) : vuzp2q_s32(s[0], s[1]);
        }
    }
}

const quantized_gemm_table quantized_gemm_i8mm = {NEON_COMMON, MULTIPLY_TABLE};
