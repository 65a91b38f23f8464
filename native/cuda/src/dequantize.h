/**
 * Unpacking of each type: a sub-block is 16 adjacent weights of a row in int8, with scale and offset.
 * Decode multiplies sub-blocks as they are, prefill dequantises them to f16.
 */
#ifndef MYELIN_CUDA_SRC_UNITS_H
#define MYELIN_CUDA_SRC_UNITS_H

#include "portable.h"

/* blocks.h is C. */
#define _Static_assert static_assert
#include "../../src/quantize/blocks.h"
#undef _Static_assert

namespace myelin {

constexpr int TYPE_F16 = 1;

/** Weight i is scale * (int8) q[i] + offset. */
struct sub_block {
    uint32_t q[4];
    float scale;
    float offset;
};

/** Bytes that load_words() may read beyond its range, and does not use. */
constexpr int OVERREAD = 4;

/** Reads 4 * N bytes, aligned to 2, as words. */
template <int N>
MYELIN_HD void load_words(const uint8_t *at, uint32_t (&words)[N]) {
    const uint32_t odd = (uint32_t)((uintptr_t)at & 2);
    const uint8_t *aligned = at - odd;
    uint32_t low = load32(aligned);
    MYELIN_UNROLL
    for (int i = 0; i < N; i++) {
        const uint32_t high = load32(aligned + 4 * i + 4);
        words[i] = funnel_right(low, high, 8 * odd);
        low = high;
    }
}

/**
 * A type: WEIGHTS and BYTES per block, whether values have an OFFSET, whether there is a scale per 16
 * weights (else per 32 or more), and unpack(), which reads sub-block 0 <= u < WEIGHTS / 16 of a block,
 * aligned to 2 (to 16 if ALIGNED), and up to OVERREAD bytes after it.
 */
template <int TYPE>
struct format;

template <>
struct format<TYPE_Q4_0> {
    static constexpr int WEIGHTS = 32;
    static constexpr int BYTES = (int)sizeof(block_q4_0);
    static constexpr bool OFFSET = true;
    static constexpr bool SCALE_OF_16 = false;
    static constexpr bool ALIGNED = false;

    static MYELIN_HD sub_block unpack(const uint8_t *block, int u) {
        const float d = half_to_float(load16(block));
        sub_block out;
        load_words(block + 2, out.q);
        MYELIN_UNROLL
        for (int i = 0; i < 4; i++) {
            out.q[i] = out.q[i] >> (4 * u) & 0x0f0f0f0fu;
        }
        out.scale = d;
        out.offset = -8.0f * d;
        return out;
    }
};

template <>
struct format<TYPE_Q8_0> {
    static constexpr int WEIGHTS = 32;
    static constexpr int BYTES = (int)sizeof(block_q8_0);
    static constexpr bool OFFSET = false;
    static constexpr bool SCALE_OF_16 = false;
    static constexpr bool ALIGNED = false;

    static MYELIN_HD sub_block unpack(const uint8_t *block, int u) {
        sub_block out;
        load_words(block + 2 + 16 * u, out.q);
        out.scale = half_to_float(load16(block));
        out.offset = 0;
        return out;
    }
};

template <>
struct format<TYPE_Q4_K> {
    static constexpr int WEIGHTS = 256;
    static constexpr int BYTES = (int)sizeof(block_q4_k);
    static constexpr bool OFFSET = true;
    static constexpr bool SCALE_OF_16 = false;
    static constexpr bool ALIGNED = true;

