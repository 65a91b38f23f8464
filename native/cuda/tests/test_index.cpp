/*
 * What the kernels do, run on the host: every type's unpacking byte by byte, and the kernels themselves,
 * whose source is compiled for an emulator of the GPU.
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
        /* Half way to the next one goes to the even one, and a little more or less does not. */
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
    CHECK(std::isnan(myelin::larger(nan, 1)) && std::isnan(myelin::larger(1, nan)), "a NaN stays");
    CHECK(myelin::position_exponent(nan) == 0 && myelin::position_exponent(INFINITY) == 0, "not finite");
}

/* ---- units ----------------------------------------------------------------------------------- */

template <int TYPE>
void check_block(const type_info &t, const uint8_t *block, const char *what, int a, int b) {
    for (int u = 0; u < t.block / 16; u++) {
        const myelin::unit unit = myelin::format<TYPE>::unpack(block, u);
        myelin::words4 halves[2];
        myelin::unit_to_halves(unit, halves[0], halves[1]);
        for (int i = 0; i < 16; i++) {
            const double value = weight(t.type, block, 16 * u + i);
            const auto q = (int8_t)(unit.q[i / 4] >> 8 * (i % 4));
            const double scaled = (double)unit.scale * q;
            const double error = std::fabs(scaled + unit.offset - value);
            /* Products of a half and six bits, and of a half and eight, are exact in f32. */
            CHECK(error == 0, "%s %s %d %d: weight %d is %g, not %g", t.name, what, a, b, 16 * u + i,
                  scaled + unit.offset, value);
            const auto h = (uint16_t)(halves[i / 8].w[i % 8 / 2] >> 16 * (i % 2));
            const float rounded = std::fmaf(unit.scale, (float)q, unit.offset);
            CHECK(h == myelin::float_to_half(rounded), "%s %s %d %d: half %d", t.name, what, a, b,
                  16 * u + i);
        }
    }
}

/** Every byte of a block takes every value, at both alignments that there are. */
template <int TYPE>
void test_units(const type_info &t) {
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
            /* The high byte of a half: exponents that neither end is near. */
            block[byte] = (uint8_t)(scale && byte % 2 == 1 ? (value & 0x83) | 0x20 : value);
            check_block<TYPE>(t, block, "byte, value", byte, value);
        }
    }
}

/* ---- kernels ---------------------------------------------------------------------------------- */

constexpr emulator::copies WAYS[] = {emulator::copies::AT_ONCE, emulator::copies::LATE};

/** A kernel's threads and its shared memory, which starts as no numbers. */
template <typename F>
void launch(int64_t blocks, int threads, int shared_bytes, emulator::copies when, F thread) {
    static uint32_t seed = 1;
    std::unique_ptr<uint8_t[]> shared(new uint8_t[(size_t)shared_bytes + 16]);
    memset(shared.get(), 0xff, (size_t)shared_bytes + 16);
    emulator::run(blocks, threads, when, seed++, [&] { thread(shared.get()); });
    CHECK(!emulator::stuck(), "threads wait for others that have ended");
}

/** What the kernel makes of x, bit for bit what the reference makes. */
quants test_quantise(const std::vector<float> &x) {
    quants out = {std::vector<uint8_t>(x.size(), 0xaa), std::vector<myelin::scale_and_sum>(x.size() / 32)};
    const auto values = (int64_t)x.size();
    launch((values + myelin::ACTIVATION_THREADS - 1) / myelin::ACTIVATION_THREADS, myelin::ACTIVATION_THREADS,
           0, WAYS[0],
           [&](uint8_t *) { myelin::quantise_thread(x.data(), values, out.q.data(), out.scales.data()); });
    const quants e = quantised(x);
    CHECK(out.q == e.q, "quants");
    CHECK(memcmp(out.scales.data(), e.scales.data(), e.scales.size() * sizeof e.scales[0]) == 0, "scales");
    return out;
}

