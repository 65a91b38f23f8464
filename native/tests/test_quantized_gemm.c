/* Every kernel of quantised weights against the scalar reference, and that against a product in double
 * precision. */
#include "cpu/dispatch.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "myelin.h"
#include "quantize/half.h"

/** The reference. */
static const isa_kernels *scalar;

static uint32_t state = 12345;

static uint32_t next(void) {
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    return state;
}

static float uniform(void) {
    return (float)next() / 4294967296.0f * 2.0f - 1.0f;
}

/** A half between about 2^-7 and 2^-6, either sign: a scale as files have it. */
static half_t some_scale(void) {
    return (half_t)((next() & 0x8000) | 8u << 10 | (next() & 0x3ff));
}

static void put_half(char *at, half_t h) {
    memcpy(at, &h, sizeof h);
}

enum { MAX_SCALES = 2 };

/** Where a block of this type has its halves: scale, and min. Returns how many; mxfp4 has none. */
static int scales_of(int32_t type, size_t at[MAX_SCALES]) {
    at[0] = 0;
    at[1] = 2;
    switch (type) {
        case TYPE_MXFP4:
            return 0;
        case TYPE_Q2_K:
            at[0] = offsetof(block_q2_k, d);
            at[1] = offsetof(block_q2_k, dmin);
            return 2;
        case TYPE_Q3_K:
            at[0] = offsetof(block_q3_k, d);
            return 1;
        case TYPE_Q6_K:
            at[0] = offsetof(block_q6_k, d);
            return 1;
        case TYPE_Q4_1:
        case TYPE_Q5_1:
        case TYPE_Q4_K:
        case TYPE_Q5_K:
            return 2;
        default:
            return 1;
    }
}

/** Blocks of random bytes, or of one, and small random scales. */
static void some_weights(int32_t type, size_t blocks, const uint8_t *byte, char *out) {
    const size_t bytes = weight_types[type].block_bytes;
    for (size_t i = 0; i < blocks * bytes; i++) {
        out[i] = (char)(byte != NULL ? *byte : next());
    }
    size_t at[MAX_SCALES];
    const int scales = scales_of(type, at);
    for (size_t b = 0; b < blocks; b++) {
        char *w = out + b * bytes;
        for (int i = 0; i < scales; i++) {
            put_half(w + at[i], some_scale());
        }
        if (type == TYPE_MXFP4) {
            w[0] = (char)(118 + next() % 8);
        }
    }
}

/** A row's weights as numbers. */
static void dequantize(int32_t type, int64_t k, const char *row, double *out) {
    const weight_type *t = &weight_types[type];
    for (int64_t at = 0; at < k; at += K_BLOCK) {
        const int blocks = (int)((k - at < K_BLOCK ? k - at : K_BLOCK) / 32);
        dequantized_block c;
        memset(&c, 0, sizeof c);
        t->dequantize(row + weight_row_bytes(t, at), blocks, &c);
        for (int i = 0; i < 32 * blocks; i++) {
            const int group = t->panel == PANEL_SUPER_16_MIN ? 0
                              : t->panel == PANEL_SUPER_16   ? i / 16
                                                             : i / 32;
            const double d = (double)c.d[group];
            double w = d * c.q[i];
            if (t->panel == PANEL_32_MIN) {
                w += (double)c.m[i / 32];
            } else if (t->panel == PANEL_SUPER_32_MIN) {
                w -= (double)c.dmin * c.mins[i / 32];
            } else if (t->panel == PANEL_SUPER_16_MIN) {
                w -= (double)c.dmin * c.mins[i / 16];
            } else {
                w -= d * (1 << t->zero_shift);
            }
            out[at + i] = w;
        }
    }
}

enum { MAX_K = 2048, MAX_ROWS = 70, MAX_M = 19 };

static char weights[MAX_ROWS * MAX_K * 2];
static float x[MAX_M * MAX_K];
static double row[MAX_K];
static activation_block reference_x[MAX_M * MAX_K / K_BLOCK];
/* nothing that needs more than the alignment of an int32 may be asked of activations */
static _Alignas(64) char room_x[sizeof(int32_t) + sizeof reference_x];
static activation_block *const other_x = (activation_block *)(void *)(room_x + sizeof(int32_t));
static float reference[MAX_M * MAX_ROWS];
static float result[MAX_M * MAX_ROWS];
static float alone[MAX_M * MAX_ROWS];

