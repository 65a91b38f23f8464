/* Packing in vectors of four floats, which every supported CPU has. */
#include <string.h>

#include "sgemm.h"

typedef float quad __attribute__((vector_size(16)));
typedef int32_t lanes __attribute__((vector_size(16)));

#if defined(__clang__)
#define SHUFFLE(a, b, i, j, k, l) __builtin_shufflevector(a, b, i, j, k, l)
#else
#define SHUFFLE(a, b, i, j, k, l) __builtin_shuffle(a, b, (lanes){i, j, k, l})
#endif

/** Values of a row that are packed before the next rows, so that the output stays in the L1 cache. */
static const int64_t STRETCH = 64;

static inline float value(const char *from, sgemm_strides s, int64_t i, int64_t k) {
    float x;
    memcpy(&x, from + (size_t)i * s.outer + (size_t)k * s.inner, sizeof x);
    return x;
}

static void transpose(quad r[4]) {
    const quad low01 = SHUFFLE(r[0], r[1], 0, 4, 1, 5);
    const quad low23 = SHUFFLE(r[2], r[3], 0, 4, 1, 5);
    const quad high01 = SHUFFLE(r[0], r[1], 2, 6, 3, 7);
    const quad high23 = SHUFFLE(r[2], r[3], 2, 6, 3, 7);
    r[0] = SHUFFLE(low01, low23, 0, 1, 4, 5);
    r[1] = SHUFFLE(low01, low23, 2, 3, 6, 7);
    r[2] = SHUFFLE(high01, high23, 0, 1, 4, 5);
    r[3] = SHUFFLE(high01, high23, 2, 3, 6, 7);
}

/** Packs up to four rows with consecutive k, missing ones as zeros; writes room values, 2 or 4, a step. */
static inline void pack_four(float *to, const char *from, size_t outer, int64_t rows, int64_t k, int width,
                             int room) {
    const int64_t whole = k & ~INT64_C(3);
    for (int64_t l = 0; l < whole; l += 4) {
        quad r[4] = {{0}, {0}, {0}, {0}};
        for (int64_t i = 0; i < 4; i++) {
            if (i < rows) {
                memcpy(&r[i], from + (size_t)i * outer + (size_t)l * sizeof(float), sizeof r[i]);
            }
        }
        transpose(r);
        for (int64_t j = 0; j < 4; j++) {
            memcpy(to + (l + j) * width, &r[j], (size_t)room * sizeof(float));
        }
    }
    for (int64_t l = whole; l < k; l++) {
        for (int64_t i = 0; i < room; i++) {
            const sgemm_strides s = {outer, sizeof(float)};
            to[l * width + i] = i < rows ? value(from, s, i, l) : 0;
        }
    }
}

/** Packs rows with consecutive k, transposed four by four. */
static void pack_rows(float *to, const char *from, size_t outer, int64_t count, int64_t k, int width) {
    for (int64_t k0 = 0; k0 < k; k0 += STRETCH) {
        const int64_t depth = k - k0 < STRETCH ? k - k0 : STRETCH;
        float *at = to + k0 * width;
        for (int i = 0; i < width; i += 4) {
            const char *row = from + (size_t)i * outer + (size_t)k0 * sizeof(float);
            if (width - i >= 4 && count - i >= 4) {
                pack_four(at + i, row, outer, 4, depth, width, 4);
            } else if (width - i >= 4) {
                pack_four(at + i, row, outer, count - i, depth, width, 4);
            } else {
                pack_four(at + i, row, outer, count - i, depth, width, 2);
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
    int64_t done = 0;
    if (strides.outer == sizeof(float)) {
        const int64_t panels = count / width;
        pack_runs(to, from, strides.inner, panels, k, width);
        done = panels * width;
    }
    for (; done < count; done += width) {
        const char *rows = from + (size_t)done * strides.outer;
        if (strides.inner == sizeof(float)) {
            pack_rows(to + done * k, rows, strides.outer, count - done, k, width);
        } else {
            pack_any(to + done * k, rows, strides, count - done, k, width);
        }
    }
}
