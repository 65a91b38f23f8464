/**
 * How each type is taken apart: a unit is 16 neighbouring weights of a row, in int8, with what makes
 * values of them. Decoding multiplies units as they are, prefill makes halves of them.
 */
#ifndef MYELIN_CUDA_SRC_UNITS_H
#define MYELIN_CUDA_SRC_UNITS_H

#include "portable.h"

/* The description of the formats is C. */
#define _Static_assert static_assert
#include "../../src/quantize/blocks.h"
#undef _Static_assert

namespace myelin {

constexpr int TYPE_F16 = 1;

/** Weight i of a unit is scale * (int8) q[i] + offset. */
struct unit {
    uint32_t q[4];
    float scale;
    float offset;
};

/** Bytes that may be read, and are not used, after those that load_words() is asked for. */
constexpr int OVERREAD = 4;

/** Reads 4 * N bytes at a multiple of 2 as words. */
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
 * A type: WEIGHTS and BYTES of a block, whether its values have an OFFSET, whether scales are of 16
 * weights (else of 32 or more), and unpack(), which reads unit 0 <= u < WEIGHTS / 16 of a block at a
 * multiple of 2 (of 16 if ALIGNED) and up to OVERREAD bytes after it.
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

    static MYELIN_HD unit unpack(const uint8_t *block, int u) {
        const float d = half_to_float(load16(block));
        unit out;
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

    static MYELIN_HD unit unpack(const uint8_t *block, int u) {
        unit out;
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

    static MYELIN_HD unit unpack(const uint8_t *block, int u) {
        const int group = u / 2;
        const words4 head = load128(block);
        const words4 nibbles = load128(block + 16 + 32 * (group / 2) + 16 * (u % 2));
        /* The six-bit numbers of groups 0 to 3 are whole, those of 4 to 7 have two bits there. */
        const uint32_t at = 8 * (uint32_t)(group % 4);
        const uint32_t first = head.w[1] >> at & 255;
        const uint32_t second = head.w[2] >> at & 255;
        const uint32_t third = head.w[3] >> at & 255;
        const uint32_t scale = group < 4 ? first & 63 : (third & 15) | first >> 6 << 4;
        const uint32_t min = group < 4 ? second & 63 : third >> 4 | second >> 6 << 4;
        unit out;
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

    static MYELIN_HD unit unpack(const uint8_t *block, int u) {
        const int half = u / 8;
        const int group = u % 8 / 2;
        uint32_t low[4];
        uint32_t high[4];
        load_words(block + 64 * half + 32 * (group % 2) + 16 * (u % 2), low);
        load_words(block + 128 + 32 * half + 16 * (u % 2), high);
        unit out;
        MYELIN_UNROLL
        for (int i = 0; i < 4; i++) {
            const uint32_t q =
                (low[i] >> (4 * (group / 2)) & 0x0f0f0f0fu) | (high[i] >> (2 * group) & 0x03030303u) << 4;
            /* q - 32 in every byte: 0x60 carries nowhere, and flipping the sign adds the other 128. */
            out.q[i] = (q + 0x60606060u) ^ 0x80808080u;
        }
        out.scale = half_to_float(load16(block + 208)) * (float)(int8_t)block[192 + u];
        out.offset = 0;
        return out;
    }
};

/** Makes 16 halves of a unit, in order. */
MYELIN_HD void unit_to_halves(const unit &from, words4 &first, words4 &second) {
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
 * A run of a row's bytes, as it is brought to shared memory: from the last multiple of 16 at or
 * before its start, so that every copy is of 16 aligned bytes, and not beyond its end.
 */
struct window {
    const uint8_t *from;
    int shift;
    int bytes;
};

/** The window of bytes at offset of memory that starts at a multiple of 16. */
MYELIN_HD window window_of(const uint8_t *memory, int64_t offset, int bytes) {
    window w;
    w.shift = (int)(offset & 15);
    w.from = memory + (offset - w.shift);
    w.bytes = w.shift + bytes;
    return w;
}

/** Copies of 16 bytes that a window takes, and the most that bytes take wherever they start. */
MYELIN_HD int window_copies(const window &w) {
    return (w.bytes + 15) / 16;
}

constexpr int most_copies(int bytes, bool aligned) {
    return aligned ? bytes / 16 : (bytes + 14 + 15) / 16;
}

/** Starts copy i of a window. */
MYELIN_HD void window_copy(const window &w, int i, uint8_t *shared) {
    const int left = w.bytes - 16 * i;
    copy128(shared + 16 * i, w.from + 16 * i, left < 16 ? left : 16);
}

}  // namespace myelin

#endif
