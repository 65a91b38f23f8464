/**
 * Decode: a warp computes a row of weights for all positions, and reads the row once. K-blocks of weights
 * are prefetched to shared memory; activations are read from global memory.
 */
#ifndef MYELIN_CUDA_SRC_DECODE_H
#define MYELIN_CUDA_SRC_DECODE_H

#include "activations.h"
#include "dequantize.h"

namespace myelin {

constexpr int LANES = 32;

/** A warp processes a row in K-blocks, and a K-block in spans of 32 weights (two sub-blocks) per lane. */
constexpr int K_BLOCK = 2048;
constexpr int SPAN = 32 * LANES;

template <int TYPE>
struct k_block {
    static constexpr int BYTES = K_BLOCK / format<TYPE>::WEIGHTS * format<TYPE>::BYTES;
    static constexpr int SPAN_BYTES = SPAN / format<TYPE>::WEIGHTS * format<TYPE>::BYTES;
    /** 16-byte copies that it takes at any alignment. */
    static constexpr int COPIES = max_copies(BYTES, format<TYPE>::ALIGNED);
    /** Bytes of shared memory, including OVERREAD. */
    static constexpr int SHARED_BYTES = 16 * COPIES + 16;
};

MYELIN_HD int k_blocks(int64_t k) {
    return (int)((k + K_BLOCK - 1) / K_BLOCK);
}

/** The position of a warp: K-block number part of a row, at byte offset of the weights. */
struct cursor {
    int64_t row;
    int part;
    int64_t offset;
};

/** The order in which a warp visits K-blocks: its rows are warps apart, a row has parts K-blocks of so many
 * bytes. */
struct k_block_schedule {
    int64_t warps;
    int parts;
    int bytes;
    /** Bytes from the last K-block of a row to the first of the warp's next row. */
    int64_t jump;

