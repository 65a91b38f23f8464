/**
 * Multiplies panels in NEON. A file that includes this defines what differs between dotprod and i8mm: TILE_X,
 * a type, and
 *
 *   prepare_panel(w, blocks, zero_shift, copy)   the quants of a panel as block_dot_products() reads them, in
 *                                                place or copied
 *   prepare_x(n, kind, x, zero_shift, out)       the rows of X of a tile
 *   block_dot_products(n, steps, has_zero, q, x, b, out)
 *                                                the dot products of block b, minus the zero point
 *
 * r is a row of X, c a vector of rows of W.
 */
#include "neon.h"

#define EACH_X(r) _Pragma("GCC unroll 6") for (int r = 0; r < n; r++)
#define EACH_VECTOR(c) _Pragma("GCC unroll 2") for (int c = 0; c < VECTORS; c++)

/** The quants of a panel: [step][row][4]. */
typedef uint8_t panel_quants[K_BLOCK / 4][PANEL_ROWS][4];

static const uint8_t *prepare_panel(const panel *w, int blocks, int zero_shift, panel_quants copy);
static inline void prepare_x(int n, const enum panel_kind kind, const activation_block *x, int zero_shift,
                             TILE_X *out);
static inline void block_dot_products(const int n, const int steps, const int has_zero, const uint8_t *q,
                                      const TILE_X *x, int b, int32x4_t out[TILE_N][VECTORS]);

/** A tile of n rows of X and the rows of a panel from `first` on; n and kind are constants in the caller. */
INLINE void tile(const int n, const enum panel_kind kind, const panel *w, const uint8_t *q, int first,
                 const activation_block *x, const TILE_X *tile_x, int blocks, float *y) {
    const int superblock = is_superblock(kind);
    const int has_zero = has_zero_point(kind);
    const int steps = steps_per_scale(kind);
    const int count = scale_count(kind, blocks);
    const int mins = kind == PANEL_SUPER_32_MIN ? BLOCKS / 2 : kind == PANEL_SUPER_16_MIN ? BLOCKS : 0;
    float32x4_t f[TILE_N][VECTORS];
    int32x4_t total[TILE_N][VECTORS]; /* of a superblock, with integer scales */
    EACH_VECTOR(c) {
        const int at = first + LANES * c;
        int16x8_t min[BLOCKS];
        for (int b = 0; b < mins; b++) {
            min[b] = vld1q_s16(w->mins[b][at]);
        }
        EACH_X(r) {
            total[r][c] = vdupq_n_s32(0);
            f[r][c] = kind == PANEL_SUPER_32_MIN   ? neon_min_offset_32(min, vld1q_f32(w->dmin + at), x + r)
                      : kind == PANEL_SUPER_16_MIN ? neon_min_offset_16(min, vld1q_f32(w->dmin + at), x + r)
                      : superblock                 ? vdupq_n_f32(0)
                                                   : vld1q_f32(y + r * STRIP_ROWS + LANES * c);
        }
    }
    for (int i = 0; i < count; i++) {
        const int b = kind == PANEL_SUPER_16 ? superblock_16_order(i) : i;
        int32x4_t sum[TILE_N][VECTORS];
        block_dot_products(n, steps, has_zero, q, tile_x, b, sum);
        EACH_VECTOR(c) {
            if (kind == PANEL_SUPER_16_INT) {
                const int32x4_t pair = vreinterpretq_s32_s16(vld1q_s16(w->scales[b / 2][first + LANES * c]));
                const int32x4_t scale = vshrq_n_s32(vshlq_s32(pair, vdupq_n_s32(b % 2 ? 0 : 16)), 16);
                EACH_X(r) {
                    total[r][c] = vmlaq_s32(total[r][c], sum[r][c], scale);
                }
                continue;
            }
            const float32x4_t d = vld1q_f32(w->d[b] + first + LANES * c);
            EACH_X(r) {
                const float32x4_t scale = superblock ? d : vmulq_n_f32(d, scale_of_x(kind, x + r, (size_t)b));
                f[r][c] = vfmaq_f32(f[r][c], vcvtq_f32_s32(sum[r][c]), scale);
            }
            if (kind == PANEL_32_MIN) {
                const float32x4_t m = vld1q_f32(w->m[b] + first + LANES * c);
                EACH_X(r) {
                    f[r][c] = vfmaq_n_f32(f[r][c], m, (float)-x[r].neg_sums[b] * x[r].d[b]);
                }
            }
        }
    }
    EACH_X(r) {
        EACH_VECTOR(c) {
            if (kind == PANEL_SUPER_16_INT) {
                f[r][c] = vmulq_f32(vcvtq_f32_s32(total[r][c]), vld1q_f32(w->d[0] + first + LANES * c));
            }
            float *to = y + r * STRIP_ROWS + LANES * c;
            vst1q_f32(to, superblock ? vfmaq_n_f32(vld1q_f32(to), f[r][c], x[r].d[0]) : f[r][c]);
        }
    }
}

INLINE void multiply(const enum panel_kind kind, const panel *w, const activation_block *x, int64_t n,
                     int blocks, int zero_shift, prefetch_range next, float *y) {
    const size_t prefetch_bytes = prefetch_step(&next, (n + TILE_N - 1) / TILE_N);
    panel_quants copies[PANELS] __attribute__((aligned(64)));
    const uint8_t *q[PANELS];
    for (int p = 0; p < PANELS; p++) {
        q[p] = prepare_panel(w + p, blocks, zero_shift, copies[p]);
    }
    for (int64_t left = n, count; left > 0; left -= count, x += count, y += count * STRIP_ROWS) {
        /* tiles of about the same size: a small one reads the panels for few rows of X */
        count = balanced_part(left, TILE_N);
        prefetch_next(&next, prefetch_bytes);
        TILE_X tile_x;
        prepare_x((int)count, kind, x, zero_shift, &tile_x);
        for (int i = 0; i < STRIP_ROWS; i += VECTORS * LANES) {
            const panel *of = w + i / PANEL_ROWS;
            const int first = i % PANEL_ROWS;
            const uint8_t *from = q[i / PANEL_ROWS] + 4 * first;
            switch (count) {
                CASES_TO_6(tile, kind, of, from, first, x, &tile_x, blocks, y + i)
                default:
                    __builtin_unreachable();
            }
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

#define MULTIPLY_TABLE                                         \
    .multiply = {[PANEL_32] = multiply_32,                     \
                 [PANEL_16] = multiply_16,                     \
                 [PANEL_32_MIN] = multiply_32_min,             \
                 [PANEL_SUPER_32_MIN] = multiply_super_32_min, \
                 [PANEL_SUPER_16] = multiply_super_16,         \
                 [PANEL_SUPER_256] = multiply_super_256,       \
                 [PANEL_SUPER_16_MIN] = multiply_super_16_min, \
                 [PANEL_SUPER_16_INT] = multiply_super_16_int}
