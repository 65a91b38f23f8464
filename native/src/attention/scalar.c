/* The reference: plain C for any machine. */
#define NAME attend_scalar

#include "simd/scalar.h"

#include "attention.h"

#define TILE_COLUMNS PANEL_WIDTH
#define EACH_TILE(f) f(1)

INLINE void tile(int rows, const int16_t *a, int64_t stride, int steps, const int16_t *packed, int32_t *out) {
    for (int r = 0; r < rows; r++) {
        const int16_t *row = a + r * stride;
        uint32_t sum[PANEL_WIDTH] = {0};
        for (int k = 0; k < steps; k++) {
            for (int c = 0; c < PANEL_WIDTH; c++) {
                const int16_t *w = packed + (k * PANEL_WIDTH + c) * 2;
                /* unsigned, because rows that are not finite may have any integers and overflow */
                sum[c] += (uint32_t)(row[2 * k] * w[0]) + (uint32_t)(row[2 * k + 1] * w[1]);
            }
        }
        memcpy(out + r * PANEL_WIDTH, sum, sizeof sum);
    }
}

#include "pack_scalar.h"

#include "flash_attention.h"