    MYELIN_HD k_block_schedule(int64_t warps_, int64_t k, int64_t row_bytes, int bytes_)
        : warps(warps_),
          parts(k_blocks(k)),
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

/** Starts a lane's part of the copies of a K-block; row_bytes fits an int. */
template <int TYPE>
MYELIN_HD void fetch_k_block(const uint8_t *weights, int64_t row_bytes, const cursor &at, int lane,
                             uint8_t *shared) {
    using k_block = myelin::k_block<TYPE>;
    const int rest = (int)row_bytes - at.part * k_block::BYTES;
    const copy_range from = copy_range_of(weights, at.offset, rest < k_block::BYTES ? rest : k_block::BYTES);
    int left = from.bytes - 16 * lane;
    const uint8_t *source = from.from + 16 * lane;
    shared += 16 * lane;
    MYELIN_UNROLL
    for (int i = 0; i < (k_block::COPIES + LANES - 1) / LANES; i++) {
        if (left > 0) {
            cp_async_16(shared + 16 * LANES * i, source + 16 * LANES * i, left < 16 ? left : 16);
        }
        left -= 16 * LANES;
    }
}

/**
 * Adds the dot products of a lane's 32 weights of a span to sums [M]. first: index of the lane's first weight
 * in the row; x int8 [k, m] and scales [k / 32, m], m >= 1; positions from m on repeat the last one.
 */
template <int TYPE, int M>
MYELIN_HD void lane_dot(const uint8_t *span, int lane, int64_t first, int64_t k, int m, const uint8_t *x,
                        const scale_and_sum *scales, float (&sums)[M]) {
    using format = myelin::format<TYPE>;
    const int within = 32 * lane;
    const uint8_t *block = span + within / format::WEIGHTS * format::BYTES;
    const int u = within % format::WEIGHTS / 16;
    const sub_block a = format::unpack(block, u);
    const sub_block b = format::unpack(block, u + 1);
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
        const float matmul =
            format::SCALE_OF_16 ? fmaf(a.scale, (float)da, b.scale * (float)db) : a.scale * (float)(da + db);
        sums[p] = fmaf(s.scale, matmul, sums[p]);
        if (format::OFFSET) {
            sums[p] = fmaf(a.offset, s.sum, sums[p]);
        }
    }
}

/** F16 weights that a lane loads at a time. */
constexpr int F16_VECTOR = 8;

/**
 * Adds the dot products of a lane's weights of an f16 row to sums [M]: vectors of 8 if every row of
 * weights and x is aligned to 16 bytes (k a multiple of 8), else one at a time.
 */
template <int M>
MYELIN_HD void lane_dot_f16(const uint8_t *row, int lane, int64_t k, int m, const float *x,
                            float (&sums)[M]) {
    if (k % F16_VECTOR == 0) {
#if defined(__CUDA_ARCH__)
#pragma unroll 2
#endif
        for (int64_t first = F16_VECTOR * lane; first < k; first += F16_VECTOR * LANES) {
            const words4 w = load128(row + 2 * first);
            MYELIN_UNROLL
            for (int p = 0; p < M; p++) {
                const auto *at = reinterpret_cast<const uint8_t *>(x + (p < m ? p : m - 1) * k + first);
                const words4 x0 = load128(at);
                const words4 x1 = load128(at + 16);
                MYELIN_UNROLL
                for (int i = 0; i < F16_VECTOR; i++) {
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

/** Reduces the sums over the lanes of a warp and writes a row of y, position p by lane p. */
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

/** Warps per block, each with its own rows. */
constexpr int DECODE_WARPS = 4;
constexpr int DECODE_THREADS = LANES * DECODE_WARPS;
/** K-blocks of a warp in shared memory: one is multiplied while the others are copied. */
constexpr int STAGES = 3;

template <int TYPE>
struct decode_shared {
    static constexpr int BYTES = DECODE_WARPS * STAGES * k_block<TYPE>::SHARED_BYTES;
};

/**
 * The work of a thread: y f32 [n, m] = weights [k, n] times q int8 [k, m] with scales [k / 32, m],
 * 1 <= m <= M; shared: decode_shared::BYTES, aligned to 16.
 */
template <int TYPE, int M>
MYELIN_DEVICE void decode_thread(int64_t k, int64_t n, int m, int64_t row_bytes, const uint8_t *weights,
                                 const uint8_t *q, const scale_and_sum *scales, float *y, uint8_t *shared) {
    const int lane = thread_index() % LANES;
    const int warp = thread_index() / LANES;
    const int64_t warps = grid_size() * DECODE_WARPS;
    const k_block_schedule rows(warps, k, row_bytes, k_block<TYPE>::BYTES);
    shared += warp * STAGES * k_block<TYPE>::SHARED_BYTES;

    /* The copies run ahead across rows: the next row is being copied while this one is reduced. */
    const int64_t row0 = block_index() * DECODE_WARPS + warp;
    cursor fetched = {row0, 0, row0 * row_bytes};
    cursor current = fetched;
    auto fetch = [&](int stage) {
        if (fetched.row < n) {
            fetch_k_block<TYPE>(weights, row_bytes, fetched, lane,
                                shared + stage * k_block<TYPE>::SHARED_BYTES);
            rows.advance(fetched);
        }
        /* An empty group at the end too, since cp_async_wait counts groups. */
        cp_async_commit();
    };
    MYELIN_UNROLL
    for (int stage = 0; stage < STAGES - 1; stage++) {
        fetch(stage);
    }

    float sums[M] = {};
    int stage = 0;
    int free = STAGES - 1;
    while (current.row < n) {
        cp_async_wait<STAGES - 2>();
        /* Now all lanes' copies of this K-block are complete, and no lane reads the previous one. */
        warp_barrier();
        fetch(free);
        const uint8_t *span = shared + stage * k_block<TYPE>::SHARED_BYTES + (int)(current.offset & 15);
        int64_t first = (int64_t)current.part * K_BLOCK + 32 * lane;
        MYELIN_UNROLL
        for (int i = 0; i < K_BLOCK / SPAN; i++) {
            if (first < k) {
                lane_dot<TYPE, M>(span, lane, first, k, m, q, scales, sums);
            }
            span += k_block<TYPE>::SPAN_BYTES;
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

/** The work of a thread: weights f16 [k, n] times x f32 [k, m]. */
template <int M>
MYELIN_DEVICE void decode_f16_thread(int64_t k, int64_t n, int m, const uint8_t *weights, const float *x,
                                     float *y) {
    const int lane = thread_index() % LANES;
    for (int64_t row = block_index() * DECODE_WARPS + thread_index() / LANES; row < n;
         row += grid_size() * DECODE_WARPS) {
        float sums[M] = {};
        lane_dot_f16<M>(weights + row * 2 * k, lane, k, m, x, sums);
        write_row<M>(lane, row, n, m, sums, y);
    }
}

}  // namespace myelin

#endif
