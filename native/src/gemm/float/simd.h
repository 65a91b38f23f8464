/**
 * The float GEMM in SIMD, for every instruction set. A file that includes this defines
 *
 *   LANES                   values of a vector
 *   TILE_N, TILE_VECTORS    rows of X and vectors of rows of W of a tile, whose sums fit the registers
 *   EACH_TILE_N(f)          f(1) to f(TILE_N)
 *   GEMV_N, EACH_GEMV_N(f)  rows of X of one call of gemv; f(1) to f(GEMV_N - 1)
 *   GEMV_ROWS(n)            rows of W that gemv reads at a time
 *   OFFSET_16(i), STRIDE_16 where the values 8 i to 8 i + 7 of a transposed cache line of 16-bit values
 * begin, and the stride from one value to the next vector                  floats: zero() load(p) store(p, v)
 * broadcast(p) add(a, b) multiply_add(a, b, sum) f16_to_f32(p) bf16_to_f32(p) bits registers: zip_low_16(a,
 * b) zip_high_16(a, b), elements of the lower or upper half of each 16 bytes, one of a, one of b; zip_low_32
 * zip_high_32 zip_low_64 zip_high_64
 *
 * and after it
 *
 *   transpose_16(w, stride, out)  a cache line of each of 16 rows: 32 times value i of row 0, row 1 ...; see
 *                                 OFFSET_16
 *   transpose_32(w, stride, out)  the same of 32-bit values: 16 times, one after the other
 */
#ifndef MYELIN_SRC_GEMM_FLOAT_SIMD_H
#define MYELIN_SRC_GEMM_FLOAT_SIMD_H

#include "float_gemm.h"
#include "gemm/quantized/common.h"

static inline void transpose_16(const char *w, size_t stride, uint16_t *out);
static inline void transpose_32(const char *w, size_t stride, float *out);

#define UNROLL(i, count) _Pragma("GCC unroll 16") for (int i = 0; i < (count); i++)

/** In each 16 bytes: out[j] has value j of rows 0 to 7, 16 bits each. */
INLINE void transpose_8_rows(const bits r[8], bits out[8]) {
    bits pairs[8];
    bits fours[8];
    UNROLL(i, 4) {
        pairs[2 * i] = zip_low_16(r[2 * i], r[2 * i + 1]);
        pairs[2 * i + 1] = zip_high_16(r[2 * i], r[2 * i + 1]);
    }
    UNROLL(i, 4) {
        const int from = 4 * (i / 2) + i % 2;
        fours[2 * i] = zip_low_32(pairs[from], pairs[from + 2]);
        fours[2 * i + 1] = zip_high_32(pairs[from], pairs[from + 2]);
    }
    UNROLL(i, 4) {
        out[2 * i] = zip_low_64(fours[i], fours[i + 4]);
        out[2 * i + 1] = zip_high_64(fours[i], fours[i + 4]);
    }
}

/** In each 16 bytes: out[j] has value j of rows 0 to 3, 32 bits each. */
INLINE void transpose_4_rows(const bits r[4], bits out[4]) {
    const bits low01 = zip_low_32(r[0], r[1]);
    const bits high01 = zip_high_32(r[0], r[1]);
    const bits low23 = zip_low_32(r[2], r[3]);
    const bits high23 = zip_high_32(r[2], r[3]);
    out[0] = zip_low_64(low01, low23);
    out[1] = zip_high_64(low01, low23);
    out[2] = zip_low_64(high01, high23);
    out[3] = zip_high_64(high01, high23);
}

/* ---- panels ------------------------------------------------------------------------------------------ */

enum { VALUES_AT_ONCE = 8 };

/** A cache line of each of 16 rows, transposed. */
typedef union {
    uint16_t of_16[CACHE_LINE / 2 * PANEL_ROWS];
    float of_32[CACHE_LINE / 4 * PANEL_ROWS];
} __attribute__((aligned(64))) transposed_lines;

/** LANES values at p as f32; the type is a constant. */
INLINE vector load_as_f32(const int type, const void *p) {
    return type == TYPE_F16 ? f16_to_f32(p) : type == TYPE_BF16 ? bf16_to_f32(p) : load(p);
}

/** Prefetches a cache line to the L2 cache. */
INLINE void prefetch_line(const char *p) {
    __builtin_prefetch(p, 0, 2);
}

/** Converts a cache line of 16 rows; the first value of the first row goes to out. */
INLINE void pack_lines(const int type, const int bytes, const char *w, size_t stride, const char *prefetch,
                       float *out) {
    transposed_lines lines;
    if (bytes == 2) {
        transpose_16(w, stride, lines.of_16);
    } else {
        transpose_32(w, stride, lines.of_32);
    }
    for (int i = 0; i < CACHE_LINE / bytes / VALUES_AT_ONCE; i++) {
        UNROLL(j, VALUES_AT_ONCE) {
            const int value = i * VALUES_AT_ONCE + j;
            float *to = out + value % PARTIAL_SUMS * PARTIAL_SUM_STRIDE + value / PARTIAL_SUMS * STRIP_ROWS;
            if (j < PANEL_ROWS * bytes / VALUES_AT_ONCE) {
                prefetch_line(prefetch + (i * PANEL_ROWS * bytes / VALUES_AT_ONCE + j) * CACHE_LINE);
            }
            UNROLL(v, PANEL_ROWS / LANES) {
                const int row = v * LANES;
                const void *from = bytes == 2
                                       ? (const void *)(lines.of_16 + OFFSET_16(i) + j * STRIDE_16 + row)
                                       : (const void *)(lines.of_32 + value * PANEL_ROWS + row);
                store(to + row, load_as_f32(type, from));
            }
        }
    }
}