/** Decodes once for each number of positions, in both ways of copying. */
template <int TYPE, int M>
std::vector<float> run_decode(const matrix &w, int m, const std::vector<float> &x, const quants &q,
                              emulator::copies when, int64_t blocks) {
    std::vector<float> y((size_t)(w.n * m), NAN);
    if constexpr (TYPE == myelin::TYPE_F16) {
        launch(blocks, myelin::DECODE_THREADS, 0, when, [&](uint8_t *) {
            myelin::decode_f16_thread<M>(w.k, w.n, m, w.data.get(), x.data(), y.data());
        });
    } else {
        launch(blocks, myelin::DECODE_THREADS, myelin::decode_shared<TYPE>::BYTES, when,
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
    const quants mine = q != nullptr ? test_quantise(x) : quants{};
    std::vector<expected> wanted;
    for (int64_t row = 0; row < w.n; row++) {
        const auto weights = weights_of(w, row);
        for (int p = 0; p < m; p++) {
            wanted.push_back(decoded(w.info, weights, x, q != nullptr ? &mine : nullptr, p));
        }
    }
    for (const emulator::copies when : WAYS) {
        /* As many blocks as rows want, and fewer, which go on to further rows. */
        for (const int64_t blocks : {(w.n + 3) / 4, int64_t{1}}) {
            const auto y = run_decode<TYPE, M>(w, m, x, mine, when, blocks);
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

/** The warps of a grid visit every segment of every row once, in order, and know where it lies. */
void test_paths() {
    for (const int64_t n : {1, 3, 4, 5, 31, 32, 33, 100}) {
        for (const int64_t k : {32, 2048, 2080, 6144}) {
            for (const int64_t warps : {4, 8, 64}) {
                const int64_t row_bytes = k / 32 * 18;
                const myelin::path rows(warps, k, row_bytes, 1152);
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
void test_prefill(const type_info &t, int64_t k, int64_t n, int64_t m, emulator::copies when) {
    generator r((uint32_t)(k * 31 + n * 7 + m));
    const matrix w = random_matrix(t, k, n, r);
    const auto x = random_activations(k, m, r);
    const int64_t padded = myelin::padded_to_steps(k);
    std::vector<uint16_t> wanted((size_t)padded);
    std::unique_ptr<uint16_t[]> halves(new uint16_t[(size_t)(padded * m)]);
    std::vector<float> inverse((size_t)m);
    auto *bytes = reinterpret_cast<uint8_t *>(halves.get());
    launch(m, myelin::ACTIVATION_THREADS, 32, when, [&](uint8_t *shared) {
        myelin::halve_thread(x.data(), k, padded, bytes, inverse.data(), reinterpret_cast<float *>(shared));
    });
    for (int64_t p = 0; p < m; p++) {
        const float back = halved(x, k, p, wanted.data(), padded);
        CHECK(back == inverse[(size_t)p], "factor of position %d", (int)p);
        CHECK(memcmp(wanted.data(), halves.get() + p * padded, (size_t)padded * 2) == 0, "halves of %d",
              (int)p);
    }
    const myelin::prefill_problem problem = {w.data.get(), bytes, w.row_bytes, k, padded, n, m};
    std::vector<float> y((size_t)(n * m), NAN);
    const int64_t blocks = (n + myelin::ROWS - 1) / myelin::ROWS * ((m + COLUMNS - 1) / COLUMNS);
    launch(blocks, myelin::THREADS, myelin::shared_bytes<TYPE, COLUMNS>(), when, [&](uint8_t *shared) {
        myelin::prefill_thread<TYPE, COLUMNS>(problem, inverse.data(), y.data(), shared);
    });
    for (int64_t row = 0; row < n; row++) {
        const auto weights = weights_of(w, row);
        const auto halved_weights = rounded(weights);
        for (int64_t p = 0; p < m; p++) {
            const expected e =
                prefilled(t, weights, halved_weights, x, halves.get() + p * padded, inverse[(size_t)p], p);
            const double result = y[(size_t)(p * n + row)];
            CHECK(e.accepts(result), "%s k %d n %d m %d row %d position %d: %g, not %g or %g", t.name, (int)k,
                  (int)n, (int)m, (int)row, (int)p, result, e.exact, e.rounded);
        }
    }
}

template <int TYPE>
void test_prefills(const type_info &t) {
    const int64_t odd = TYPE == myelin::TYPE_F16 ? 37 : t.block;
    for (const emulator::copies when : WAYS) {
        test_prefill<TYPE, 32>(t, odd, 1, 9, when);
        test_prefill<TYPE, 32>(t, 3 * odd, 129, 31, when);
        test_prefill<TYPE, 32>(t, 768, 128, 32, when);
        test_prefill<TYPE, 128>(t, odd, 130, 33, when);
        test_prefill<TYPE, 128>(t, 256 + (odd < 256 ? 5 : 1) * odd, 127, 129, when);
        if (TYPE == myelin::TYPE_F16) {
            test_prefill<TYPE, 128>(t, 264, 60, 40, when);
            test_prefill<TYPE, 32>(t, 1, 5, 10, when);
        }
    }
}

template <int TYPE>
void test_type(const type_info &t) {
    test_units<TYPE>(t);
    test_decodes<TYPE>(t);
    test_prefills<TYPE>(t);
}

}  // namespace

int main() {
    test_halves();
    test_activations();
    test_paths();
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
