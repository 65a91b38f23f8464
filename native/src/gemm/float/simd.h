/**
 * Products of floats in vectors, for all instruction sets alike. Before it is included: LANES, values of a
 * vector; TILE and WIDTH, positions and vectors of columns whose sums fit the registers; EACH_TILE, the
 * numbers up to TILE; STREAMED, positions multiplied without a panel, EACH_STREAMED up to that but one, and
 * ROWS_BESIDE(positions), how many rows at a time; EIGHT_16(i), where values 8 i to 8 i + 7 of a line of 16
 * bits begin, and STEP_16, from one to the next; and
 *
 *   vector   floats:  zero() load(p) store(p, v) spread(p) add(a, b) add_product(a, b, sum) widen_f16(p)
 * widen_bf16(p) bits     whole registers:  low_16(a, b) high_16(a, b), the elements of each 16 bytes' lower
 * or upper half, one of a, one of b; low_32 high_32 low_64 high_64 transpose_16(w, stride, out)   a line of
 * 16 rows: 32 times the values of row 0, row 1, ..., see EIGHT_16 transpose_32(w, stride, out)   16 times the
 * values of 32 bits, one after the other
 */
#ifndef MYELIN_SRC_KERNELS_FLOAT_VECTORS_H
#define MYELIN_SRC_KERNELS_FLOAT_VECTORS_H

#include "float_gemm.h"
#include "gemm/quantized/common.h"

static inline void transpose_16(const char *w, size_t stride, uint16_t *out);
static inline void transpose_32(const char *w, size_t stride, float *out);

#define EACH(i, n) _Pragma("GCC unroll 16") for (int i = 0; i < (n); i++)

/** In each 16 bytes: out[j] has value j of rows 0 to 7, 16 bits each. */
INLINE void transpose_8_rows(const bits r[8], bits out[8]) {
    bits pairs[8];
    bits fours[8];
    EACH(i, 4) {
        pairs[2 * i] = low_16(r[2 * i], r[2 * i + 1]);
        pairs[2 * i + 1] = high_16(r[2 * i], r[2 * i + 1]);
    }
    EACH(i, 4) {
        const int from = 4 * (i / 2) + i % 2;
        fours[2 * i] = low_32(pairs[from], pairs[from + 2]);
        fours[2 * i + 1] = high_32(pairs[from], pairs[from + 2]);
    }
    EACH(i, 4) {
        out[2 * i] = low_64(fours[i], fours[i + 4]);
        out[2 * i + 1] = high_64(fours[i], fours[i + 4]);
    }
}

/** In each 16 bytes: out[j] has value j of rows 0 to 3, 32 bits each. */
INLINE void transpose_4_rows(const bits r[4], bits out[4]) {
    const bits low01 = low_32(r[0], r[1]);
    const bits high01 = high_32(r[0], r[1]);
    const bits low23 = low_32(r[2], r[3]);
    const bits high23 = high_32(r[2], r[3]);
    out[0] = low_64(low01, low23);
    out[1] = high_64(low01, low23);
    out[2] = low_64(high01, high23);
    out[3] = high_64(high01, high23);
}

/* ---- panels ------------------------------------------------------------------------------------------ */

enum { EIGHT = 8 };

/** A line of each of 16 rows, value by value. */
typedef union {
    uint16_t of_16[LINE_BYTES / 2 * COLUMNS];
    float of_32[LINE_BYTES / 4 * COLUMNS];
} __attribute__((aligned(64))) lines;

/** LANES values at p, a constant type's. */
INLINE vector widen(const int type, const void *p) {
    return type == TYPE_F16 ? widen_f16(p) : type == TYPE_BF16 ? widen_bf16(p) : load(p);
}

/** Asks for a line of what follows. */
INLINE void fetch(const char *ahead) {
    __builtin_prefetch(ahead, 0, 2);
}

/** Widens a line of 16 rows; out is where the first value of the first row goes. */
INLINE void unpack_lines(const int type, const int bytes, const char *w, size_t stride, const char *ahead,
                         float *out) {
    lines of;
    if (bytes == 2) {
        transpose_16(w, stride, of.of_16);
    } else {
        transpose_32(w, stride, of.of_32);
    }
    for (int i = 0; i < LINE_BYTES / bytes / EIGHT; i++) {
        EACH(j, EIGHT) {
            const int value = i * EIGHT + j;
            float *to = out + value % CHAINS * CHAIN_STRIDE + value / CHAINS * FLOAT_ROWS;
            if (j < COLUMNS * bytes / EIGHT) {
                fetch(ahead + (i * COLUMNS * bytes / EIGHT + j) * LINE_BYTES);
            }
            EACH(c, COLUMNS / LANES) {
                const int at = c * LANES;
                const void *from = bytes == 2 ? (const void *)(of.of_16 + EIGHT_16(i) + j * STEP_16 + at)
                                              : (const void *)(of.of_32 + value * COLUMNS + at);
                store(to + at, widen(type, from));
            }
        }
    }
}

