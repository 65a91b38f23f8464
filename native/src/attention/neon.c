/* Compiled with NEON, which every Armv8 CPU has. */
#define NAME attend_neon

#include "simd/neon.h"

#include "attention.h"

enum { TILE = 6 }; /* rows, by 8 columns: 12 registers of sums */

#define TILE_COLUMNS 8
#define EACH_TILE(f) f(6) f(4) f(2) f(1)
#define EACH_ROW(r) _Pragma("GCC unroll 6") for (int r = 0; r < rows; r++)

INLINE void tile(const int rows, const int16_t *a, int64_t stride, int steps, const int16_t *packed,
                 int32_t *out) {
    int32x4_t sum[TILE][2];
    EACH_ROW(r) {
        sum[r][0] = vdupq_n_s32(0);
        sum[r][1] = vdupq_n_s32(0);
    }
    for (int k = 0; k < steps; k++, packed += 2 * PANEL_WIDTH) {
        const int16x8x2_t w = vld2q_s16(packed);
        EACH_ROW(r) {
            const int16_t *x = a + r * stride + 2 * k;
            sum[r][0] = vmlal_n_s16(sum[r][0], vget_low_s16(w.val[0]), x[0]);
            sum[r][1] = vmlal_high_n_s16(sum[r][1], w.val[0], x[0]);
            sum[r][0] = vmlal_n_s16(sum[r][0], vget_low_s16(w.val[1]), x[1]);
            sum[r][1] = vmlal_high_n_s16(sum[r][1], w.val[1], x[1]);
        }
    }
    EACH_ROW(r) {
        vst1q_s32(out + r * PANEL_WIDTH, sum[r][0]);
        vst1q_s32(out + r * PANEL_WIDTH + 4, sum[r][1]);
    }
}

#include "pack_scalar.h"

#include "flash_attention.h"