/** What 8-bit activations may be wrong by, relative to |w||x|. */
static const double ERROR_OF_ACTIVATIONS = 5e-3;

/** What the order of f32 additions may, between instruction sets; NEON keeps the reference's. */
#if defined(__aarch64__)
static const double ERROR_OF_ROUNDING = 0;
#else
static const double ERROR_OF_ROUNDING = 1e-5;
#endif

static gemm_args whole(int32_t type, int64_t k, const activation_block *activations, int64_t positions,
                       float *y) {
    const gemm_args p = {
        .type = type,
        .k = k,
        .w = weights,
        .w_stride = weight_row_bytes(&weight_types[type], k),
        .x = activations,
        .n = positions,
        .y = y,
        .y_stride = MAX_ROWS,
    };
    return p;
}

static void quantize(const isa_kernels *isa, int32_t type, int64_t k, int64_t first, int64_t positions,
                     activation_block *out) {
    for (int64_t m = 0; m < positions; m++) {
        isa->activations->quantize[weight_types[type].activations](k, x + (first + m) * MAX_K, out + m,
                                                                   positions);
    }
}

static void check_errors(const isa_kernels *isa, int32_t type, int64_t k, int64_t rows, int64_t positions) {
    for (int64_t i = 0; i < rows; i++) {
        dequantize(type, k, weights + (size_t)i * weight_row_bytes(&weight_types[type], k), row);
        for (int64_t m = 0; m < positions; m++) {
            double exact = 0;
            double ww = 0;
            double xx = 0;
            for (int64_t j = 0; j < k; j++) {
                const double v = (double)x[m * MAX_K + j];
                exact += row[j] * v;
                ww += row[j] * row[j];
                xx += v * v;
            }
            const double size = sqrt(ww * xx) + 1e-30;
            const double want = (double)reference[m * MAX_ROWS + i];
            const double got = (double)result[m * MAX_ROWS + i];
            CHECK(fabs(want - exact) <= ERROR_OF_ACTIVATIONS * size, "type %d k %d: %g, exactly %g", type,
                  (int)k, want, exact);
            CHECK(fabs(got - want) <= ERROR_OF_ROUNDING * size,
                  "%s type %d k %d row %d of %d at %d of %d: %g, reference %g", isa->name, type, (int)k,
                  (int)i, (int)rows, (int)m, (int)positions, got, want);
        }
    }
}

/** Whatever else is computed, and wherever the rows are cut, an output is the same bit for bit. */
static void check_invariance(const isa_kernels *isa, int32_t type, int64_t k, int64_t rows,
                             int64_t positions) {
    for (int64_t m = 0; m < positions;) {
        const int64_t some = 1 + next() % (uint32_t)(positions - m);
        quantize(isa, type, k, m, some, other_x);
        gemm_args p = whole(type, k, other_x, some, alone);
        const int64_t cut = next() % (uint32_t)(rows + 1);
        gemm(isa, &p, 0, cut);
        gemm(isa, &p, cut, rows);
        for (int64_t j = 0; j < some; j++) {
            CHECK(
                memcmp(alone + j * MAX_ROWS, result + (m + j) * MAX_ROWS, (size_t)rows * sizeof *alone) == 0,
                "%s type %d k %d rows %d cut at %d: position %d of %d alone with %d differs", isa->name, type,
                (int)k, (int)rows, (int)cut, (int)(m + j), (int)positions, (int)some);
        }
        m += some;
    }
}

static void check_product(const isa_kernels *isa, int32_t type, int64_t k, int64_t rows, int64_t positions) {
    quantize(scalar, type, k, 0, positions, reference_x);
    quantize(isa, type, k, 0, positions, other_x);
    const size_t bytes = (size_t)(k_block_count(k) * positions) * sizeof(activation_block);
    CHECK(memcmp(reference_x, other_x, bytes) == 0, "%s type %d k %d: activations", isa->name, type, (int)k);
    gemm_args p = whole(type, k, reference_x, positions, reference);
    gemm(scalar, &p, 0, rows);
    p = whole(type, k, other_x, positions, result);
    gemm(isa, &p, 0, rows);
    check_errors(isa, type, k, rows, positions);
    check_invariance(isa, type, k, rows, positions);
}