INLINE void unpack(const int type, const int bytes, const float_rows *rows, int64_t values, float *out) {
    const char *ahead = rows->ahead;
    for (int64_t at = 0; at < values; at += LINE_BYTES / bytes) {
        for (int half = 0; half < PANELS; half++, ahead += COLUMNS * LINE_BYTES) {
            unpack_lines(type, bytes, rows->w[half] + at * bytes, rows->stride[half], ahead,
                         out + at / CHAINS * FLOAT_ROWS + half * COLUMNS);
        }
    }
}

/** A tile of rows positions and WIDTH vectors of columns; rows is a constant where it is called. */
INLINE void tile(const int rows, const float *w, const float *x, int64_t steps, float *y) {
    for (int chain = 0; chain < CHAINS; chain++, w += CHAIN_STRIDE, x++) {
        vector f[TILE][WIDTH];
        EACH(r, rows) {
            EACH(c, WIDTH) {
                f[r][c] = zero();
            }
        }
        for (int64_t j = 0; j < steps; j++) {
            vector of[WIDTH];
            EACH(c, WIDTH) {
                of[c] = load(w + j * FLOAT_ROWS + c * LANES);
            }
            EACH(r, rows) {
                const vector v = spread(x + r * FLOAT_STRIDE + j * CHAINS);
                EACH(c, WIDTH) {
                    f[r][c] = add_product(of[c], v, f[r][c]);
                }
            }
        }
        EACH(r, rows) {
            EACH(c, WIDTH) {
                float *to = y + r * FLOAT_ROWS + c * LANES;
                store(to, add(load(to), f[r][c]));
            }
        }
    }
}

static void multiply(const float *w, const float *x, int64_t positions, int64_t steps, float *y) {
    for (int64_t left = positions, rows; left > 0; left -= rows) {
        /* tiles of much the same size: a small one leaves the multipliers waiting */
        rows = even_part(left, TILE);
        for (int c = 0; c < FLOAT_ROWS; c += WIDTH * LANES) {
#define TILE_OF(n)                       \
    case n:                              \
        tile(n, w + c, x, steps, y + c); \
        break;
            switch (rows) {
                EACH_TILE(TILE_OF)
                default:
                    __builtin_unreachable();
            }
#undef TILE_OF
        }
        x += rows * FLOAT_STRIDE;
        y += rows * FLOAT_ROWS;
    }
}

/* ---- few positions: along the rows, a lane a chain ------------------------------------------------------
 */

enum {
    PARTS = CHAINS / LANES, /* vectors of an output's chains */
    MOST_ROWS_BESIDE = 4,
    SHORT_ROW = 4096,
    MOST_OUTPUTS = 2 * COLUMNS, /* of positions and rows beside each other */
    AHEAD_BYTES = 1 << 16,      /* from what is read to what is asked for */
};
_Static_assert(STREAMED *MOST_ROWS_BESIDE <= MOST_OUTPUTS, "outputs");

/** Adds to each output its chains, one after the other: outputs are those of positions, rows by rows. */
INLINE void add_chains(const int rows, const int positions, const float *chains, float *y) {
    if (positions * rows == 1) {
        for (int c = 0; c < CHAINS; c++) {
            *y += chains[c];
        }
        return;
    }
    for (int first = 0; first < positions * rows; first += COLUMNS) {
        const int last = first + COLUMNS < positions * rows ? first + COLUMNS : positions * rows;
        float turned[CHAINS * COLUMNS] __attribute__((aligned(64)));
        float sums[COLUMNS] __attribute__((aligned(64))) = {0};
        transpose_32((const void *)(chains + first * CHAINS), CHAINS * sizeof *chains, turned);
        for (int i = first; i < last; i++) {
            sums[i - first] = y[i / rows * FLOAT_ROWS + i % rows];
        }
        EACH(part, COLUMNS / LANES) {
            vector sum = load(sums + part * LANES);
            EACH(c, CHAINS) {
                sum = add(sum, load(turned + c * COLUMNS + part * LANES));
            }
            store(sums + part * LANES, sum);
        }
        for (int i = first; i < last; i++) {
            y[i / rows * FLOAT_ROWS + i % rows] = sums[i - first];
        }
    }
}

