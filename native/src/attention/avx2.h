/**
 * Attention in 256-bit vectors. A file that includes this defines NAME, and ADD_PAIRS(sum, w, x), which adds
 * the products of both int16 of each 32-bit lane to sum.
 */
#include <string.h>

#include "simd/avx2.h"

#include "attention.h"

enum { TILE = 6 }; /* rows, by 16 columns: 12 registers of sums */

#define TILE_COLUMNS 16
#define EACH_TILE(f) f(6) f(4) f(2) f(1)
#define EACH_ROW(r) _Pragma("GCC unroll 6") for (int r = 0; r < rows; r++)

INLINE void tile(const int rows, const int16_t *a, int64_t stride, int steps, const int16_t *packed,
                 int32_t *out) {
    __m256i sum[TILE][2];
    EACH_ROW(r) {
        sum[r][0] = _mm256_setzero_si256();
        sum[r][1] = _mm256_setzero_si256();
    }
    for (int k = 0; k < steps; k++, packed += 2 * PANEL_WIDTH) {
        const __m256i w0 = _mm256_load_si256((const void *)packed);
        const __m256i w1 = _mm256_load_si256((const void *)(packed + PANEL_WIDTH / 2));
        EACH_ROW(r) {
            int32_t pair;
            memcpy(&pair, a + r * stride + 2 * k, sizeof pair);
            const __m256i all = _mm256_set1_epi32(pair);
            sum[r][0] = ADD_PAIRS(sum[r][0], w0, all);
            sum[r][1] = ADD_PAIRS(sum[r][1], w1, all);
        }
    }
    EACH_ROW(r) {
        _mm256_store_si256((void *)(out + r * PANEL_WIDTH), sum[r][0]);
        _mm256_store_si256((void *)(out + r * PANEL_WIDTH + 8), sum[r][1]);
    }
}

/** Four steps of rows i and i + 4. */
INLINE __m256i two_rows(const int16_t *rows, int64_t stride, int i) {
    return _mm256_setr_m128i(load_16_bytes(rows + i * stride), load_16_bytes(rows + (i + 4) * stride));
}

INLINE void pack_panel(const int16_t *rows, int64_t stride, int steps, int16_t *out) {
    for (int c = 0; c < PANEL_WIDTH; c += 8, rows += 8 * stride) {
        for (int k = 0; k < steps; k += 4) {
            const __m256i r0 = two_rows(rows + 2 * k, stride, 0);
            const __m256i r1 = two_rows(rows + 2 * k, stride, 1);
            const __m256i r2 = two_rows(rows + 2 * k, stride, 2);
            const __m256i r3 = two_rows(rows + 2 * k, stride, 3);
            const __m256i low01 = _mm256_unpacklo_epi32(r0, r1);
            const __m256i high01 = _mm256_unpackhi_epi32(r0, r1);
            const __m256i low23 = _mm256_unpacklo_epi32(r2, r3);
            const __m256i high23 = _mm256_unpackhi_epi32(r2, r3);
            const __m256i q[4] = {
                _mm256_unpacklo_epi64(low01, low23),
                _mm256_unpackhi_epi64(low01, low23),
                _mm256_unpacklo_epi64(high01, high23),
                _mm256_unpackhi_epi64(high01, high23),
            };
            for (int j = 0; j < 4 && k + j < steps; j++) {
                _mm256_store_si256((void *)(out + ((k + j) * PANEL_WIDTH + c) * 2), q[j]);
            }
        }
    }
}

#include "flash_attention.h"
