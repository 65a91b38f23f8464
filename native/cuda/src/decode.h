/**
 * Decoding: one warp a row, all of its positions in one reading of the weights. Weights come to
 * shared memory a segment ahead, activations are read where they are.
 */
#ifndef MYELIN_CUDA_SRC_DECODE_H
#define MYELIN_CUDA_SRC_DECODE_H

#include "activations.h"
#include "units.h"

namespace myelin {

constexpr int LANES = 32;

/** Weights of a row that a warp takes at a time: SEGMENT / SPAN times 32, or two units, a lane. */
constexpr int SEGMENT = 2048;
constexpr int SPAN = 32 * LANES;

template <int TYPE>
struct segment {
    static constexpr int BYTES = SEGMENT / format<TYPE>::WEIGHTS * format<TYPE>::BYTES;
    static constexpr int SPAN_BYTES = SPAN / format<TYPE>::WEIGHTS * format<TYPE>::BYTES;
    /** Copies of 16 bytes that it takes wherever it starts. */
    static constexpr int COPIES = most_copies(BYTES, format<TYPE>::ALIGNED);
    /** Bytes of shared memory, with what is read beyond. */
    static constexpr int ROOM = 16 * COPIES + 16;
};

MYELIN_HD int segments(int64_t k) {
    return (int)((k + SEGMENT - 1) / SEGMENT);
}

/** Where a warp is: segment part of a row, at offset of the weights. */
struct cursor {
    int64_t row;
    int part;
    int64_t offset;
};

/** Cursors of a warp whose rows are warps apart, over rows of parts segments of so many bytes. */
struct path {
    int64_t warps;
    int parts;
    int bytes;
    /** From the last segment of a row to the first of the warp's next. */
    int64_t jump;

    MYELIN_HD path(int64_t warps_, int64_t k, int64_t row_bytes, int bytes_)
        : warps(warps_),
          parts(segments(k)),
          bytes(bytes_),
          jump(warps_ * row_bytes - (int64_t)(parts - 1) * bytes_) {
    }

