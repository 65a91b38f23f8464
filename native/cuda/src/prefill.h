/**
 * Prefill: a block of 256 threads computes a tile of y from tiles of weights and activations in f16, 32
 * values of k per step. Weights are copied to shared memory in the file's layout, 256 values of k at a
 * time, and dequantised to f16 there.
 */
#ifndef MYELIN_CUDA_SRC_PREFILL_H
#define MYELIN_CUDA_SRC_PREFILL_H

#include "dequantize.h"
#include "instructions.h"

namespace myelin {

constexpr int PREFILL_THREADS = 256;
constexpr int PREFILL_WARPS = PREFILL_THREADS / 32;
/** Rows of weights in a tile. */
constexpr int TILE_ROWS = 128;
/** Values of k in a step of both tiles, and in a chunk of weights that is copied at a time. */
constexpr int K_STEP = 32;
constexpr int K_CHUNK = 256;
constexpr int STEPS_PER_CHUNK = K_CHUNK / K_STEP;
/** Bytes from one row of an f16 tile to the next: eight rows are in different banks. */
constexpr int TILE_PITCH = 2 * K_STEP + 16;

/** Weights [k, n] in rows of row_bytes, x f16 [padded, m] with k padded to whole steps. */
struct prefill_problem {
    const uint8_t *weights;
    const uint8_t *x;
    int64_t row_bytes;
    int64_t k;
    int64_t padded;
    int64_t n;
    int64_t m;
};

MYELIN_HD int64_t padded_k(int64_t k) {
    return (k + K_STEP - 1) / K_STEP * K_STEP;
}

/** How 8 warps divide a tile of TILE_ROWS x COLUMNS, and a warp its part into fragments of 16 x 8. */
template <int COLUMNS_>
struct tile_shape {
    static constexpr int COLUMNS = COLUMNS_;
    static constexpr int WARP_GRID_COLUMNS = COLUMNS >= 128 ? 2 : 1;
    static constexpr int WARP_GRID_ROWS = PREFILL_WARPS / WARP_GRID_COLUMNS;
    static constexpr int WARP_ROWS = TILE_ROWS / WARP_GRID_ROWS;
    static constexpr int WARP_COLUMNS = COLUMNS / WARP_GRID_COLUMNS;
    static constexpr int ROW_FRAGMENTS = WARP_ROWS / 16;
    static constexpr int COLUMN_FRAGMENTS = WARP_COLUMNS / 8;
    static_assert(ROW_FRAGMENTS * 16 * WARP_GRID_ROWS == TILE_ROWS &&
                      COLUMN_FRAGMENTS * 8 * WARP_GRID_COLUMNS == COLUMNS && COLUMN_FRAGMENTS % 2 == 0,
                  "warps fill the tile, pairs of tiles a warp's columns");

    static constexpr int ROW_TILE_BYTES = TILE_ROWS * TILE_PITCH;
    static constexpr int COLUMN_TILE_BYTES = COLUMNS * TILE_PITCH;

    static MYELIN_HD int warp_row(int warp) {
        return warp / WARP_GRID_COLUMNS * WARP_ROWS;
    }

