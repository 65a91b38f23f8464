/* Compiled with dotprod (Armv8.2): sdot by lane; both operands are signed. */
#include "neon.h"

/** The rows of X of a tile, read in place. */
typedef struct {
    const activation_block *x;
    int32_t start[TILE_N][16]; /* of the dot products of a block: neg_sums times the zero point */
} dotprod_tile_x;

#define TILE_X dotprod_tile_x
#include "neon_tile.h"

/** The zero point 1 << 7: these quants are made signed; all others are below 128. */
enum { HALF_SHIFT = 7 };

static const uint8_t *prepare_panel(const panel *w, int blocks, int zero_shift, panel_quants copy) {
    if (zero_shift != HALF_SHIFT) {
        return w->q[0][0];
    }
    for (int i = 0; i < 8 * blocks; i++) {
        for (int c = 0; c < PANEL_ROWS; c += LANES) {
            vst1q_u8(copy[i][c], veorq_u8(vld1q_u8(w->q[i][c]), vdupq_n_u8(0x80)));
        }
    }
    return copy[0][0];
}

INLINE void prepare_x(int n, const enum panel_kind kind, const activation_block *x, int zero_shift,
                      dotprod_tile_x *out) {
    const int32_t zero = zero_shift == HALF_SHIFT ? 0 : 1 << zero_shift;
    out->x = x;
    for (int r = 0; r < n; r++) {
        for (int b = 0; b < scale_count(kind, BLOCKS); b++) {
            out->start[r][b] = neg_sum(kind, x + r, (size_t)b) * zero;
        }
    }
}

/** Adds a step of 8 rows of W times a lane, a constant, of 16 activations. */
#define ADD_STEP(lane)                                               \
    {                                                                \
        const uint8_t *at = q + (step + (lane)) * PANEL_ROWS * 4;    \
        const int8x16_t w0 = vreinterpretq_s8_u8(vld1q_u8(at));      \
        const int8x16_t w1 = vreinterpretq_s8_u8(vld1q_u8(at + 16)); \
        EACH_X(r) {                                                  \
            sum[r][0] = vdotq_laneq_s32(sum[r][0], w0, v[r], lane);  \
            sum[r][1] = vdotq_laneq_s32(sum[r][1], w1, v[r], lane);  \
        }                                                            \
    }

INLINE void block_dot_products(const int n, const int steps, const int has_zero, const uint8_t *q,
                               const dotprod_tile_x *x, int b, int32x4_t sum[TILE_N][VECTORS]) {
    EACH_X(r) {
        EACH_VECTOR(c) {
            sum[r][c] = vdupq_n_s32(has_zero ? x->start[r][b] : 0);
        }
    }
    for (int step = steps * b; step < steps * (b + 1); step += 4) {
        int8x16_t v[TILE_N];
        EACH_X(r) {
            v[r] = vld1q_s8(x->x[r].q + 4 * step);
        }
        ADD_STEP(0)
        ADD_STEP(1)
        ADD_STEP(2)
        ADD_STEP(3)
    }
}

const quantized_gemm_table quantized_gemm_dotprod = {NEON_COMMON, MULTIPLY_TABLE};
