/**
 * Prefill: a block of 256 threads makes a tile of y from tiles of weights and positions in f16, 32 of
 * k a step. Weights come to shared memory as they lie in the file, 256 of k at a time, and are made
 * halves of there.
 */
#ifndef MYELIN_CUDA_SRC_PREFILL_H
#define MYELIN_CUDA_SRC_PREFILL_H

#include "instructions.h"
#include "units.h"

namespace myelin {

constexpr int THREADS = 256;
constexpr int WARPS = THREADS / 32;
/** Rows of weights of a tile. */
constexpr int ROWS = 128;
/** Of k: a step of both tiles, and what is copied of the weights at a time. */
constexpr int STEP = 32;
constexpr int CHUNK = 256;
constexpr int STEPS_OF_CHUNK = CHUNK / STEP;
/** Bytes from one row of a tile of halves to the next: eight rows lie in different banks. */
constexpr int PITCH = 2 * STEP + 16;

/** The problem: weights [k, n] in rows of row_bytes, x f16 [padded, m] with k padded to whole steps. */
struct prefill_problem {
    const uint8_t *weights;
    const uint8_t *x;
    int64_t row_bytes;
    int64_t k;
    int64_t padded;
    int64_t n;
    int64_t m;
};

MYELIN_HD int64_t padded_to_steps(int64_t k) {
    return (k + STEP - 1) / STEP * STEP;
}

/** How 8 warps share a tile of ROWS x COLUMNS, and each its part in tiles of 16 x 8. */
template <int COLUMNS_>
struct shape {
    static constexpr int COLUMNS = COLUMNS_;
    static constexpr int WARPS_ACROSS = COLUMNS >= 128 ? 2 : 1;
    static constexpr int WARPS_DOWN = WARPS / WARPS_ACROSS;
    static constexpr int WARP_ROWS = ROWS / WARPS_DOWN;
    static constexpr int WARP_COLUMNS = COLUMNS / WARPS_ACROSS;
    static constexpr int DOWN = WARP_ROWS / 16;
    static constexpr int ACROSS = WARP_COLUMNS / 8;
    static_assert(DOWN * 16 * WARPS_DOWN == ROWS && ACROSS * 8 * WARPS_ACROSS == COLUMNS && ACROSS % 2 == 0,
                  "warps fill the tile, pairs of tiles a warp's columns");

    static constexpr int ROW_TILE = ROWS * PITCH;
    static constexpr int COLUMN_TILE = COLUMNS * PITCH;

    static MYELIN_HD int warp_row(int warp) {
        return warp / WARPS_ACROSS * WARP_ROWS;
    }