static panel expected;
static panel packed;

/** A panel from the table's own reader, and from the type's description. */
static void check_panel(const isa_kernels *isa, int32_t type, int blocks) {
    const weight_type *t = &weight_types[type];
    const size_t stride = weight_row_bytes(t, K_BLOCK);
    some_weights(type, PANEL_ROWS * K_BLOCK / (size_t)t->block_size, NULL, weights);
    for (size_t i = 0; type == TYPE_MXFP4 && i < PANEL_ROWS * BLOCKS; i++) {
        weights[i * t->block_bytes] = (char)(i < 32 ? i : next());
    }
    memset(&expected, 0, sizeof expected);
    memset(&packed, 0, sizeof packed);
    pack_panel_by_row(t, weights, stride, blocks, &expected);
    /* blocks may lie at any address: those of 17 bytes do */
    memmove(weights + 1, weights, PANEL_ROWS * stride);
    isa->quantized_gemm->pack[type](weights + 1, stride, blocks, weights, &packed);
    const int has_mins = t->panel == PANEL_SUPER_32_MIN || t->panel == PANEL_SUPER_16_MIN;
    const size_t mins =
        (size_t)(t->panel == PANEL_SUPER_16_MIN ? BLOCKS : BLOCKS / 2) * sizeof expected.mins[0];
    const int groups = t->panel == PANEL_SUPER_16_MIN ? 1 : t->panel == PANEL_SUPER_16 ? 2 * blocks : blocks;
    const size_t scales = (size_t)groups * sizeof expected.d[0];
    int same = memcmp(expected.q, packed.q, (size_t)blocks * 8 * sizeof expected.q[0]) == 0 &&
               memcmp(expected.d, packed.d, scales) == 0;
    if (t->panel == PANEL_32_MIN) {
        same = same && memcmp(expected.m, packed.m, (size_t)blocks * sizeof expected.m[0]) == 0;
    } else if (has_mins) {
        same = same && memcmp(expected.mins, packed.mins, mins) == 0 &&
               memcmp(expected.dmin, packed.dmin, sizeof expected.dmin) == 0;
    }
    CHECK(same, "%s type %d: a panel of %d blocks", isa->name, type, blocks);
}

/** The first rounds have the largest sums there can be: all weights and all activations at an end of their
 * range. */
static const uint8_t ENDS[] = {0xff, 0x00, 0x80, 0x7f};

static const uint8_t *largest_of_round(int round) {
    return round < 8 ? &ENDS[round / 2] : NULL;
}

static float value_of_round(int round, int i) {
    switch (round) {
        case 8:
            return 0.0f;
        case 9:
            return i % 2 == 0 ? 1.0f : -1.0f;
        default:
            return round >= 8 ? uniform() : round % 2 == 0 ? 1.0f : -1.0f;
    }
}

static void check_type(const isa_kernels *isa, int32_t type) {
    static const int64_t rows[] = {1, 15, 16, 17, 31, 32, 33, 64, MAX_ROWS};
    static const int64_t positions[] = {1, 2, 3, 4, 5, 6, 7, 8, 11, 13, MAX_M};
    const weight_type *t = &weight_types[type];
    const int64_t block = activation_block_size(t->activations) > t->block_size
                              ? activation_block_size(t->activations)
                              : t->block_size;
    for (int round = 0; round < 30; round++) {
        const int64_t blocks = round == 0 ? 1 : 1 + next() % (uint32_t)(MAX_K / block);
        const int64_t k = block * blocks;
        some_weights(type, MAX_ROWS * (size_t)(k / t->block_size), largest_of_round(round), weights);
        for (int i = 0; i < MAX_M * MAX_K; i++) {
            x[i] = value_of_round(round, i);
        }
        check_product(isa, type, k, rows[round % 9], positions[round % 11]);
    }
}

static void fill(const isa_kernels *isa, int32_t type, int64_t k, int64_t rows, int64_t positions) {
    quantize(isa, type, k, 0, positions, other_x);
    const gemm_args p = whole(type, k, other_x, positions, result);
    gemm(isa, &p, 0, rows);
}

