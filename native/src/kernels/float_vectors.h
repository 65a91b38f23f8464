/**
 * Products of floats in vectors, for all instruction sets alike. Before it is included: LANES, values of a
 * vector; TILE and WIDTH, positions and vectors of columns whose sums fit the registers; EACH_TILE, the
 * numbers up to TILE; and
 *
 *   vector   floats:  load(p) store(p, v) spread(p) add_product(a, b, sum) widen_f16(p) widen_bf16(p)
 *   bits     whole registers:  low_16(a, b) high_16(a, b), the elements of each 16 bytes' lower or upper
 * half, one of a, one of b; low_32 high_32 low_64 high_64 transpose_16(w, stride, out)   a line of 16 rows:
 * out [32][FLOAT_ROWS], values of 16 bits of row 0, row 1, ... transpose_32(w, stride, out)   out
 * [16][FLOAT_ROWS], values of 32 bits
 */
#ifndef MYELIN_SRC_KERNELS_FLOAT_VECTORS_H
#define MYELIN_SRC_KERNELS_FLOAT_VECTORS_H

#include "floats.h"
#include "vectors.h"

static inline void transpose_16(const char *w, size_t stride, uint16_t (*out)[FLOAT_ROWS]);
static inline void transpose_32(const char *w, size_t stride, float (*out)[FLOAT_ROWS]);

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

/* ---- lines of 32 rows, as the file has them --------------------------------------------------------- */

/** A line of each row, value by value. */
typedef union {
    uint16_t of_16[LINE_BYTES / 2][FLOAT_ROWS];
    float of_32[LINE_BYTES / 4][FLOAT_ROWS];
} __attribute__((aligned(64))) lines;

/** Reads the lines that begin so many bytes from the rows' beginning. */
INLINE void read_lines(const int bytes, const float_rows *rows, size_t at, lines *out) {
    EACH(i, PANELS) {
        const char *w = rows->w[i] + at;
        if (bytes == 2) {
            transpose_16(w, rows->stride[i], (void *)(out->of_16[0] + i * COLUMNS));
        } else {
            transpose_32(w, rows->stride[i], (void *)(out->of_32[0] + i * COLUMNS));
        }
    }
}

/** LANES columns of a value, from column c on. */
INLINE vector columns_of(const int type, const lines *of, int64_t value, int c) {
    switch (type) {
        case TYPE_F16:
            return widen_f16(of->of_16[value] + c);
        case TYPE_BF16:
            return widen_bf16(of->of_16[value] + c);
        default:
            return load(of->of_32[value] + c);
    }
}

/** Asks for what follows, bit by bit: a value's share of a line's. */
INLINE void fetch(const int bytes, const char *ahead, int64_t value) {
    EACH(i, FLOAT_ROWS * bytes / LINE_BYTES) {
        __builtin_prefetch(ahead + (value * bytes * FLOAT_ROWS + i * LINE_BYTES), 0, 2);
    }
}

INLINE void unpack(const int type, const int bytes, const float_rows *rows, int64_t values,
                   float (*out)[FLOAT_ROWS]) {
    for (int64_t at = 0; at < values; at += LINE_BYTES / bytes) {
        lines of;
        read_lines(bytes, rows, (size_t)at * (size_t)bytes, &of);
        for (int64_t j = 0; j < LINE_BYTES / bytes; j++) {
            fetch(bytes, rows->ahead, at + j);
            EACH(c, FLOAT_ROWS / LANES) {
                store(out[at + j] + c * LANES, columns_of(type, &of, j, c * LANES));
            }
        }
    }
}

/** Adds the products of some values of the lines, and width vectors of columns from column c on. */
INLINE void add_lines(const int positions, const int width, const int type, const lines *of, int64_t values,
                      const float *const *x, int64_t at, int c, float *y) {
    vector f[MOST_STREAMED][FLOAT_ROWS / LANES];
    EACH(r, positions) {
        EACH(i, width) {
            f[r][i] = load(y + r * FLOAT_ROWS + c + i * LANES);
        }
    }
    for (int64_t j = 0; j < values; j++) {
        vector w[FLOAT_ROWS / LANES];
        EACH(i, width) {
            w[i] = columns_of(type, of, j, c + i * LANES);
        }
        EACH(r, positions) {
            const vector v = spread(x[r] + at + j);
            EACH(i, width) {
                f[r][i] = add_product(w[i], v, f[r][i]);
            }
        }
    }
    EACH(r, positions) {
        EACH(i, width) {
            store(y + r * FLOAT_ROWS + c + i * LANES, f[r][i]);
        }
    }
}