/** The part-th LANES chains of each output in values [from, to): chains [positions][rows]. */
INLINE void sum_chains(const int rows, const int positions, const int type, const int bytes, const char *w,
                       size_t stride, int64_t from, int64_t to, const float *const *x, const char *ahead,
                       const int part, float *chains) {
    vector f[STREAMED][MOST_ROWS_BESIDE];
    EACH(m, positions) {
        EACH(r, rows) {
            f[m][r] = zero();
        }
    }
    for (int64_t k = from; k < to; k += CHAINS) {
        vector v[MOST_ROWS_BESIDE];
        EACH(i, rows * CHAINS * bytes / LINE_BYTES) {
            if (i % PARTS == part) {
                fetch(ahead + ((k - from) * rows * bytes + i * LINE_BYTES));
            }
        }
        EACH(r, rows) {
            v[r] = widen(type, w + (size_t)r * stride + (k + part * LANES) * bytes);
        }
        EACH(m, positions) {
            const vector of = load(x[m] + k + part * LANES);
            EACH(r, rows) {
                f[m][r] = add_product(v[r], of, f[m][r]);
            }
        }
    }
    EACH(m, positions) {
        EACH(r, rows) {
            store(chains + (m * rows + r) * CHAINS + part * LANES, f[m][r]);
        }
    }
}

/** Products of some rows and positions, both constants, of whole steps. */
INLINE void stream_rows(const int rows, const int positions, const int type, const int bytes, const char *w,
                        size_t stride, int64_t values, const float *const *x, float *y) {
    /* the rows that follow are one run of memory, and asked for in its order */
    const char *ahead = w + AHEAD_BYTES;
    float chains[MOST_OUTPUTS * CHAINS] __attribute__((aligned(64))) = {0};
    for (int64_t from = 0, to; from < values; from = to) {
        to = values - from < FLOAT_RUN ? values : from + FLOAT_RUN;
        /* a run is read once from afar, and again from the first cache for other lanes */
        EACH(part, PARTS) {
            sum_chains(rows, positions, type, bytes, w, stride, from, to, x, ahead, part, chains);
        }
        ahead += (to - from) * rows * bytes;
        add_chains(rows, positions, chains, y);
    }
}

INLINE void stream(const int positions, const int type, const int bytes, const char *w, size_t stride,
                   int64_t rows, int64_t values, const float *const *x, float *y) {
    const int beside = ROWS_BESIDE(positions);
    int64_t row = 0;
    /* one position that leaves room in the first cache reads rows in their order, as memory is fastest */
    const int in_order = positions == 1 && values <= SHORT_ROW;
    for (; !in_order && row + beside <= rows; row += beside, w += (size_t)beside * stride, y += beside) {
        stream_rows(beside, positions, type, bytes, w, stride, values, x, y);
    }
    for (; row < rows; row++, w += stride, y++) {
        stream_rows(1, positions, type, bytes, w, stride, values, x, y);
    }
}

#define STREAM_OF(n)                                           \
    case n:                                                    \
        stream(n, type, bytes, w, stride, rows, values, x, y); \
        break;

/** Defines both functions of a type. */
#define DEFINE_FLOATS(name, of_type, of_bytes)                                            \
    static void unpack_##name(const float_rows *rows, int64_t values, float *out) {       \
        unpack(of_type, of_bytes, rows, values, out);                                     \
    }                                                                                     \
    static void stream_##name(const char *w, size_t stride, int64_t rows, int64_t values, \
                              const float *const *x, int64_t positions, float *y) {       \
        enum { type = of_type, bytes = of_bytes };                                        \
        switch (positions) {                                                              \
            EACH_STREAMED(STREAM_OF)                                                      \
            default:                                                                      \
                stream(STREAMED, type, bytes, w, stride, rows, values, x, y);             \
                break;                                                                    \
        }                                                                                 \
    }

DEFINE_FLOATS(f16, TYPE_F16, 2)
DEFINE_FLOATS(bf16, TYPE_BF16, 2)
DEFINE_FLOATS(f32, TYPE_F32, 4)

/** What a table of floats has. */
#define FLOAT_TABLE                                                                              \
    {                                                                                            \
        .streamed = STREAMED,                                                                    \
        .unpack = {[TYPE_F16] = unpack_f16, [TYPE_BF16] = unpack_bf16, [TYPE_F32] = unpack_f32}, \
        .stream = {[TYPE_F16] = stream_f16, [TYPE_BF16] = stream_bf16, [TYPE_F32] = stream_f32}, \
        .multiply = multiply,                                                                    \
    }

#endif