INLINE void pack(const int type, const int bytes, const float_strip *strip, int64_t values, float *out) {
    const char *prefetch = strip->prefetch;
    for (int64_t k = 0; k < values; k += CACHE_LINE / bytes) {
        for (int half = 0; half < PANELS; half++, prefetch += PANEL_ROWS * CACHE_LINE) {
            pack_lines(type, bytes, strip->w[half] + k * bytes, strip->stride[half], prefetch,
                       out + k / PARTIAL_SUMS * STRIP_ROWS + half * PANEL_ROWS);
        }
    }
}

/** A tile of n rows of X, a constant, and TILE_VECTORS vectors of rows of W. */
INLINE void tile(const int n, const float *w, const float *x, int64_t steps, float *y) {
    for (int i = 0; i < PARTIAL_SUMS; i++, w += PARTIAL_SUM_STRIDE, x++) {
        vector sum[TILE_N][TILE_VECTORS];
        UNROLL(j, n) {
            UNROLL(v, TILE_VECTORS) {
                sum[j][v] = zero();
            }
        }
        for (int64_t step = 0; step < steps; step++) {
            vector weights[TILE_VECTORS];
            UNROLL(v, TILE_VECTORS) {
                weights[v] = load(w + step * STRIP_ROWS + v * LANES);
            }
            UNROLL(j, n) {
                const vector value = broadcast(x + j * X_STRIDE + step * PARTIAL_SUMS);
                UNROLL(v, TILE_VECTORS) {
                    sum[j][v] = multiply_add(weights[v], value, sum[j][v]);
                }
            }
        }
        UNROLL(j, n) {
            UNROLL(v, TILE_VECTORS) {
                float *to = y + j * STRIP_ROWS + v * LANES;
                store(to, add(load(to), sum[j][v]));
            }
        }
    }
}

static void multiply(const float *w, const float *x, int64_t n, int64_t steps, float *y) {
    for (int64_t left = n, count; left > 0; left -= count) {
        /* tiles of about the same size: a small one does not fill the FMA pipelines */
        count = balanced_part(left, TILE_N);
        for (int row = 0; row < STRIP_ROWS; row += TILE_VECTORS * LANES) {
#define TILE_CASE(tile_n)                         \
    case tile_n:                                  \
        tile(tile_n, w + row, x, steps, y + row); \
        break;
            switch (count) {
                EACH_TILE_N(TILE_CASE)
                default:
                    __builtin_unreachable();
            }
#undef TILE_CASE
        }
        x += count * X_STRIDE;
        y += count * STRIP_ROWS;
    }
}

/* ---- small n: along the rows of W, a lane is a partial sum -------------------------------------------- */

enum {
    SUM_VECTORS = PARTIAL_SUMS / LANES, /* vectors of the partial sums of an output */
    MAX_GEMV_ROWS = 4,
    SHORT_ROW = 4096,
    MAX_OUTPUTS = 2 * PANEL_ROWS, /* computed at a time */
    PREFETCH_DISTANCE = 1 << 16,  /* bytes from what is read to what is prefetched */
};
_Static_assert(GEMV_N *MAX_GEMV_ROWS <= MAX_OUTPUTS, "outputs");

/** Adds the partial sums of [n][rows] outputs to y, one after the other. */
INLINE void add_partial_sums(const int rows, const int n, const float *sums, float *y) {
    if (n * rows == 1) {
        for (int i = 0; i < PARTIAL_SUMS; i++) {
            *y += sums[i];
        }
        return;
    }
    for (int first = 0; first < n * rows; first += PANEL_ROWS) {
        const int last = first + PANEL_ROWS < n * rows ? first + PANEL_ROWS : n * rows;
        float transposed[PARTIAL_SUMS * PANEL_ROWS] __attribute__((aligned(64)));
        float totals[PANEL_ROWS] __attribute__((aligned(64))) = {0};
        transpose_32((const void *)(sums + first * PARTIAL_SUMS), PARTIAL_SUMS * sizeof *sums, transposed);
        for (int i = first; i < last; i++) {
            totals[i - first] = y[i / rows * STRIP_ROWS + i % rows];
        }
        UNROLL(v, PANEL_ROWS / LANES) {
            vector total = load(totals + v * LANES);
            UNROLL(i, PARTIAL_SUMS) {
                total = add(total, load(transposed + i * PANEL_ROWS + v * LANES));
            }
            store(totals + v * LANES, total);
        }
        for (int i = first; i < last; i++) {
            y[i / rows * STRIP_ROWS + i % rows] = totals[i - first];
        }
    }
}

