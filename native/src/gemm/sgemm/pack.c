/* Packing in vectors of four floats, which every supported CPU has. */
#include <string.h>

#include "sgemm.h"

typedef float f32x4 __attribute__((vector_size(16)));
typedef int32_t i32x4 __attribute__((vector_size(16)));

#if defined(__clang__)
#define SHUFFLE(a, b, i, j, k, l) __builtin_shufflevector(a, b, i, j, k, l)
#else
#define SHUFFLE(a, b, i, j, k, l) __builtin_shuffle(a, b, (i32x4){i, j, k, l})
#endif

/** Values of a row that are packed before the next rows, so that the output stays in the L1 cache. */
static const int64_t K_AT_A_TIME = 64;

static inline float value(const char *from, sgemm_strides s, int64_t i, int64_t k) {
    float x;
    memcpy(&x, from + (size_t)i * s.outer + (size_t)k * s.inner, sizeof x);
    return x;
}

static void transpose(f32x4 r[4]) {
    const f32x4 low01 = SHUFFLE(r[0], r[1], 0, 4, 1, 5);
    const f32x4 low23 = SHUFFLE(r[2], r[3], 0, 4, 1, 5);
    const f32x4 high01 = SHUFFLE(r[0], r[1], 2, 6, 3, 7);
    const f32x4 high23 = SHUFFLE(r[2], r[3], 2, 6, 3, 7);
    r[0] = SHUFFLE(low01, low23, 0, 1, 4, 5);
    r[1] = SHUFFLE(low01, low23, 2, 3, 6, 7);
    r[2] = SHUFFLE(high01, high23, 0, 1, 4, 5);
    r[3] = SHUFFLE(high01, high23, 2, 3, 6, 7);
}

/** Packs up to four rows with consecutive k, missing ones as zeros; stores `stored` values, 2 or 4, a step.
 */
static inline void pack_four(float *to, const char *from, size_t outer, int64_t rows, int64_t k, int width,
                             int stored) {
    const int64_t whole = k & ~INT64_C(3);
    for (int64_t l = 0; l < whole; l += 4) {
        f32x4 r[4] = {{0}, {0}, {0}, {0}};
        for (int64_t i = 0; i < 4; i++) {
            if (i < rows) {
                memcpy(&r[i], from + (size_t)i * outer + (size_t)l * sizeof(float), sizeof r[i]);
            }
        }
        transpose(r);
        for (int64_t j = 0; j < 4; j++) {
            memcpy(to + (l + j) * width, &r[j], (size_t)stored * sizeof(float));
        }
    }
    for (int64_t l = whole; l < k; l++) {
        for (int64_t i = 0; i < stored; i++) {
            const sgemm_strides s = {outer, sizeof(float)};
            to[l * width + i] = i < rows ? value(from, s, i, l) : 0;
        }
    }
}

/** Packs rows with consecutive k, transposed four by four. */
static void pack_rows(float *to, const char *from, size_t outer, int64_t count, int64_t k, int width) {
    for (int64_t k0 = 0; k0 < k; k0 += K_AT_A_TIME) {
        const int64_t k_count = k - k0 < K_AT_A_TIME ? k - k0 : K_AT_A_TIME;
        float *at = to + k0 * width;
        for (int i = 0; i < width; i += 4) {
            const char *row = from + (size_t)i * outer + (size_t)k0 * sizeof(float);
            if (width - i >= 4 && count - i >= 4) {
                pack_four(at + i, row, outer, 4, k_count, width, 4);
            } else if (width - i >= 4) {
                pack_four(at + i, row, outer, count - i, k_count, width, 4);
            } else {
                pack_four(at + i, row, outer, count - i, k_count, width, 2);
            }
        }
    }
}

/** Packs rows with consecutive i: copies runs, one k after the other. */
static inline __attribute__((always_inline)) void copy_runs(float *to, const char *from, size_t inner,
                                                            int64_t panels, int64_t k, int width) {
    for (int64_t l = 0; l < k; l++) {
        const char *run = from + (size_t)l * inner;
        float *at = to + l * width;
        for (int64_t p = 0; p < panels; p++) {
            memcpy(at + p * k * width, run + (size_t)(p * width) * sizeof(float),
                   (size_t)width * sizeof(float));
        }
    }
}

static void pack_runs(float *to, const char *from, size_t inner, int64_t panels, int64_t k, int width) {
    switch (width) { /* constants, so that memcpy() is inlined */
        case 6:
            copy_runs(to, from, inner, panels, k, 6);
            break;
        case 12:
            copy_runs(to, from, inner, panels, k, 12);
            break;
        case 16:
            copy_runs(to, from, inner, panels, k, 16);
            break;
        case 32:
            copy_runs(to, from, inner, panels, k, 32);
            break;
        default:
            copy_runs(to, from, inner, panels, k, width);
            break;
    }
}

static void pack_any(float *to, const char *from, sgemm_strides s, int64_t count, int64_t k, int width) {
    for (int64_t l = 0; l < k; l++) {
        for (int64_t i = 0; i < width; i++) {
            to[l * width + i] = i < count ? value(from, s, i, l) : 0;
        }
    }
}

void sgemm_pack(float *to, const char *from, sgemm_strides strides, int64_t count, int64_t k, int width) {
    int64_t packed = 0;
    if (strides.outer == sizeof(float)) {
        const int64_t panels = count / width;
        pack_runs(to, from, strides.inner, panels, k, width);
        packed = panels * width;
    }
    for (; packed < count; packed += width) {
        const char *rows = from + (size_t)packed * strides.outer;
        if (strides.inner == sizeof(float)) {
            pack_rows(to + packed * k, rows, strides.outer, count - packed, k, width);
        } else {
            pack_any(to + packed * k, rows, strides, count - packed, k, width);
        }
    }
}