/** All outputs of a row or position are not finite, all others are as they were. */
static void check_carried(const isa_kernels *isa, int32_t type, int64_t rows, int64_t positions,
                          int64_t row_of, int64_t position) {
    for (int64_t m = 0; m < positions; m++) {
        for (int64_t i = 0; i < rows; i++) {
            const float *y = result + m * MAX_ROWS + i;
            const float *clean = alone + m * MAX_ROWS + i;
            if (m == position) {
                CHECK(isnan(*y), "%s type %d row %d at %d of %d: NaN is lost", isa->name, type, (int)i,
                      (int)m, (int)positions);
            } else if (i == row_of) {
                CHECK(!isfinite(*y), "%s type %d row %d at %d of %d: the weights' NaN is lost", isa->name,
                      type, (int)i, (int)m, (int)positions);
            } else {
                CHECK(memcmp(y, clean, sizeof *y) == 0, "%s type %d row %d at %d of %d: another's NaN",
                      isa->name, type, (int)i, (int)m, (int)positions);
            }
        }
    }
}

/** NaN and infinities, in activations and in the scales of weights, reach what is computed with them. */
static void check_broken(const isa_kernels *isa, int32_t type) {
    static const int64_t positions[] = {1, 2, 4, 7, MAX_M};
    static const half_t halves[] = {0x7e00, 0xfe01, 0x7c00, 0xfc00};
    const float floats[] = {NAN, -NAN, INFINITY, -INFINITY};
    enum { ROWS = 37, NO_ROW = -1 };
    const weight_type *t = &weight_types[type];
    const int64_t k =
        activation_block_size(t->activations) == K_BLOCK || t->block_size == K_BLOCK ? 3 * K_BLOCK : 19 * 32;
    const size_t row_bytes = weight_row_bytes(t, k);
    size_t at[MAX_SCALES];
    const int scales = scales_of(type, at);
    some_weights(type, ROWS * (size_t)(k / t->block_size), NULL, weights);
    for (int i = 0; i < MAX_M * MAX_K; i++) {
        x[i] = uniform();
    }
    for (int round = 0; round < 20; round++) {
        const int64_t count = positions[round / 4];
        const int64_t m = next() % (uint32_t)count;
        fill(isa, type, k, ROWS, count);
        memcpy(alone, result, sizeof alone);
        float *value = x + m * MAX_K + next() % (uint32_t)k;
        const float was = *value;
        *value = floats[round % 4];
        quantize(scalar, type, k, 0, count, reference_x);
        fill(isa, type, k, ROWS, count);
        CHECK(
            memcmp(reference_x, other_x, (size_t)(k_block_count(k) * count) * sizeof(activation_block)) == 0,
            "%s type %d: activations that are not finite", isa->name, type);
        check_carried(isa, type, ROWS, count, NO_ROW, m);
        *value = was;
        if (scales > 0) {
            const int64_t r = next() % ROWS;
            char *scale = weights + (size_t)r * row_bytes +
                          next() % (uint32_t)(k / t->block_size) * t->block_bytes + at[round % scales];
            char kept[sizeof(half_t)];
            memcpy(kept, scale, sizeof kept);
            put_half(scale, halves[round % 4]);
            fill(isa, type, k, ROWS, count);
            check_carried(isa, type, ROWS, count, r, -1);
            memcpy(scale, kept, sizeof kept);
        }
    }
}

/** Blocks whose scale has no inverse: their quants are 0, and so are their sums. */
static void check_tiny(const isa_kernels *isa, int32_t type) {
    enum { K = 2 * K_BLOCK };
    for (int i = 0; i < K; i++) {
        x[i] = (i % 2 == 0 ? 1e-40f : -1e-37f) * uniform();
    }
    quantize(scalar, type, K, 0, 1, reference_x);
    quantize(isa, type, K, 0, 1, other_x);
    CHECK(memcmp(reference_x, other_x, K / K_BLOCK * sizeof(activation_block)) == 0,
          "%s type %d: tiny activations", isa->name, type);
}

static void check_table(const isa_kernels *isa) {
    for (int32_t type = 0; type < TYPE_COUNT; type++) {
        if (weight_types[type].dequantize != NULL) {
            for (int blocks = 1; isa->quantized_gemm->pack[type] != NULL && blocks <= BLOCKS; blocks++) {
                check_panel(isa, type, weight_types[type].block_size == K_BLOCK ? BLOCKS : blocks);
            }
            check_type(isa, type);
            check_broken(isa, type);
            check_tiny(isa, type);
        }
    }
}

