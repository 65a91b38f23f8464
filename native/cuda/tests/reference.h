/**
 * The reference of both test programs: weights one at a time by the specification of the formats,
 * sums in double precision, and error bounds.
 */
#ifndef MYELIN_CUDA_TESTS_REFERENCE_H
#define MYELIN_CUDA_TESTS_REFERENCE_H

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <memory>
#include <vector>

#include "decode.h"
#include "prefill.h"

namespace reference {

using myelin::half_to_float;

/**
 * A type and its error bounds for the order of f32 sums, relative to the product of the norms of weights
 * and activations. The rounding of activations and weights is added in expected.
 */
struct type_info {
    int type;
    const char *name;
    int block;
    int bytes;
    double decode_bound;
    double prefill_bound;
};

constexpr type_info TYPES[] = {
    {myelin::TYPE_F16, "f16", 1, 2, 4e-6, 1e-5}, {TYPE_Q4_0, "q4_0", 32, 18, 4e-6, 1e-5},
    {TYPE_Q8_0, "q8_0", 32, 34, 4e-6, 1e-5},     {TYPE_Q4_K, "q4_K", 256, 144, 4e-6, 1e-5},
    {TYPE_Q6_K, "q6_K", 256, 210, 4e-6, 1e-5},
};

class generator {
   public:
    explicit generator(uint32_t seed) : state(seed * 2654435761u | 1u) {
    }

    uint32_t next() {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        return state;
    }

    float uniform() {
        return (float)next() / 4294967296.0f * 2.0f - 1.0f;
    }

    /** A half with magnitude 2^-8 to 2^-6 and random sign: a typical scale. */
    uint16_t scale() {
        return (uint16_t)((next() & 0x8000) | (7 + (next() >> 16) % 2) << 10 | (next() & 0x3ff));
    }

   private:
    uint32_t state;
};

/** Rows of weights in the file's layout, aligned to 16, without a byte after them. */
struct matrix {
    type_info info;
    int64_t k;
    int64_t n;
    int64_t row_bytes;
    std::unique_ptr<uint8_t[]> data;

    size_t bytes() const {
        return (size_t)(row_bytes * n);
    }

    const uint8_t *row(int64_t i) const {
        return data.get() + i * row_bytes;
    }
};

inline void put_half(uint8_t *at, uint16_t half) {
    memcpy(at, &half, 2);
}

/** Random blocks, with all bit patterns of quants and of group scales. */
inline void fill_blocks(const type_info &t, uint8_t *blocks, int64_t count, generator &r) {
    for (int64_t b = 0; b < count; b++) {
        uint8_t *at = blocks + b * t.bytes;
        if (t.type == myelin::TYPE_F16) {
            put_half(at, myelin::float_to_half(r.uniform() / 16));
            continue;
        }
        int i = 0;
        for (; i + 4 <= t.bytes; i += 4) {
            const uint32_t word = r.next();
            memcpy(at + i, &word, 4);
        }
        for (; i < t.bytes; i++) {
            at[i] = (uint8_t)r.next();
        }
        put_half(at + (t.type == TYPE_Q6_K ? 208 : 0), r.scale());
        if (t.type == TYPE_Q4_K) {
            put_half(at + 2, r.scale());
        }
    }
}

inline matrix random_matrix(const type_info &t, int64_t k, int64_t n, generator &r) {
    matrix m = {t, k, n, k / t.block * t.bytes, nullptr};
    m.data.reset(new uint8_t[m.bytes()]);
    fill_blocks(t, m.data.get(), n * (k / t.block), r);
    return m;
}

/** Activations as in models: most are small, some are large. */
inline std::vector<float> random_activations(int64_t k, int64_t m, generator &r) {
    std::vector<float> x((size_t)(k * m));
    for (auto &v : x) {
        v = r.uniform() * (r.next() % 64 == 0 ? 8.0f : 1.0f);
    }
    return x;
}

template <typename T>
const T &block_at(const uint8_t *row, int64_t number) {
    return reinterpret_cast<const T *>(row)[number];
}

/** Weight i of a row, which is aligned to 2. */
inline double weight(int type, const uint8_t *row, int64_t i) {
    switch (type) {
        case TYPE_Q4_0: {
            const auto &b = block_at<block_q4_0>(row, i / 32);
            const int at = (int)(i % 32);
            return (double)half_to_float(b.d) * ((at < 16 ? b.qs[at] & 15 : b.qs[at - 16] >> 4) - 8);
        }
        case TYPE_Q8_0: {
            const auto &b = block_at<block_q8_0>(row, i / 32);
            return (double)half_to_float(b.d) * b.qs[i % 32];
        }
        case TYPE_Q4_K: {
            const auto &b = block_at<block_q4_k>(row, i / 256);
            const int at = (int)(i % 256);
            const int g = at / 32;
            const int byte = b.qs[32 * (g / 2) + at % 32];
            const uint8_t *s = b.scales;
            const int scale = g < 4 ? s[g] & 63 : (s[g + 4] & 15) + 16 * (s[g - 4] >> 6);
            const int min = g < 4 ? s[g + 4] & 63 : (s[g + 4] >> 4) + 16 * (s[g] >> 6);
            return (double)half_to_float(b.d) * scale * (g % 2 == 0 ? byte & 15 : byte >> 4) -
                   (double)half_to_float(b.dmin) * min;
        }
        case TYPE_Q6_K: {
            const auto &b = block_at<block_q6_k>(row, i / 256);
            const int at = (int)(i % 256);
            const int half = at / 128;
            const int g = at % 128 / 32;
            const int l = at % 32;
            const int low = b.ql[64 * half + l + 32 * (g & 1)] >> (g >= 2 ? 4 : 0) & 15;
            const int high = b.qh[32 * half + l] >> (2 * g) & 3;
            return (double)half_to_float(b.d) * b.scales[at / 16] * (low + 16 * high - 32);
        }
        default: {
            uint16_t h;
            memcpy(&h, row + 2 * i, 2);
            return half_to_float(h);
        }
    }
}

inline std::vector<double> weights_of(const matrix &w, int64_t row) {
    std::vector<double> out((size_t)w.k);
    for (int64_t i = 0; i < w.k; i++) {
        out[(size_t)i] = weight(w.info.type, w.row(row), i);
    }
    return out;
}

/** Weights rounded to f16, as in prefill. */
inline std::vector<double> rounded_to_f16(const std::vector<double> &w) {
    std::vector<double> out(w.size());
    for (size_t i = 0; i < w.size(); i++) {
        out[i] = half_to_float(myelin::float_to_half((float)w[i]));
    }
    return out;
}

inline double norm(const double *v, int64_t k) {
    double sum = 0;
    for (int64_t i = 0; i < k; i++) {
        sum += v[i] * v[i];
    }
    return std::sqrt(sum);
}

/**
 * The expected result: exact, and with operands rounded as in the kernels, each with its error bound.
 */
struct expected {
    double exact;
    double exact_bound;
    double rounded;
    double rounded_bound;