    static MYELIN_HD int warp_column(int warp) {
        return warp % WARPS_ACROSS * WARP_COLUMNS;
    }
};

/** The bytes of CHUNK weights of a row in shared memory; rows an odd multiple of 16 bytes apart. */
template <int TYPE>
struct chunk {
    static constexpr int BYTES = CHUNK / format<TYPE>::WEIGHTS * format<TYPE>::BYTES;
    static constexpr int COPIES = most_copies(BYTES, format<TYPE>::ALIGNED);
    static constexpr int ROW_PITCH = 16 * (COPIES % 2 == 0 ? COPIES + 1 : COPIES);
    static constexpr int ROOM = ROWS * ROW_PITCH + 16;
};

/** F16 needs no unpacking and goes to the tile straight away. */
template <>
struct chunk<TYPE_F16> {
    static constexpr int ROOM = 0;
};

template <int TYPE, int COLUMNS>
constexpr int shared_bytes() {
    return 2 * shape<COLUMNS>::ROW_TILE + 2 * shape<COLUMNS>::COLUMN_TILE + chunk<TYPE>::ROOM;
}

template <int TYPE>
MYELIN_HD window chunk_window(const prefill_problem &p, int64_t row, int64_t number) {
    const int64_t start = number * chunk<TYPE>::BYTES;
    const int64_t left = p.row_bytes - start;
    return window_of(p.weights, row * p.row_bytes + start,
                     left < chunk<TYPE>::BYTES ? (int)left : chunk<TYPE>::BYTES);
}

/** Starts a thread's share of the copies of a chunk of the tile's rows. */
template <int TYPE>
MYELIN_HD void fetch_chunk(const prefill_problem &p, int thread, int64_t row0, int64_t number, uint8_t *raw) {
    for (int i = thread; i < ROWS * chunk<TYPE>::COPIES; i += THREADS) {
        const int row = i / chunk<TYPE>::COPIES;
        const int copy = i % chunk<TYPE>::COPIES;
        if (row0 + row < p.n) {
            const window w = chunk_window<TYPE>(p, row0 + row, number);
            if (copy < window_copies(w)) {
                window_copy(w, copy, raw + row * chunk<TYPE>::ROW_PITCH);
            }
        }
    }
}

/** Makes a thread's 16 halves of a step of the tile's rows; zeroes beyond k and n. */
template <int TYPE>
MYELIN_HD void fill_rows(const prefill_problem &p, int thread, int64_t row0, int64_t step, const uint8_t *raw,
                         uint8_t *tile) {
    using format = myelin::format<TYPE>;
    const int row = thread / 2;
    const int64_t at = step * STEP + thread % 2 * 16;
    words4 first = {{0, 0, 0, 0}};
    words4 second = {{0, 0, 0, 0}};
    if (row0 + row < p.n && at < p.k) {
        const int within = (int)(at % CHUNK);
        const int shift = chunk_window<TYPE>(p, row0 + row, at / CHUNK).shift;
        const uint8_t *block =
            raw + row * chunk<TYPE>::ROW_PITCH + shift + within / format::WEIGHTS * format::BYTES;
        unit_to_halves(format::unpack(block, within % format::WEIGHTS / 16), first, second);
    }
    uint8_t *to = tile + row * PITCH + thread % 2 * 32;
    store128(to, first);
    store128(to + 16, second);
}

/** Starts a thread's share of a step of the tile's rows of f16; zeroes beyond k and n. */
MYELIN_HD void fetch_rows_f16(const prefill_problem &p, int thread, int64_t row0, int64_t step,
                              uint8_t *tile) {
    const int row = thread / 2;
    const int64_t at = step * STEP + thread % 2 * 16;
    const bool inside = row0 + row < p.n;
    const uint8_t *from = p.weights + (inside ? (row0 + row) * p.row_bytes + 2 * at : 0);
    uint8_t *to = tile + row * PITCH + thread % 2 * 32;
    if (p.k % 8 == 0) {
        MYELIN_UNROLL
        for (int i = 0; i < 2; i++) {
            const bool some = inside && at + 8 * i < p.k;
            copy128(to + 16 * i, some ? from + 16 * i : p.weights, some ? 16 : 0);
        }
    } else {
        /* Rows start anywhere: one at a time. */
#if defined(__CUDA_ARCH__)
#pragma unroll 1
#endif
        for (int i = 0; i < 16; i++) {
            store16(to + 2 * i, inside && at + i < p.k ? load16(from + 2 * i) : (uint16_t)0);
        }
    }
}

/** Starts a thread's share of a step of the tile's positions; zeroes beyond m. */
template <int COLUMNS>
MYELIN_HD void fetch_columns(const prefill_problem &p, int thread, int64_t column0, int64_t step,
                             uint8_t *tile) {
    for (int i = thread; i < COLUMNS * 4; i += THREADS) {
        const int column = i / 4;
        const bool inside = column0 + column < p.m;
        const int64_t at = inside ? (column0 + column) * p.padded + step * STEP + i % 4 * 8 : 0;
        copy128(tile + column * PITCH + i % 4 * 16, p.x + 2 * at, inside ? 16 : 0);
    }
}

/**
 * Bytes of the tile at which a lane's row of 8 halves of ldmatrix.x4 starts, so that the four
 * matrices are a fragment of A of mma.m16n8k16: 16 rows from row on, 16 of k from 16 * half on.
 */
MYELIN_HD int row_fragment(int lane, int row, int half) {
    return (row + lane % 16) * PITCH + half * 32 + lane / 16 * 16;
}

/** The same for two fragments of B: columns from column on in the first two matrices, 8 on in the others. */
MYELIN_HD int column_fragment(int lane, int column, int half) {
    return (column + lane / 16 * 8 + lane % 8) * PITCH + half * 32 + lane / 8 % 2 * 16;
}

/** Row and column within 16 x 8 of result 0 <= i < 4 of a lane of mma.m16n8k16. */
MYELIN_HD int result_row(int lane, int i) {
    return lane / 4 + i / 2 * 8;
}

MYELIN_HD int result_column(int lane, int i) {
    return lane % 4 * 2 + i % 2;
}

/**
 * A thread of the product y f32 [n, m], each position times its inverse; shared: shared_bytes() at a multiple
 * of 16.
 */
template <int TYPE, int COLUMNS>
MYELIN_DEVICE void prefill_thread(const prefill_problem &p, const float *inverse, float *y, uint8_t *shared) {
    using shape = myelin::shape<COLUMNS>;
    uint8_t *const row_tiles = shared;
    uint8_t *const column_tiles = row_tiles + 2 * shape::ROW_TILE;
    uint8_t *const raw = column_tiles + 2 * shape::COLUMN_TILE;

    /* Neighbouring blocks share their rows of weights, which are then read from the device once. */
    const int64_t tiles_across = (p.m + COLUMNS - 1) / COLUMNS;
    const int64_t row0 = block_index() / tiles_across * ROWS;
    const int64_t column0 = block_index() % tiles_across * COLUMNS;
    const int thread = thread_index();
    const int lane = thread % 32;
    const int warp_row = shape::warp_row(thread / 32);
    const int warp_column = shape::warp_column(thread / 32);
    const int64_t steps = p.padded / STEP;

    /* Starts the copies for a step; a chunk may overwrite the one before, which was unpacked by then. */
    auto fetch = [&](int64_t step) {
        if constexpr (TYPE == TYPE_F16) {
            fetch_rows_f16(p, thread, row0, step, row_tiles + step % 2 * shape::ROW_TILE);
        } else if (step % STEPS_OF_CHUNK == 0) {
            fetch_chunk<TYPE>(p, thread, row0, step / STEPS_OF_CHUNK, raw);
        }
        fetch_columns<COLUMNS>(p, thread, column0, step, column_tiles + step % 2 * shape::COLUMN_TILE);
        commit_copies();
    };
    auto unpack = [&](int64_t step) {
        if constexpr (TYPE != TYPE_F16) {
            if (step % STEPS_OF_CHUNK == 0) {
                wait_for_copies<0>();
                block_barrier();
            }
            fill_rows<TYPE>(p, thread, row0, step, raw, row_tiles + step % 2 * shape::ROW_TILE);
        }
        wait_for_copies<0>();
        block_barrier();
    };

    float sums[shape::DOWN][shape::ACROSS][4] = {};
    fetch(0);
    unpack(0);
    for (int64_t step = 0; step < steps; step++) {
        if (step + 1 < steps) {
            fetch(step + 1);
        }
        const uint8_t *row_tile = row_tiles + step % 2 * shape::ROW_TILE;
        const uint8_t *column_tile = column_tiles + step % 2 * shape::COLUMN_TILE;
        MYELIN_UNROLL
        for (int half = 0; half < STEP / 16; half++) {
            uint32_t a[shape::DOWN][4];
            MYELIN_UNROLL
            for (int i = 0; i < shape::DOWN; i++) {
                load_matrices(row_tile + row_fragment(lane, warp_row + 16 * i, half), a[i]);
            }
            MYELIN_UNROLL
            for (int j = 0; j < shape::ACROSS; j += 2) {
                uint32_t b[4];
                load_matrices(column_tile + column_fragment(lane, warp_column + 8 * j, half), b);
                MYELIN_UNROLL
                for (int i = 0; i < shape::DOWN; i++) {
                    multiply(a[i], b[0], b[1], sums[i][j]);
                    multiply(a[i], b[2], b[3], sums[i][j + 1]);
                }
            }
        }
        if (step + 1 < steps) {
            unpack(step + 1);
        }
    }

    MYELIN_UNROLL
    for (int j = 0; j < shape::ACROSS; j++) {
        MYELIN_UNROLL
        for (int r = 0; r < 2; r++) {
            const int64_t column = column0 + warp_column + 8 * j + result_column(lane, r);
            if (column < p.m) {
                const float back = inverse[column];
                MYELIN_UNROLL
                for (int i = 0; i < shape::DOWN; i++) {
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