    MYELIN_HD void advance(cursor &at) const {
        if (at.part == parts - 1) {
            at.part = 0;
            at.row += warps;
            at.offset += jump;
        } else {
            at.part++;
            at.offset += bytes;
        }
    }
};

/** Starts a lane's share of the copies of a segment of rows of row_bytes, which fit an int. */
template <int TYPE>
MYELIN_HD void fetch_segment(const uint8_t *weights, int64_t row_bytes, const cursor &at, int lane,
                             uint8_t *shared) {
    using segment = myelin::segment<TYPE>;
    const int rest = (int)row_bytes - at.part * segment::BYTES;
    const window from = window_of(weights, at.offset, rest < segment::BYTES ? rest : segment::BYTES);
    int left = from.bytes - 16 * lane;
    const uint8_t *source = from.from + 16 * lane;
    shared += 16 * lane;
    MYELIN_UNROLL
    for (int i = 0; i < (segment::COPIES + LANES - 1) / LANES; i++) {
        if (left > 0) {
            copy128(shared + 16 * LANES * i, source + 16 * LANES * i, left < 16 ? left : 16);
        }
        left -= 16 * LANES;
    }
}

/**
 * Adds the products of a lane's 32 weights of a span of a row to sums [M]. first: the lane's first weight of
 * the k of a row; x int8 [k, m] and scales [k / 32, m], m >= 1; positions from m on count as the last one.
 */
template <int TYPE, int M>
MYELIN_HD void lane_products(const uint8_t *span, int lane, int64_t first, int64_t k, int m, const uint8_t *x,
                             const scale_and_sum *scales, float (&sums)[M]) {
    using format = myelin::format<TYPE>;
    const int within = 32 * lane;
    const uint8_t *block = span + within / format::WEIGHTS * format::BYTES;
    const int u = within % format::WEIGHTS / 16;
    const unit a = format::unpack(block, u);
    const unit b = format::unpack(block, u + 1);
    MYELIN_UNROLL
    for (int p = 0; p < M; p++) {
        const int position = p < m ? p : m - 1;
        const uint8_t *at = x + position * k + first;
        const words4 xa = load128(at);
        const words4 xb = load128(at + 16);
        const scale_and_sum s = scales[(position * k + first) / 32];
        int32_t da = 0;
        int32_t db = 0;
        MYELIN_UNROLL
        for (int i = 0; i < 4; i++) {
            da = dot4(a.q[i], xa.w[i], da);
            db = dot4(b.q[i], xb.w[i], db);
        }
        const float product =
            format::SCALE_OF_16 ? fmaf(a.scale, (float)da, b.scale * (float)db) : a.scale * (float)(da + db);
        sums[p] = fmaf(s.scale, product, sums[p]);
        if (format::OFFSET) {
            sums[p] = fmaf(a.offset, s.sum, sums[p]);
        }
    }
}

/** Weights of F16 that a lane takes at a time. */
constexpr int RUN = 8;

/**
 * Adds the products of a lane's weights of a row of f16 to sums [M]: runs of 8 where every row of
 * weights and x starts at a multiple of 16 bytes (k a multiple of 8), else one at a time.
 */
template <int M>
MYELIN_HD void lane_products_f16(const uint8_t *row, int lane, int64_t k, int m, const float *x,
                                 float (&sums)[M]) {
    if (k % RUN == 0) {
#if defined(__CUDA_ARCH__)
#pragma unroll 2
#endif
        for (int64_t first = RUN * lane; first < k; first += RUN * LANES) {
            const words4 w = load128(row + 2 * first);
            MYELIN_UNROLL
            for (int p = 0; p < M; p++) {
                const auto *at = reinterpret_cast<const uint8_t *>(x + (p < m ? p : m - 1) * k + first);
                const words4 x0 = load128(at);
                const words4 x1 = load128(at + 16);
                MYELIN_UNROLL
                for (int i = 0; i < RUN; i++) {
                    const float value = bits_to_float(i < 4 ? x0.w[i % 4] : x1.w[i % 4]);
                    sums[p] = fmaf(half_to_float((uint16_t)(w.w[i / 2] >> (16 * (i % 2)))), value, sums[p]);
                }
            }
        }
    } else {
        for (int64_t i = lane; i < k; i += LANES) {
            const float w = half_to_float(load16(row + 2 * i));
            MYELIN_UNROLL
            for (int p = 0; p < M; p++) {
                sums[p] = fmaf(w, x[(p < m ? p : m - 1) * k + i], sums[p]);
            }
        }
    }
}

/** Adds up the sums of a warp's lanes and writes those of a row, position p by lane p. */
template <int M>
MYELIN_DEVICE void write_row(int lane, int64_t row, int64_t n, int m, float (&sums)[M], float *y) {
    MYELIN_UNROLL
    for (int p = 0; p < M; p++) {
        float sum = sums[p];
        MYELIN_UNROLL
        for (int bits = LANES / 2; bits > 0; bits /= 2) {
            sum += shuffle_xor(sum, bits);
        }
        if (lane == p && p < m) {
            y[p * n + row] = sum;
        }
        sums[p] = 0;
    }
}

/** Warps of a block, each with rows of its own. */
constexpr int DECODE_WARPS = 4;
constexpr int DECODE_THREADS = LANES * DECODE_WARPS;
/** Segments of a warp in shared memory: one is multiplied while the others arrive. */
constexpr int STAGES = 3;

template <int TYPE>
struct decode_shared {
    static constexpr int BYTES = DECODE_WARPS * STAGES * segment<TYPE>::ROOM;
};

/**
 * A thread of the product y f32 [n, m] of weights [k, n] and q int8 [k, m] with scales [k / 32, m], where
 * 1 <= m <= M; shared: decode_shared::BYTES at a multiple of 16.
 */
template <int TYPE, int M>
MYELIN_DEVICE void decode_thread(int64_t k, int64_t n, int m, int64_t row_bytes, const uint8_t *weights,
                                 const uint8_t *q, const scale_and_sum *scales, float *y, uint8_t *shared) {
    const int lane = thread_index() % LANES;
    const int warp = thread_index() / LANES;
    const int64_t warps = grid_size() * DECODE_WARPS;
    const path rows(warps, k, row_bytes, segment<TYPE>::BYTES);
    shared += warp * STAGES * segment<TYPE>::ROOM;

    /* Rows follow each other without a pause: the next one is on its way while one is summed. */
    const int64_t row0 = block_index() * DECODE_WARPS + warp;
    cursor fetched = {row0, 0, row0 * row_bytes};
    cursor current = fetched;
    auto fetch = [&](int stage) {
        if (fetched.row < n) {
            fetch_segment<TYPE>(weights, row_bytes, fetched, lane, shared + stage * segment<TYPE>::ROOM);
            rows.advance(fetched);
        }
        /* A group also where there is nothing left, so that waiting by count stays right. */
        commit_copies();
    };
    MYELIN_UNROLL
    for (int stage = 0; stage < STAGES - 1; stage++) {
        fetch(stage);
    }

    float sums[M] = {};
    int stage = 0;
    int free = STAGES - 1;
    while (current.row < n) {
        wait_for_copies<STAGES - 2>();
        /* Every lane's copies of this segment are there, and all are done with the one before. */
        warp_barrier();
        fetch(free);
        const uint8_t *span = shared + stage * segment<TYPE>::ROOM + (int)(current.offset & 15);
        int64_t first = (int64_t)current.part * SEGMENT + 32 * lane;
        MYELIN_UNROLL
        for (int i = 0; i < SEGMENT / SPAN; i++) {
            if (first < k) {
                lane_products<TYPE, M>(span, lane, first, k, m, q, scales, sums);
            }
            span += segment<TYPE>::SPAN_BYTES;
            first += SPAN;
        }
        if (current.part == rows.parts - 1) {
            write_row<M>(lane, current.row, n, m, sums, y);
        }
        rows.advance(current);
        free = stage;
        stage = stage == STAGES - 1 ? 0 : stage + 1;
    }
}

/** A thread of the product of weights f16 [k, n] and x f32 [k, m]. */
template <int M>
MYELIN_DEVICE void decode_f16_thread(int64_t k, int64_t n, int m, const uint8_t *weights, const float *x,
                                     float *y) {
    const int lane = thread_index() % LANES;
    for (int64_t row = block_index() * DECODE_WARPS + thread_index() / LANES; row < n;
         row += grid_size() * DECODE_WARPS) {
        float sums[M] = {};
        lane_products_f16<M>(weights + row * 2 * k, lane, k, m, x, sums);
        write_row<M>(lane, row, n, m, sums, y);
    }
}

}  // namespace myelin

#endif
