/* Compiled with NEON, which every Armv8 has. */
#define NAME attend_neon

#include "lanes/neon.h"

#include "attention.h"

enum { TILE = 6 }; /* rows by 8 columns: 12 registers of sums */

#define EACH_ROW(r) _Pragma("GCC unroll 6") for (int r = 0; r < rows; r++)

INLINE void tile(const int rows, const int16_t *a, int64_t stride, int steps, const int16_t *columns,
                 int32_t *out) {
    int32x4_t sum[TILE][2];
    EACH_ROW(r) {
        sum[r][0] = vdupq_n_s32(0);
        sum[r][1] = vdupq_n_s32(0);
    }
    for (int k = 0; k < steps; k++, columns += 2 * PANEL_WIDTH) {
        const int16x8x2_t w = vld2q_s16(columns);
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

static void multiply(int rows, const int16_t *a, int64_t stride, int steps, const int16_t *columns,
                     int32_t *out) {
    for (int left = rows, n; left > 0; left -= n, a += n * stride, out += n * PANEL_WIDTH) {
        n = left >= TILE ? TILE : left >= 4 ? 4 : left >= 2 ? 2 : 1;
        for (int c = 0; c < PANEL_WIDTH; c += 8) {
            switch (n) {
                case TILE:
                    tile(TILE, a, stride, steps, columns + 2 * c, out + c);
                    break;
                case 4:
                    tile(4, a, stride, steps, columns + 2 * c, out + c);
                    break;
                case 2:
                    tile(2, a, stride, steps, columns + 2 * c, out + c);
                    break;
                default:
                    tile(1, a, stride, steps, columns + 2 * c, out + c);
                    break;
            }
        }
    }
}

#include "plain_columns.h"

#include "attend.h"
