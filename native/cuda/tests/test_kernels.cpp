/*
 * Tests of the kernels on the host: unpacking of every type byte by byte, and the kernels themselves,
 * compiled for an emulator of the GPU.
 */
#include <cstdio>

#include "../../tests/check.h"
#include "emulator.h"
#include "reference.h"

using namespace reference;

namespace {

/* ---- numbers --------------------------------------------------------------------------------- */

void test_halves() {
    for (uint32_t h = 0; h < 0x10000; h++) {
        const float value = half_to_float((uint16_t)h);
        if (value == value) {
            CHECK(myelin::float_to_half(value) == h, "half %04x", h);
        }
        /* A tie rounds to even; a value next to the tie rounds to the nearest. */
        if ((h & 0x7fff) < 0x7bff) {
            const float next = half_to_float((uint16_t)(h + 1));
            const float middle = (value + next) / 2;
            CHECK(myelin::float_to_half(middle) == (h % 2 == 0 ? h : h + 1), "tie after %04x", h);
            CHECK(myelin::float_to_half(std::nextafter(middle, value)) == h, "below the tie after %04x", h);
            CHECK(myelin::float_to_half(std::nextafter(middle, next)) == h + 1, "above the tie after %04x",
                  h);
        }
    }
    CHECK(myelin::float_to_half(65519.996f) == 0x7bff && myelin::float_to_half(65520) == 0x7c00,
          "the largest");
    for (int i = 0; i < 256; i++) {
        for (int at = 0; at < 4; at++) {
            CHECK(myelin::byte_to_float((uint32_t)i << 8 * at, at) == (float)(int8_t)i, "byte %d", i);
        }
    }
}

void test_activations() {
    const float tiny[] = {0.0f, 1e-45f, 1e-40f, 1.2e-38f, 1e-30f, 1.0f, 3e38f};
    for (const float largest : tiny) {
        const float q = largest * myelin::inverse_scale(largest);
        CHECK(std::lrintf(q) == 127 || (std::lrintf(q) == 0 && largest < 1.6e-36f), "%g becomes %g",
              (double)largest, (double)q);
        const int e = myelin::position_exponent(largest);
        const float scaled = largest * std::ldexp(1.0f, e);
        CHECK(scaled < 32768.0f && (scaled >= 16384.0f || e == 126 || largest == 0), "%g scaled to %g",
              (double)largest, (double)scaled);
        CHECK(std::ldexp(1.0f, e) * std::ldexp(1.0f, -e) == 1.0f, "a factor of %g that can be undone",
              (double)largest);
    }
    const float nan = std::nanf("");
    CHECK(std::isnan(myelin::max_nan(nan, 1)) && std::isnan(myelin::max_nan(1, nan)), "a NaN stays");
    CHECK(myelin::position_exponent(nan) == 0 && myelin::position_exponent(INFINITY) == 0, "not finite");
}

/* ---- unpacking ------------------------------------------------------------------------------- */

template <int TYPE>
void check_block(const type_info &t, const uint8_t *block, const char *what, int a, int b) {
    for (int u = 0; u < t.block / 16; u++) {
        const myelin::sub_block sub_block = myelin::format<TYPE>::unpack(block, u);
        myelin::words4 halves[2];
        myelin::dequantize_to_f16(sub_block, halves[0], halves[1]);
        for (int i = 0; i < 16; i++) {
            const double value = weight(t.type, block, 16 * u + i);
            const auto q = (int8_t)(sub_block.q[i / 4] >> 8 * (i % 4));
            const double scaled = (double)sub_block.scale * q;
            const double error = std::fabs(scaled + sub_block.offset - value);
            /* The product of a half and a 6-bit or 8-bit integer is exact in f32. */
            CHECK(error == 0, "%s %s %d %d: weight %d is %g, not %g", t.name, what, a, b, 16 * u + i,
                  scaled + sub_block.offset, value);
            const auto h = (uint16_t)(halves[i / 8].w[i % 8 / 2] >> 16 * (i % 2));
            const float rounded = std::fmaf(sub_block.scale, (float)q, sub_block.offset);
            CHECK(h == myelin::float_to_half(rounded), "%s %s %d %d: half %d", t.name, what, a, b,
                  16 * u + i);
        }
    }
}

/** Every byte of a block takes every value, at both alignments. */
template <int TYPE>
void test_unpack(const type_info &t) {
    generator r(7);
    alignas(16) uint8_t memory[256];
    const int step = myelin::format<TYPE>::ALIGNED ? 16 : 2;
    static_assert(myelin::format<TYPE>::WEIGHTS > 0, "a format");
    CHECK(t.bytes == myelin::format<TYPE>::BYTES && t.block == myelin::format<TYPE>::WEIGHTS, "%s", t.name);
    for (int byte = 0; byte < t.bytes; byte++) {
        uint8_t *block = memory + step * (byte % 2);
        for (int i = 0; i < (int)sizeof memory; i++) {
            memory[i] = (uint8_t)r.next();
        }
        fill_blocks(t, block, 1, r);
        const bool scale = t.type == TYPE_Q6_K ? byte >= 208 : byte < (t.type == TYPE_Q4_K ? 4 : 2);
        for (int value = 0; value < 256; value++) {
            /* The high byte of a half: exponents far from overflow and underflow. */
            block[byte] = (uint8_t)(scale && byte % 2 == 1 ? (value & 0x83) | 0x20 : value);
            check_block<TYPE>(t, block, "byte, value", byte, value);
        }
    }
}

/* ---- kernels ---------------------------------------------------------------------------------- */

constexpr emulator::copy_mode COPY_MODES[] = {emulator::copy_mode::IMMEDIATE, emulator::copy_mode::DEFERRED};

/** Runs a kernel; its shared memory is initially NaN. */
template <typename F>
void launch(int64_t blocks, int threads, int shared_bytes, emulator::copy_mode mode, F thread) {
    static uint32_t seed = 1;
    std::unique_ptr<uint8_t[]> shared(new uint8_t[(size_t)shared_bytes + 16]);
    memset(shared.get(), 0xff, (size_t)shared_bytes + 16);
    emulator::run(blocks, threads, mode, seed++, [&] { thread(shared.get()); });
    CHECK(!emulator::deadlocked(), "threads wait for others that have ended");
}

/** Quantises x with the kernel; the result must be bit-identical to the reference. */
quants test_quantize(const std::vector<float> &x) {
    quants out = {std::vector<uint8_t>(x.size(), 0xaa), std::vector<myelin::scale_and_sum>(x.size() / 32)};
    const auto values = (int64_t)x.size();
    launch((values + myelin::ACTIVATION_THREADS - 1) / myelin::ACTIVATION_THREADS, myelin::ACTIVATION_THREADS,
           0, COPY_MODES[0],
           [&](uint8_t *) { myelin::quantize_thread(x.data(), values, out.q.data(), out.scales.data()); });
    const quants e = quantized(x);
    CHECK(out.q == e.q, "quants");
    CHECK(memcmp(out.scales.data(), e.scales.data(), e.scales.size() * sizeof e.scales[0]) == 0, "scales");
    return out;
}

/** Runs the decode kernel. */
template <int TYPE, int M>
std::vector<float> run_decode(const matrix &w, int m, const std::vector<float> &x, const quants &q,
                              emulator::copy_mode mode, int64_t blocks) {
    std::vector<float> y((size_t)(w.n * m), NAN);
    if constexpr (TYPE == myelin::TYPE_F16) {
        launch(blocks, myelin::DECODE_THREADS, 0, mode, [&](uint8_t *) {
            myelin::decode_f16_thread<M>(w.k, w.n, m, w.data.get(), x.data(), y.data());
        });
    } else {
        launch(blocks, myelin::DECODE_THREADS, myelin::decode_shared<TYPE>::BYTES, mode,
               [&](uint8_t *shared) {
                   myelin::decode_thread<TYPE, M>(w.k, w.n, m, w.row_bytes, w.data.get(), q.q.data(),
                                                  q.scales.data(), y.data(), shared);
               });
    }
    return y;
}

template <int TYPE, int M>
void test_decode(const matrix &w, const std::vector<float> &all, const quants *q, int m,
                 std::vector<float> &alone) {
    const std::vector<float> x(all.begin(), all.begin() + w.k * m);
    const quants mine = q != nullptr ? test_quantize(x) : quants{};
    std::vector<expected> wanted;
    for (int64_t row = 0; row < w.n; row++) {
        const auto weights = weights_of(w, row);
        for (int p = 0; p < m; p++) {
            wanted.push_back(expected_decode(w.info, weights, x, q != nullptr ? &mine : nullptr, p));
        }
    }
    for (const emulator::copy_mode mode : COPY_MODES) {
        /* One row per warp, and fewer blocks, whose warps process several rows. */
        for (const int64_t blocks : {(w.n + 3) / 4, int64_t{1}}) {
            const auto y = run_decode<TYPE, M>(w, m, x, mine, mode, blocks);
            for (int64_t row = 0; row < w.n; row++) {
                for (int p = 0; p < m; p++) {
                    const expected &e = wanted[(size_t)(row * m + p)];
                    const double result = y[(size_t)(p * w.n + row)];
                    CHECK(e.accepts(result), "%s k %d row %d position %d of %d: %g, not %g or %g",
                          w.info.name, (int)w.k, (int)row, p, m, result, e.exact, e.rounded);
                }
                if (M > 1) {
                    CHECK(y[(size_t)row] == alone[(size_t)row], "%s: a position alone and among %d",
                          w.info.name, m);
                }
            }
            if (M == 1) {
                alone = y;
            }
        }
    }
}

template <int TYPE>
void test_decodes(const type_info &t) {
    generator r(11);
    const int64_t odd = t.block == 1 ? 37 : t.block;
    for (const int64_t k : {odd, 3 * odd, 5 * odd, 1024 + odd, int64_t{2048}, 6144 + 256 + odd}) {
        const matrix w = random_matrix(t, k, 9, r);
        const auto x = random_activations(k, 8, r);
        const quants some;
        const quants *q = TYPE == myelin::TYPE_F16 ? nullptr : &some;
        std::vector<float> alone;
        test_decode<TYPE, 1>(w, x, q, 1, alone);
        test_decode<TYPE, 2>(w, x, q, 2, alone);
        test_decode<TYPE, 4>(w, x, q, 3, alone);
        test_decode<TYPE, 8>(w, x, q, 8, alone);
    }
}

/** The warps of a grid visit every K-block of every row once, in order, at the right offset. */
void test_schedules() {
    for (const int64_t n : {1, 3, 4, 5, 31, 32, 33, 100}) {
        for (const int64_t k : {32, 2048, 2080, 6144}) {
            for (const int64_t warps : {4, 8, 64}) {
                const int64_t row_bytes = k / 32 * 18;
                const myelin::k_block_schedule rows(warps, k, row_bytes, 1152);
                std::vector<int> seen((size_t)n);
                for (int64_t warp = 0; warp < warps; warp++) {
                    for (myelin::cursor c = {warp, 0, warp * row_bytes}; c.row < n; rows.advance(c)) {
                        CHECK(seen[(size_t)c.row] == c.part, "row %d out of order", (int)c.row);
                        CHECK(c.offset == c.row * row_bytes + c.part * 1152, "offset of row %d", (int)c.row);
                        seen[(size_t)c.row]++;
                    }
                }
                CHECK(std::count(seen.begin(), seen.end(), rows.parts) == n, "%d rows of %d", (int)n, (int)k);
            }
        }
    }
}

template <int TYPE, int COLUMNS>
void test_prefill(const type_info &t, int64_t k, int64_t n, int64_t m, emulator::copy_mode mode) {
    generator r((uint32_t)(k * 31 + n * 7 + m));
    const matrix w = random_matrix(t, k, n, r);
    const auto x = random_activations(k, m, r);
    const int64_t padded = myelin::padded_k(k);
    std::vector<uint16_t> wanted((size_t)padded);
    std::unique_ptr<uint16_t[]> halves(new uint16_t[(size_t)(padded * m)]);
    std::vector<float> inverse((size_t)m);
    auto *bytes = reinterpret_cast<uint8_t *>(halves.get());
    launch(m, myelin::ACTIVATION_THREADS, 32, mode, [&](uint8_t *shared) {
        myelin::convert_to_f16_thread(x.data(), k, padded, bytes, inverse.data(),
                                      reinterpret_cast<float *>(shared));
    });
    for (int64_t p = 0; p < m; p++) {
        const float back = converted_to_f16(x, k, p, wanted.data(), padded);
        CHECK(back == inverse[(size_t)p], "factor of position %d", (int)p);
        CHECK(memcmp(wanted.data(), halves.get() + p * padded, (size_t)padded * 2) == 0, "halves of %d",
              (int)p);
    }
    const myelin::prefill_problem problem = {w.data.get(), bytes, w.row_bytes, k, padded, n, m};
    std::vector<float> y((size_t)(n * m), NAN);
    const int64_t blocks = (n + myelin::TILE_ROWS - 1) / myelin::TILE_ROWS * ((m + COLUMNS - 1) / COLUMNS);
    launch(blocks, myelin::PREFILL_THREADS, myelin::shared_bytes<TYPE, COLUMNS>(), mode,
           [&](uint8_t *shared) {
               myelin::prefill_thread<TYPE, COLUMNS>(problem, inverse.data(), y.data(), shared);
           });
    for (int64_t row = 0; row < n; row++) {
        const auto weights = weights_of(w, row);
        const auto f16_weights = rounded_to_f16(weights);
        for (int64_t p = 0; p < m; p++) {
            const expected e = expected_prefill(t, weights, f16_weights, x, halves.get() + p * padded,
                                                inverse[(size_t)p], p);
            const double result = y[(size_t)(p * n + row)];
            CHECK(e.accepts(result), "%s k %d n %d m %d row %d position %d: %g, not %g or %g", t.name, (int)k,
                  (int)n, (int)m, (int)row, (int)p, result, e.exact, e.rounded);
        }
    }
}

template <int TYPE>
void test_prefills(const type_info &t) {
    const int64_t odd = TYPE == myelin::TYPE_F16 ? 37 : t.block;
    for (const emulator::copy_mode mode : COPY_MODES) {
        test_prefill<TYPE, 32>(t, odd, 1, 9, mode);
        test_prefill<TYPE, 32>(t, 3 * odd, 129, 31, mode);
        test_prefill<TYPE, 32>(t, 768, 128, 32, mode);
        test_prefill<TYPE, 128>(t, odd, 130, 33, mode);
        test_prefill<TYPE, 128>(t, 256 + (odd < 256 ? 5 : 1) * odd, 127, 129, mode);
        if (TYPE == myelin::TYPE_F16) {
            test_prefill<TYPE, 128>(t, 264, 60, 40, mode);
            test_prefill<TYPE, 32>(t, 1, 5, 10, mode);
        }
    }
}

template <int TYPE>
void test_type(const type_info &t) {
    test_unpack<TYPE>(t);
    test_decodes<TYPE>(t);
    test_prefills<TYPE>(t);
}

}  // namespace

int main() {
    test_halves();
    test_activations();
    test_schedules();
    test_decodes<myelin::TYPE_F16>(TYPES[0]);
    test_prefills<myelin::TYPE_F16>(TYPES[0]);
    test_type<TYPE_Q4_0>(TYPES[1]);
    test_type<TYPE_Q8_0>(TYPES[2]);
    test_type<TYPE_Q4_K>(TYPES[3]);
    test_type<TYPE_Q6_K>(TYPES[4]);
    CHECK(emulator::bank_conflicts() == 0, "%ld matrices with two rows in one bank",
          emulator::bank_conflicts());
    return checks_failed();
}
