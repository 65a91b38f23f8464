/* Compiled with AVX-512 F, BW, DQ, VL, VBMI and VNNI; called only if the CPU has them all. */
#define NAME attend_avx512

#include "simd/avx512.h"

#include "attention.h"
#include "gemm/quantized/avx512_rows.h"

#define TILE_COLUMNS PANEL_WIDTH
#define EACH_TILE(f) f(12) f(8) f(4) f(2) f(1)
#define EACH_ROW(r) _Pragma("GCC unroll 12") for (int r = 0; r < rows; r++)

INLINE void tile(const int rows, const int16_t *a, int64_t stride, int steps, const int16_t *packed,
                 int32_t *out) {
    __m512i sum[TILE_QUERIES][2];
    EACH_ROW(r) {
        sum[r][0] = _mm512_setzero_si512();
        sum[r][1] = _mm512_setzero_si512();
    }
    for (int k = 0; k < steps; k++, packed += 2 * PANEL_WIDTH) {
        const __m512i w0 = _mm512_load_si512(packed);
        const __m512i w1 = _mm512_load_si512(packed + PANEL_WIDTH);
        EACH_ROW(r) {
            int32_t pair;
            memcpy(&pair, a + r * stride + 2 * k, sizeof pair);
            __m512i all = _mm512_set1_epi32(pair);
            /* to a register, which two instructions share: as a memory operand it would be read twice */
            __asm__("" : "+v"(all));
            sum[r][0] = _mm512_dpwssd_epi32(sum[r][0], w0, all);
            sum[r][1] = _mm512_dpwssd_epi32(sum[r][1], w1, all);
        }
    }
    EACH_ROW(r) {
        _mm512_store_si512(out + r * PANEL_WIDTH, sum[r][0]);
        _mm512_store_si512(out + r * PANEL_WIDTH + 16, sum[r][1]);
    }
}

INLINE void pack_panel(const int16_t *rows, int64_t stride, int steps, int16_t *out) {
    for (int c = 0; c < PANEL_WIDTH; c += 16) {
        for (int k = 0; k < steps; k += 4) {
            __m512i q[4];
            transpose((const char *)(rows + c * stride + 2 * k), (size_t)stride * sizeof *rows, q);
            for (int j = 0; j < 4 && k + j < steps; j++) {
                _mm512_store_si512(out + (k + j) * 2 * PANEL_WIDTH + 2 * c, q[j]);
            }
        }
    }
}

#include "flash_attention.h"