    static MYELIN_HD sub_block unpack(const uint8_t *block, int u) {
        const int group = u / 2;
        const words4 head = load128(block);
        const words4 nibbles = load128(block + 16 + 32 * (group / 2) + 16 * (u % 2));
        /* The six bits of groups 0 to 3 are contiguous; those of 4 to 7 have their upper two bits there. */
        const uint32_t at = 8 * (uint32_t)(group % 4);
        const uint32_t first = head.w[1] >> at & 255;
        const uint32_t second = head.w[2] >> at & 255;
        const uint32_t third = head.w[3] >> at & 255;
        const uint32_t scale = group < 4 ? first & 63 : (third & 15) | first >> 6 << 4;
        const uint32_t min = group < 4 ? second & 63 : third >> 4 | second >> 6 << 4;
        sub_block out;
        MYELIN_UNROLL
        for (int i = 0; i < 4; i++) {
            out.q[i] = nibbles.w[i] >> (4 * (group % 2)) & 0x0f0f0f0fu;
        }
        out.scale = half_to_float((uint16_t)head.w[0]) * (float)scale;
        out.offset = -half_to_float((uint16_t)(head.w[0] >> 16)) * (float)min;
        return out;
    }
};

template <>
struct format<TYPE_Q6_K> {
    static constexpr int WEIGHTS = 256;
    static constexpr int BYTES = (int)sizeof(block_q6_k);
    static constexpr bool OFFSET = false;
    static constexpr bool SCALE_OF_16 = true;
    static constexpr bool ALIGNED = false;

    static MYELIN_HD sub_block unpack(const uint8_t *block, int u) {
        const int half = u / 8;
        const int group = u % 8 / 2;
        uint32_t low[4];
        uint32_t high[4];
        load_words(block + 64 * half + 32 * (group % 2) + 16 * (u % 2), low);
        load_words(block + 128 + 32 * half + 16 * (u % 2), high);
        sub_block out;
        MYELIN_UNROLL
        for (int i = 0; i < 4; i++) {
            const uint32_t q =
                (low[i] >> (4 * (group / 2)) & 0x0f0f0f0fu) | (high[i] >> (2 * group) & 0x03030303u) << 4;
            /* q - 32 in every byte: adding 0x60 never carries, and flipping the sign bit adds the other 128.
             */
            out.q[i] = (q + 0x60606060u) ^ 0x80808080u;
        }
        out.scale = half_to_float(load16(block + 208)) * (float)(int8_t)block[192 + u];
        out.offset = 0;
        return out;
    }
};

/** The 16 weights of a sub-block in f16, in order. */
MYELIN_HD void dequantize_to_f16(const sub_block &from, words4 &first, words4 &second) {
    uint32_t halves[8];
    MYELIN_UNROLL
    for (int i = 0; i < 8; i++) {
        const uint32_t q = from.q[i / 2];
        const int at = 2 * (i % 2);
        halves[i] = floats_to_halves(fmaf(from.scale, byte_to_float(q, at), from.offset),
                                     fmaf(from.scale, byte_to_float(q, at + 1), from.offset));
    }
    MYELIN_UNROLL
    for (int i = 0; i < 4; i++) {
        first.w[i] = halves[i];
        second.w[i] = halves[i + 4];
    }
}

/**
 * The bytes of a row that are copied to shared memory: from the last multiple of 16 at or before their
 * start, so that every copy is of 16 aligned bytes, and not beyond their end.
 */
struct copy_range {
    const uint8_t *from;
    int shift;
    int bytes;
};

/** The range of bytes at offset of memory, which is aligned to 16. */
MYELIN_HD copy_range copy_range_of(const uint8_t *memory, int64_t offset, int bytes) {
    copy_range w;
    w.shift = (int)(offset & 15);
    w.from = memory + (offset - w.shift);
    w.bytes = w.shift + bytes;
    return w;
}

/** 16-byte copies of a range, and the maximum for so many bytes at any alignment. */
MYELIN_HD int range_copies(const copy_range &w) {
    return (w.bytes + 15) / 16;
}

constexpr int max_copies(int bytes, bool aligned) {
    return aligned ? bytes / 16 : (bytes + 14 + 15) / 16;
}

/** Starts copy i of a range. */
MYELIN_HD void range_copy(const copy_range &w, int i, uint8_t *shared) {
    const int left = w.bytes - 16 * i;
    cp_async_16(shared + 16 * i, w.from + 16 * i, left < 16 ? left : 16);
}

}  // namespace myelin

#endif