static void check_halves(void) {
    CHECK(half_to_float(0x3c00) == 1.0f, "one");
    CHECK(half_to_float(0xc000) == -2.0f, "minus two");
    CHECK(half_to_float(0x0001) == 0x1p-24f, "the smallest subnormal");
    CHECK(half_to_float(0x7bff) == 65504.0f, "the largest");
    CHECK(isinf(half_to_float(0x7c00)) != 0, "infinity");
}

static void check_interface(void) {
    CHECK(myelin_activation_row_bytes(ACTIVATIONS_32, 33) == 0, "no multiple of the block");
    CHECK(myelin_activation_row_bytes(ACTIVATIONS_256, 0) == 0, "no values");
    CHECK(myelin_activation_row_bytes(7, 256) == 0, "no format");
    CHECK(myelin_activation_row_bytes(ACTIVATIONS_32, 32) == 384, "one segment");
    CHECK(myelin_activation_row_bytes(ACTIVATIONS_256, 512) == 768, "two segments");
    CHECK(myelin_activation_row_bytes(ACTIVATIONS_F32, 33) == 132, "floats");
    CHECK(myelin_activation_row_bytes(ACTIVATIONS_F32, 0) == 0, "no floats");
    CHECK(myelin_activation_format(-1) == 0, "no type");
    CHECK(myelin_activation_format(TYPE_COUNT) == 0, "beyond the types");
    CHECK(myelin_activation_format(2000) == 0, "far beyond");
    CHECK(myelin_check_tensor_layout(0, 0, 0, 0) == MYELIN_ERROR_UNSUPPORTED, "another layout");
}

#if defined(AVXVNNI_BY_AVX512)
/* the source of AVX-VNNI's kernels in AVX-512's encoding */
extern const quantized_gemm_table quantized_gemm_avxvnni_by_avx512;
static const isa_kernels avxvnni_by_avx512 = {
    .name = "avxvnni",
    .features = UINT64_C(1) << MYELIN_CPU_AVX512VL | UINT64_C(1) << MYELIN_CPU_AVX512_VNNI |
                UINT64_C(1) << MYELIN_CPU_AVX2 | UINT64_C(1) << MYELIN_CPU_F16C |
                UINT64_C(1) << MYELIN_CPU_FMA,
    .quantized_gemm = &quantized_gemm_avxvnni_by_avx512,
    .activations = &quantize_activations_avx2,
};
#endif

/** Whether an instruction set was tested: the one that is asked for, or any. */
static int check_isa(const isa_kernels *isa, const char *only) {
    if (only != NULL && strcmp(only, isa->name) != 0) {
        return 0;
    }
    if (!isa_usable(isa)) {
        printf("skipped: this CPU cannot run %s\n", isa->name);
        return 0;
    }
    check_table(isa);
    printf("tested: %s\n", isa->name);
    return 1;
}

/** By its name each one; without a name the best, but never the reference. */
static void check_choice(void) {
    const isa_kernels *best = NULL;
    for (int i = isa_count - 1; i >= 0; i--) {
        const isa_kernels *usable = isa_usable(&isa_table[i]) ? &isa_table[i] : NULL;
        CHECK(kernels_named(isa_table[i].name) == usable, "%s", isa_table[i].name);
        best = usable != NULL && i != isa_count - 1 ? usable : best;
    }
    CHECK(kernels_named("none") == NULL, "none");
    CHECK(kernels_named(NULL) == best, "the best");
}

/** What a test program that could not run ends with, see CMakeLists.txt. */
enum { SKIPPED = 77 };

/** Tests all tables, or the one that is named. */
int main(int count, char **arguments) {
    const char *only = count > 1 ? arguments[1] : NULL;
    int tested = 0;
    check_halves();
    check_interface();
    check_choice();
    scalar = &isa_table[isa_count - 1];
    for (int i = 0; i < isa_count; i++) {
        tested += check_isa(&isa_table[i], only);
    }
#if defined(AVXVNNI_BY_AVX512)
    tested += check_isa(&avxvnni_by_avx512, only);
#endif
    return tested == 0 ? SKIPPED : checks_failed();
}
