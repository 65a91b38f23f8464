/**
 * Panels by positions, for the instruction sets that differ in how integers are multiplied. Before it is
 * included: MULTIPLY_POSITIONS, a type, and
 *
 *   take_panel(w, blocks, zero_shift, copy)    q of a panel as block_sums() reads it, perhaps a copy
 *   take_positions(rows, x, zero_shift, out)   the positions of a tile
 *   block_sums(rows, steps, has_zero, q, x, b, out)
 *                                              sums of the b-th 4 * steps products, less zero
 */
#include "neon.h"

#define EACH_POSITION(r) _Pragma("GCC unroll 6") for (int r = 0; r < rows; r++)
#define EACH_VECTOR(c) _Pragma("GCC unroll 2") for (int c = 0; c < VECTORS; c++)

/** Four steps of a panel, as they lie in one or a copy. */
typedef uint8_t panel_quants[SEGMENT / 4][COLUMNS][4];

static const uint8_t *take_panel(const panel *w, int blocks, int zero_shift, panel_quants copy);
static void take_positions(int rows, const segment *x, int zero_shift, MULTIPLY_POSITIONS *out);
static inline void block_sums(const int rows, const int steps, const int has_zero, const uint8_t *q,
                              const MULTIPLY_POSITIONS *x, int b, int32x4_t out[TILE][VECTORS]);

/** A tile of rows positions and the columns of w from the first on; rows and kind are constants. */
INLINE void tile(const int rows, const enum panel_kind kind, const panel *w, const uint8_t *q, int first,
                 const segment *x, const MULTIPLY_POSITIONS *taken, int blocks, float *y) {
    const int super = is_super(kind);
    const int has_zero = kind == PANEL_32 || kind == PANEL_SUPER_16;
    const int steps = steps_of(kind);
    const int count = super ? SEGMENT / 4 / steps : blocks;
    const int mins = kind == PANEL_SUPER_32_MIN ? BLOCKS / 2 : kind == PANEL_SUPER_16_MIN ? BLOCKS : 0;
    float32x4_t f[TILE][VECTORS];
    EACH_VECTOR(c) {
        const int at = first + LANES * c;
        int16x8_t min[BLOCKS];
        for (int b = 0; b < mins; b++) {
            min[b] = vld1q_s16(w->min[b][at]);
        }
        EACH_POSITION(r) {
            f[r][c] = kind == PANEL_SUPER_32_MIN   ? neon_offset(min, vld1q_f32(w->dmin + at), x + r)
                      : kind == PANEL_SUPER_16_MIN ? neon_offset_16(min, vld1q_f32(w->dmin + at), x + r)
                      : super                      ? vdupq_n_f32(0)
                                                   : vld1q_f32(y + r * PANELS * COLUMNS + LANES * c);
        }
    }
    for (int i = 0; i < count; i++) {
        const int b = kind == PANEL_SUPER_16 ? super_16_order(i) : i;
        int32x4_t sum[TILE][VECTORS];
        block_sums(rows, steps, has_zero, q, taken, b, sum);
        EACH_VECTOR(c) {
            const float32x4_t d = vld1q_f32(w->d[b] + first + LANES * c);
            EACH_POSITION(r) {
                const float32x4_t scale = super ? d : vmulq_n_f32(d, x[r].d[b]);
                f[r][c] = vfmaq_f32(f[r][c], vcvtq_f32_s32(sum[r][c]), scale);
            }
            if (kind == PANEL_32_MIN) {
                const float32x4_t m = vld1q_f32(w->m[b] + first + LANES * c);
                EACH_POSITION(r) {
                    f[r][c] = vfmaq_n_f32(f[r][c], m, (float)-x[r].sum[b] * x[r].d[b]);
                }
            }
        }
    }
    EACH_POSITION(r) {
        EACH_VECTOR(c) {
            float *to = y + r * PANELS * COLUMNS + LANES * c;
            vst1q_f32(to, super ? vfmaq_n_f32(vld1q_f32(to), f[r][c], x[r].d[0]) : f[r][c]);
        }
    }
}

INLINE void multiply(const enum panel_kind kind, const panel *w, const segment *x, int64_t positions,
                     int blocks, int zero_shift, float *y) {
    panel_quants copies[PANELS] __attribute__((aligned(64)));
    const uint8_t *q[PANELS];
    for (int p = 0; p < PANELS; p++) {
        q[p] = take_panel(w + p, blocks, zero_shift, copies[p]);
    }
    for (int64_t left = positions, rows; left > 0; left -= rows, x += rows, y += rows * PANELS * COLUMNS) {
        /* tiles of much the same size: a small one reads the panels for little */
        rows = even_part(left, TILE);
        MULTIPLY_POSITIONS taken;
        take_positions((int)rows, x, zero_shift, &taken);
        for (int i = 0; i < PANELS * COLUMNS; i += VECTORS * LANES) {
            const panel *of = w + i / COLUMNS;
            const int first = i % COLUMNS;
            const uint8_t *from = q[i / COLUMNS] + 4 * first;
            switch (rows) {
                UP_TO_6(tile, kind, of, from, first, x, &taken, blocks, y + i)
                default:
                    __builtin_unreachable();
            }
        }
    }
}

#define DEFINE_MULTIPLY(name, kind)                                                                     \
    static void multiply_##name(const panel w[PANELS], const segment *x, int64_t positions, int blocks, \
                                int zero_shift, float *y) {                                             \
        multiply(kind, w, x, positions, blocks, zero_shift, y);                                         \
    }

DEFINE_MULTIPLY(32, PANEL_32)
DEFINE_MULTIPLY(32_min, PANEL_32_MIN)
DEFINE_MULTIPLY(super_32_min, PANEL_SUPER_32_MIN)
DEFINE_MULTIPLY(super_16, PANEL_SUPER_16)
DEFINE_MULTIPLY(super_16_min, PANEL_SUPER_16_MIN)

#define MULTIPLY_TABLE                                         \
    .multiply = {[PANEL_32] = multiply_32,                     \
                 [PANEL_32_MIN] = multiply_32_min,             \
                 [PANEL_SUPER_32_MIN] = multiply_super_32_min, \
                 [PANEL_SUPER_16] = multiply_super_16,         \
                 [PANEL_SUPER_16_MIN] = multiply_super_16_min}