    static MYELIN_HD int warp_column(int warp) {
        return warp % WARP_GRID_COLUMNS * WARP_COLUMNS;
    }
};

/** A chunk of K_CHUNK weights of each row in shared memory; rows are an odd multiple of 16 bytes apart. */
template <int TYPE>
struct chunk {
    static constexpr int BYTES = K_CHUNK / format<TYPE>::WEIGHTS * format<TYPE>::BYTES;
    static constexpr int COPIES = max_copies(BYTES, format<TYPE>::ALIGNED);
    static constexpr int ROW_PITCH = 16 * (COPIES % 2 == 0 ? COPIES + 1 : COPIES);
    static constexpr int SHARED_BYTES = TILE_ROWS * ROW_PITCH + 16;
};

/** F16 needs no dequantisation and is copied to the tile directly. */
template <>
struct chunk<TYPE_F16> {
    static constexpr int SHARED_BYTES = 0;
};

template <int TYPE, int COLUMNS>
constexpr int shared_bytes() {
    return 2 * tile_shape<COLUMNS>::ROW_TILE_BYTES + 2 * tile_shape<COLUMNS>::COLUMN_TILE_BYTES +
           chunk<TYPE>::SHARED_BYTES;
}

template <int TYPE>
MYELIN_HD copy_range chunk_range(const prefill_problem &p, int64_t row, int64_t number) {
    const int64_t start = number * chunk<TYPE>::BYTES;
    const int64_t left = p.row_bytes - start;
    return copy_range_of(p.weights, row * p.row_bytes + start,
                         left < chunk<TYPE>::BYTES ? (int)left : chunk<TYPE>::BYTES);
}

/** Starts a thread's part of the copies of a chunk of the tile's rows. */
template <int TYPE>
MYELIN_HD void fetch_chunk(const prefill_problem &p, int thread, int64_t row0, int64_t number, uint8_t *raw) {
    for (int i = thread; i < TILE_ROWS * chunk<TYPE>::COPIES; i += PREFILL_THREADS) {
        const int row = i / chunk<TYPE>::COPIES;
        const int copy = i % chunk<TYPE>::COPIES;
        if (row0 + row < p.n) {
            const copy_range w = chunk_range<TYPE>(p, row0 + row, number);
            if (copy < range_copies(w)) {
                range_copy(w, copy, raw + row * chunk<TYPE>::ROW_PITCH);
            }
        }
    }
}

/** Dequantises a thread's 16 weights of a step of the tile's rows; zeroes beyond k and n. */
template <int TYPE>
MYELIN_HD void dequantize_rows(const prefill_problem &p, int thread, int64_t row0, int64_t step,
                               const uint8_t *raw, uint8_t *tile) {
    using format = myelin::format<TYPE>;
    const int row = thread / 2;
    const int64_t at = step * K_STEP + thread % 2 * 16;
    words4 first = {{0, 0, 0, 0}};
    words4 second = {{0, 0, 0, 0}};
    if (row0 + row < p.n && at < p.k) {
        const int within = (int)(at % K_CHUNK);
        const int shift = chunk_range<TYPE>(p, row0 + row, at / K_CHUNK).shift;
        const uint8_t *block =
            raw + row * chunk<TYPE>::ROW_PITCH + shift + within / format::WEIGHTS * format::BYTES;
        dequantize_to_f16(format::unpack(block, within % format::WEIGHTS / 16), first, second);
    }
    uint8_t *to = tile + row * TILE_PITCH + thread % 2 * 32;
    store128(to, first);
    store128(to + 16, second);
}

/** Starts a thread's part of the copies of a step of the tile's f16 rows; zeroes beyond k and n. */
MYELIN_HD void fetch_rows_f16(const prefill_problem &p, int thread, int64_t row0, int64_t step,
                              uint8_t *tile) {
    const int row = thread / 2;
    const int64_t at = step * K_STEP + thread % 2 * 16;
    const bool inside = row0 + row < p.n;
    const uint8_t *from = p.weights + (inside ? (row0 + row) * p.row_bytes + 2 * at : 0);
    uint8_t *to = tile + row * TILE_PITCH + thread % 2 * 32;
    if (p.k % 8 == 0) {
        MYELIN_UNROLL
        for (int i = 0; i < 2; i++) {
            const bool some = inside && at + 8 * i < p.k;
            cp_async_16(to + 16 * i, some ? from + 16 * i : p.weights, some ? 16 : 0);
        }
    } else {
        /* Rows are not aligned: one value at a time. */
#if defined(__CUDA_ARCH__)
#pragma unroll 1
#endif
        for (int i = 0; i < 16; i++) {
            store16(to + 2 * i, inside && at + i < p.k ? load16(from + 2 * i) : (uint16_t)0);
        }
    }
}

/** Starts a thread's part of the copies of a step of the tile's positions; zeroes beyond m. */
template <int COLUMNS>
MYELIN_HD void fetch_columns(const prefill_problem &p, int thread, int64_t column0, int64_t step,
                             uint8_t *tile) {
    for (int i = thread; i < COLUMNS * 4; i += PREFILL_THREADS) {
        const int column = i / 4;
        const bool inside = column0 + column < p.m;
        const int64_t at = inside ? (column0 + column) * p.padded + step * K_STEP + i % 4 * 8 : 0;
        cp_async_16(tile + column * TILE_PITCH + i % 4 * 16, p.x + 2 * at, inside ? 16 : 0);
    }
}

/**
 * Byte offset in the tile of a lane's row of 8 halves for ldmatrix.x4, so that the four matrices are
 * a fragment of A of mma.m16n8k16: 16 rows from row on, 16 values of k from 16 * half on.
 */
MYELIN_HD int row_fragment(int lane, int row, int half) {
    return (row + lane % 16) * TILE_PITCH + half * 32 + lane / 16 * 16;
}

/** The same for two fragments of B: columns from column on in the first two matrices, 8 on in the others. */
MYELIN_HD int column_fragment(int lane, int column, int half) {
    return (column + lane / 16 * 8 + lane % 8) * TILE_PITCH + half * 32 + lane / 8 % 2 * 16;
}

/** Row and column within 16 x 8 of result 0 <= i < 4 of a lane of mma.m16n8k16. */
MYELIN_HD int result_row(int lane, int i) {
    return lane / 4 + i / 2 * 8;
}

MYELIN_HD int result_column(int lane, int i) {
    return lane % 4 * 2 + i % 2;
}

/** The work of a thread: y f32 [n, m], each position times its inverse; shared: shared_bytes(), aligned
 * to 16. */
template <int TYPE, int COLUMNS>
MYELIN_DEVICE void prefill_thread(const prefill_problem &p, const float *inverse, float *y, uint8_t *shared) {
    using tile_shape = myelin::tile_shape<COLUMNS>;
    uint8_t *const row_tiles = shared;
    uint8_t *const column_tiles = row_tiles + 2 * tile_shape::ROW_TILE_BYTES;
    uint8_t *const raw = column_tiles + 2 * tile_shape::COLUMN_TILE_BYTES;

    /* Neighbouring blocks use the same rows of weights, so that these are read from device memory once. */
    const int64_t tiles_across = (p.m + COLUMNS - 1) / COLUMNS;
    const int64_t row0 = block_index() / tiles_across * TILE_ROWS;
    const int64_t column0 = block_index() % tiles_across * COLUMNS;
    const int thread = thread_index();
    const int lane = thread % 32;
    const int warp_row = tile_shape::warp_row(thread / 32);
    const int warp_column = tile_shape::warp_column(thread / 32);
    const int64_t steps = p.padded / K_STEP;

    /* Starts the copies of a step; a chunk may overwrite the previous one, which is dequantised by then. */
    auto fetch = [&](int64_t step) {
        if constexpr (TYPE == TYPE_F16) {
            fetch_rows_f16(p, thread, row0, step, row_tiles + step % 2 * tile_shape::ROW_TILE_BYTES);
        } else if (step % STEPS_PER_CHUNK == 0) {
            fetch_chunk<TYPE>(p, thread, row0, step / STEPS_PER_CHUNK, raw);
        }
        fetch_columns<COLUMNS>(p, thread, column0, step,
                               column_tiles + step % 2 * tile_shape::COLUMN_TILE_BYTES);
        cp_async_commit();
    };
    auto unpack = [&](int64_t step) {
        if constexpr (TYPE != TYPE_F16) {
            if (step % STEPS_PER_CHUNK == 0) {
                cp_async_wait<0>();
                block_barrier();
            }
            dequantize_rows<TYPE>(p, thread, row0, step, raw,
                                  row_tiles + step % 2 * tile_shape::ROW_TILE_BYTES);
        }
        cp_async_wait<0>();
        block_barrier();
    };

    float sums[tile_shape::ROW_FRAGMENTS][tile_shape::COLUMN_FRAGMENTS][4] = {};
    fetch(0);
    unpack(0);
    for (int64_t step = 0; step < steps; step++) {
        if (step + 1 < steps) {
            fetch(step + 1);
        }
        const uint8_t *row_tile = row_tiles + step % 2 * tile_shape::ROW_TILE_BYTES;
        const uint8_t *column_tile = column_tiles + step % 2 * tile_shape::COLUMN_TILE_BYTES;
        MYELIN_UNROLL
        for (int half = 0; half < K_STEP / 16; half++) {
            uint32_t a[tile_shape::ROW_FRAGMENTS][4];
            MYELIN_UNROLL
            for (int i = 0; i < tile_shape::ROW_FRAGMENTS; i++) {
                ldmatrix_x4(row_tile + row_fragment(lane, warp_row + 16 * i, half), a[i]);
            }
            MYELIN_UNROLL
            for (int j = 0; j < tile_shape::COLUMN_FRAGMENTS; j += 2) {
                uint32_t b[4];
                ldmatrix_x4(column_tile + column_fragment(lane, warp_column + 8 * j, half), b);
                MYELIN_UNROLL
                for (int i = 0; i < tile_shape::ROW_FRAGMENTS; i++) {
                    mma(a[i], b[0], b[1], sums[i][j]);
                    mma(a[i], b[2], b[3], sums[i][j + 1]);
                }
            }
        }
        if (step + 1 < steps) {
            unpack(step + 1);
        }
    }

    MYELIN_UNROLL
    for (int j = 0; j < tile_shape::COLUMN_FRAGMENTS; j++) {
        MYELIN_UNROLL
        for (int r = 0; r < 2; r++) {
            const int64_t column = column0 + warp_column + 8 * j + result_column(lane, r);
            if (column < p.m) {
                const float back = inverse[column];
                MYELIN_UNROLL
                for (int i = 0; i < tile_shape::ROW_FRAGMENTS; i++) {
                    MYELIN_UNROLL
                    for (int lower = 0; lower < 2; lower++) {
                        const int result = 2 * lower + r;
                        const int64_t row = row0 + warp_row + 16 * i + result_row(lane, result);
                        if (row < p.n) {
                            y[column * p.n + row] = back * sums[i][j][result];
                        }
                    }
                }
            }
        }
    }
}

}  // namespace myelin

#endif
