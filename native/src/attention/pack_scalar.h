/** Packing column by column. */
#include <string.h>

#include "attention.h"

/** See flash_attention.h. */
INLINE void pack_panel(const int16_t *rows, int64_t stride, int steps, int16_t *out) {
    for (int k = 0; k < steps; k++) {
        for (int c = 0; c < PANEL_WIDTH; c++) {
            memcpy(out + (k * PANEL_WIDTH + c) * 2, rows + c * stride + 2 * k, 2 * sizeof *out);
        }
    }
}