/** Vector v of the partial sums of each output over values [from, to): sums [n][rows][PARTIAL_SUMS]. */
INLINE void accumulate(const int rows, const int n, const int type, const int bytes, const char *w,
                       size_t stride, int64_t from, int64_t to, const float *const *x, const char *prefetch,
                       const int v, float *sums) {
    vector sum[GEMV_N][MAX_GEMV_ROWS];
    UNROLL(j, n) {
        UNROLL(r, rows) {
            sum[j][r] = zero();
        }
    }
    for (int64_t k = from; k < to; k += PARTIAL_SUMS) {
        vector weights[MAX_GEMV_ROWS];
        UNROLL(i, rows * PARTIAL_SUMS * bytes / CACHE_LINE) {
            if (i % SUM_VECTORS == v) {
                prefetch_line(prefetch + ((k - from) * rows * bytes + i * CACHE_LINE));
            }
        }
        UNROLL(r, rows) {
            weights[r] = load_as_f32(type, w + (size_t)r * stride + (k + v * LANES) * bytes);
        }
        UNROLL(j, n) {
            const vector values = load(x[j] + k + v * LANES);
            UNROLL(r, rows) {
                sum[j][r] = multiply_add(weights[r], values, sum[j][r]);
            }
        }
    }
    UNROLL(j, n) {
        UNROLL(r, rows) {
            store(sums + (j * rows + r) * PARTIAL_SUMS + v * LANES, sum[j][r]);
        }
    }
}

/** Multiplies some rows of W by n rows of X, whole steps; rows and n are constants. */
INLINE void gemv_rows(const int rows, const int n, const int type, const int bytes, const char *w,
                      size_t stride, int64_t values, const float *const *x, float *y) {
    /* the next rows are contiguous and prefetched in the order of memory */
    const char *prefetch = w + PREFETCH_DISTANCE;
    float sums[MAX_OUTPUTS * PARTIAL_SUMS] __attribute__((aligned(64))) = {0};
    for (int64_t from = 0, to; from < values; from = to) {
        to = values - from < FLOAT_K_BLOCK ? values : from + FLOAT_K_BLOCK;
        /* a K-block is read from memory once, then from the L1 cache for the other vectors */
        UNROLL(v, SUM_VECTORS) {
            accumulate(rows, n, type, bytes, w, stride, from, to, x, prefetch, v, sums);
        }
        prefetch += (to - from) * rows * bytes;
        add_partial_sums(rows, n, sums, y);
    }
}

INLINE void gemv(const int n, const int type, const int bytes, const char *w, size_t stride, int64_t rows,
                 int64_t values, const float *const *x, float *y) {
    const int at_once = GEMV_ROWS(n);
    int64_t row = 0;
    /* for n = 1 and short rows one row at a time: reading in the order of memory is fastest */
    const int in_order = n == 1 && values <= SHORT_ROW;
    for (; !in_order && row + at_once <= rows; row += at_once, w += (size_t)at_once * stride, y += at_once) {
        gemv_rows(at_once, n, type, bytes, w, stride, values, x, y);
    }
    for (; row < rows; row++, w += stride, y++) {
        gemv_rows(1, n, type, bytes, w, stride, values, x, y);
    }
}

#define GEMV_CASE(gemv_n)                                           \
    case gemv_n:                                                    \
        gemv(gemv_n, type, bytes, w, w_stride, rows, values, x, y); \
        break;

/** Defines both functions of a type. */
#define DEFINE_TYPE(name, of_type, of_bytes)                                              \
    static void pack_##name(const float_strip *strip, int64_t values, float *out) {       \
        pack(of_type, of_bytes, strip, values, out);                                      \
    }                                                                                     \
    static void gemv_##name(const char *w, size_t w_stride, int64_t rows, int64_t values, \
                            const float *const *x, int64_t n, float *y) {                 \
        enum { type = of_type, bytes = of_bytes };                                        \
        switch (n) {                                                                      \
            EACH_GEMV_N(GEMV_CASE)                                                        \
            default:                                                                      \
                gemv(GEMV_N, type, bytes, w, w_stride, rows, values, x, y);               \
                break;                                                                    \
        }                                                                                 \
    }

DEFINE_TYPE(f16, TYPE_F16, 2)
DEFINE_TYPE(bf16, TYPE_BF16, 2)
DEFINE_TYPE(f32, TYPE_F32, 4)

/** The table of an instruction set. */
#define FLOAT_GEMM_TABLE                                                                                   \
    {                                                                                                      \
        .gemv_n = GEMV_N, .pack = {[TYPE_F16] = pack_f16, [TYPE_BF16] = pack_bf16, [TYPE_F32] = pack_f32}, \
        .gemv = {[TYPE_F16] = gemv_f16, [TYPE_BF16] = gemv_bf16, [TYPE_F32] = gemv_f32},                   \
        .multiply = multiply,                                                                              \
    }

#endif