    bool accepts(double y) const {
        return std::fabs(y - exact) <= exact_bound && std::fabs(y - rounded) <= rounded_bound;
    }
};

/** Quantised activations, as by quantize_activations(). */
struct quants {
    std::vector<uint8_t> q;
    std::vector<myelin::scale_and_sum> scales;
};

inline quants quantized(const std::vector<float> &x) {
    quants out = {std::vector<uint8_t>(x.size()), std::vector<myelin::scale_and_sum>(x.size() / 32)};
    for (size_t b = 0; b < x.size() / 32; b++) {
        float largest = 0;
        for (size_t i = 32 * b; i < 32 * b + 32; i++) {
            largest = myelin::max_nan(largest, std::fabs(x[i]));
        }
        int sum = 0;
        for (size_t i = 32 * b; i < 32 * b + 32; i++) {
            const int q = (int)std::lrintf(x[i] * myelin::inverse_scale(largest));
            out.q[i] = (uint8_t)q;
            sum += q;
        }
        const float scale = largest / 127.0f;
        out.scales[b] = {scale, scale * (float)sum};
    }
    return out;
}

/** Converts position p of x to f16 [padded], as convert_activations_to_f16(); returns the inverse of its
 * factor. */
inline float converted_to_f16(const std::vector<float> &x, int64_t k, int64_t p, uint16_t *out,
                              int64_t padded) {
    float largest = 0;
    for (int64_t i = 0; i < k; i++) {
        largest = myelin::max_nan(largest, std::fabs(x[(size_t)(p * k + i)]));
    }
    const int exponent = myelin::position_exponent(largest);
    for (int64_t i = 0; i < padded; i++) {
        out[i] =
            i < k ? myelin::float_to_half(x[(size_t)(p * k + i)] * std::ldexp(1.0f, exponent)) : (uint16_t)0;
    }
    return std::ldexp(1.0f, -exponent);
}

/** Decode of row w and position p of x; q is null for F16, whose activations are not rounded. */
inline expected expected_decode(const type_info &t, const std::vector<double> &w, const std::vector<float> &x,
                                const quants *q, int64_t p) {
    const auto k = (int64_t)w.size();
    expected e = {};
    double norms = 0;
    for (int64_t i = 0; i < k; i++) {
        const auto at = (size_t)(p * k + i);
        e.exact += w[(size_t)i] * x[at];
        norms += (double)x[at] * x[at];
        if (q != nullptr) {
            const double scale = q->scales[at / 32].scale;
            e.rounded += w[(size_t)i] * (scale * (int8_t)q->q[at]);
            /* Rounding to the nearest of 255 steps: at most half a step. */
            e.exact_bound += std::fabs(w[(size_t)i]) * scale * 0.50001;
        }
    }
    if (q == nullptr) {
        e.rounded = e.exact;
    }
    e.rounded_bound = t.decode_bound * norm(w.data(), k) * std::sqrt(norms);
    e.exact_bound += e.rounded_bound;
    return e;
}

/** Prefill of row w, its weights rounded to f16, and position p, converted to halves with its inverse factor.
 */
inline expected expected_prefill(const type_info &t, const std::vector<double> &w,
                                 const std::vector<double> &rounded, const std::vector<float> &x,
                                 const uint16_t *halves, float inverse, int64_t p) {
    const auto k = (int64_t)w.size();
    expected e = {};
    double norms = 0;
    for (int64_t i = 0; i < k; i++) {
        const double value = x[(size_t)(p * k + i)];
        const double matmul = w[(size_t)i] * value;
        e.exact += matmul;
        norms += value * value;
        e.rounded += rounded[(size_t)i] * half_to_float(halves[i]) * inverse;
        /* Two roundings to 11 bits, or to a multiple of 2^-24 where a weight is tiny. */
        e.exact_bound += std::fabs(matmul) * 0x1.01p-10 + std::fabs(value) * 0x1p-25;
    }
    e.rounded_bound = t.prefill_bound * norm(w.data(), k) * std::sqrt(norms);
    e.exact_bound += e.rounded_bound;
    return e;
}

}  // namespace reference

#endif