INLINE void stream(const int positions, const int type, const int bytes, const float_rows *rows,
                   int64_t values, const float *const *x, float *y) {
    const int64_t line = LINE_BYTES / bytes;
    /* a sum waits for the one before: of one position or two, twice as many side by side */
    const int wide = positions <= 2 ? 2 * WIDTH : WIDTH;
    const int width = wide * LANES < FLOAT_ROWS ? wide : FLOAT_ROWS / LANES;
    for (int64_t at = 0; at < values; at += line) {
        lines of;
        for (int64_t j = 0; j < line; j++) {
            fetch(bytes, rows->ahead, at + j);
        }
        read_lines(bytes, rows, (size_t)at * (size_t)bytes, &of);
        for (int c = 0; c < FLOAT_ROWS; c += width * LANES) {
            add_lines(positions, width, type, &of, values - at < line ? values - at : line, x, at, c, y);
        }
    }
}

/* ---- panels ----------------------------------------------------------------------------------------- */

/** A tile of rows positions and WIDTH vectors of columns; rows is a constant where it is called. */
INLINE void tile(const int rows, const float *w, const float *x, int64_t values, float *y) {
    vector f[TILE][WIDTH];
    EACH(r, rows) {
        EACH(c, WIDTH) {
            f[r][c] = load(y + r * FLOAT_ROWS + c * LANES);
        }
    }
    for (int64_t k = 0; k < values; k++, w += FLOAT_ROWS) {
        vector of[WIDTH];
        EACH(c, WIDTH) {
            of[c] = load(w + c * LANES);
        }
        EACH(r, rows) {
            const vector v = spread(x + r * FLOAT_STRIDE + k);
            EACH(c, WIDTH) {
                f[r][c] = add_product(of[c], v, f[r][c]);
            }
        }
    }
    EACH(r, rows) {
        EACH(c, WIDTH) {
            store(y + r * FLOAT_ROWS + c * LANES, f[r][c]);
        }
    }
}

static void multiply(const float *w, const float *x, int64_t positions, int64_t values, float *y) {
    for (int64_t left = positions, rows; left > 0; left -= rows) {
        /* tiles of much the same size: a small one leaves the multipliers waiting */
        const int64_t tiles = (left + TILE - 1) / TILE;
        rows = (left + tiles - 1) / tiles;
        for (int c = 0; c < FLOAT_ROWS; c += WIDTH * LANES) {
#define TILE_OF(n)                        \
    case n:                               \
        tile(n, w + c, x, values, y + c); \
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

/** Defines both functions of a type. */
#define DEFINE_FLOATS(name, type, bytes)                                                                    \
    static void unpack_##name(const float_rows *rows, int64_t values, float(*out)[FLOAT_ROWS]) {            \
        unpack(type, bytes, rows, values, out);                                                             \
    }                                                                                                       \
    static void stream_##name(const float_rows *rows, int64_t values, const float *const *x, int positions, \
                              float *y) {                                                                   \
        FOR_POSITIONS(stream, type, bytes, rows, values, x, y)                                              \
    }

DEFINE_FLOATS(f16, TYPE_F16, 2)
DEFINE_FLOATS(bf16, TYPE_BF16, 2)
DEFINE_FLOATS(f32, TYPE_F32, 4)

/** What a table of floats has. */
#define FLOAT_TABLE                                                                              \
    {                                                                                            \
        .unpack = {[TYPE_F16] = unpack_f16, [TYPE_BF16] = unpack_bf16, [TYPE_F32] = unpack_f32}, \
        .stream = {[TYPE_F16] = stream_f16, [TYPE_BF16] = stream_bf16, [TYPE_F32] = stream_f32}, \
        .multiply = multiply,                                                                    \
    }

#endif
