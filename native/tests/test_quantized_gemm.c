/* The quantised GEMM of every instruction set against the scalar reference, and the reference against double
 * precision. */
#include "cpu/dispatch.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "myelin.h"
#include "quantize/half.h"
#include "random.h"

/** The reference. */
static const isa_kernels *scalar;

/** A random f16 scale between about 2^-7 and 2^-6, of either sign. */
static half_t random_scale(void) {
    return (half_t)((next() & 0x8000) | 8u << 10 | (next() & 0x3ff));
}

static void store_half(char *at, half_t h) {
    memcpy(at, &h, sizeof h);
}

enum { MAX_SCALES = 2 };

/** The offsets of the f16 scale and minimum in a block. Returns their count; mxfp4, nvfp4 and iq1_m have
 * none. */
static int scale_offsets(int32_t type, size_t at[MAX_SCALES]) {
    at[0] = 0;
    at[1] = 2;
    switch (type) {
        case TYPE_MXFP4:
        case TYPE_NVFP4:
        case TYPE_IQ1_M:
            return 0;
        case TYPE_TQ1_0:
            at[0] = offsetof(block_tq1_0, d);
            return 1;
        case TYPE_TQ2_0:
            at[0] = offsetof(block_tq2_0, d);
            return 1;
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

/** Blocks of random bytes, or of the given byte, with small random scales. */
static void fill_weights(int32_t type, size_t blocks, const uint8_t *byte, char *out) {
    const size_t bytes = weight_types[type].block_bytes;
    for (size_t i = 0; i < blocks * bytes; i++) {
        out[i] = (char)(byte != NULL ? *byte : next());
    }
    size_t at[MAX_SCALES];
    const int scales = scale_offsets(type, at);
    for (size_t b = 0; b < blocks; b++) {
        char *w = out + b * bytes;
        for (int i = 0; i < scales; i++) {
            store_half(w + at[i], random_scale());
        }
        if (type == TYPE_MXFP4) {
            w[0] = (char)(118 + next() % 8);
        }
        for (int i = 0; type == TYPE_IQ1_M && i < 4; i++) {
            /* the nibbles of a scale */
            char *high = w + offsetof(block_iq1_m, scales) + 2 * i + 1;
            *high = (char)((*high & 15) | (i == 3 ? 0x20 : (int)(next() & 0xf0)));
        }
        for (int i = 0; type == TYPE_NVFP4 && i < 4; i++) {
            w[i] = (char)next();
        }
    }
}

static int values_per_scale(enum panel_kind kind) {
    switch (kind) {
        case PANEL_16:
        case PANEL_SUPER_16:
            return 16;
        case PANEL_SUPER_16_MIN:
        case PANEL_SUPER_256:
        case PANEL_SUPER_16_INT:
            return K_BLOCK;
        default:
            return 32;
    }
}

/** Dequantises a row. */
static void dequantize(int32_t type, int64_t k, const char *row, double *out) {
    const weight_type *t = &weight_types[type];
    for (int64_t at = 0; at < k; at += K_BLOCK) {
        const int blocks = (int)((k - at < K_BLOCK ? k - at : K_BLOCK) / 32);
        dequantized_block block;
        memset(&block, 0, sizeof block);
        t->dequantize(row + weight_row_bytes(t, at), blocks, &block);
        for (int i = 0; i < 32 * blocks; i++) {
            const int group = i / values_per_scale(t->panel);
            const double d = (double)block.d[group];
            double w = d * block.q[i];
            if (t->panel == PANEL_32_MIN) {
                w += (double)block.m[i / 32];
            } else if (t->panel == PANEL_SUPER_32_MIN) {
                w -= (double)block.dmin * block.mins[i / 32];
            } else if (t->panel == PANEL_SUPER_16_MIN) {
                w -= (double)block.dmin * block.mins[i / 16];
            } else if (t->panel == PANEL_SUPER_16_INT) {
                w = d * block.scales[i / 16] * (block.q[i] - (1 << t->zero_shift));
            } else {
                w -= d * (1 << t->zero_shift);
            }
            out[at + i] = w;
        }
    }
}

enum { MAX_K = 2048, MAX_ROWS = 70, MAX_N_TESTED = 19 };

static char weights[MAX_ROWS * MAX_K * 2];
static float x[MAX_N_TESTED * MAX_K];
static double row[MAX_K];
static activation_block reference_x[MAX_N_TESTED * MAX_K / K_BLOCK];
/* activations are aligned as an int32 only */
static _Alignas(64) char unaligned_x[sizeof(int32_t) + sizeof reference_x];
static activation_block *const other_x = (activation_block *)(void *)(unaligned_x + sizeof(int32_t));
static float reference[MAX_N_TESTED * MAX_ROWS];
static float result[MAX_N_TESTED * MAX_ROWS];
static float other[MAX_N_TESTED * MAX_ROWS];

/** The error of 8-bit activations, relative to |w||x|. */
static const double QUANTIZATION_ERROR = 5e-3;

static gemm_args all_rows(int32_t type, int64_t k, const activation_block *activations, int64_t n, float *y) {
    const gemm_args p = {
        .type = type,
        .k = k,
        .w = weights,
        .w_stride = weight_row_bytes(&weight_types[type], k),
        .x = activations,
        .n = n,
        .y = y,
        .y_stride = MAX_ROWS,
    };
    return p;
}

static void quantize(const isa_kernels *isa, int32_t type, int64_t k, int64_t first, int64_t n,
                     activation_block *out) {
    for (int64_t m = 0; m < n; m++) {
        isa->activations->quantize[weight_types[type].activations](k, x + (first + m) * MAX_K, out + m, n);
    }
}

static void check_errors(const isa_kernels *isa, int32_t type, int64_t k, int64_t rows, int64_t n) {
    for (int64_t i = 0; i < rows; i++) {
        dequantize(type, k, weights + (size_t)i * weight_row_bytes(&weight_types[type], k), row);
        for (int64_t m = 0; m < n; m++) {
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
            CHECK(fabs(want - exact) <= QUANTIZATION_ERROR * size, "type %d k %d: %g, exactly %g", type,
                  (int)k, want, exact);
            CHECK(got == want, "%s type %d k %d row %d of %d, X %d of %d: %g, reference %g", isa->name, type,
                  (int)k, (int)i, (int)rows, (int)m, (int)n, got, want);
        }
    }
}

/** An output has the same bits for any n and any cut of the rows. */
static void check_invariance(const isa_kernels *isa, int32_t type, int64_t k, int64_t rows, int64_t n) {
    for (int64_t m = 0; m < n;) {
        const int64_t count = 1 + next() % (uint32_t)(n - m);
        quantize(isa, type, k, m, count, other_x);
        gemm_args p = all_rows(type, k, other_x, count, other);
        const int64_t cut = next() % (uint32_t)(rows + 1);
        gemm(isa, &p, 0, cut);
        gemm(isa, &p, cut, rows);
        for (int64_t j = 0; j < count; j++) {
            CHECK(
                memcmp(other + j * MAX_ROWS, result + (m + j) * MAX_ROWS, (size_t)rows * sizeof *other) == 0,
                "%s type %d k %d rows %d cut at %d: X %d of %d differs with n = %d", isa->name, type, (int)k,
                (int)rows, (int)cut, (int)(m + j), (int)n, (int)count);
        }
        m += count;
    }
}

static void check_gemm(const isa_kernels *isa, int32_t type, int64_t k, int64_t rows, int64_t n) {
    quantize(scalar, type, k, 0, n, reference_x);
    quantize(isa, type, k, 0, n, other_x);
    const size_t bytes = (size_t)(k_block_count(k) * n) * sizeof(activation_block);
    CHECK(memcmp(reference_x, other_x, bytes) == 0, "%s type %d k %d: activations", isa->name, type, (int)k);
    gemm_args p = all_rows(type, k, reference_x, n, reference);
    gemm(scalar, &p, 0, rows);
    p = all_rows(type, k, other_x, n, result);
    gemm(isa, &p, 0, rows);
    check_errors(isa, type, k, rows, n);
    check_invariance(isa, type, k, rows, n);
}

static panel expected;
static panel packed;

/** A panel of the pack function against one packed by the definition of the type. */
static void check_panel(const isa_kernels *isa, int32_t type, int blocks) {
    const weight_type *t = &weight_types[type];
    const size_t stride = weight_row_bytes(t, K_BLOCK);
    fill_weights(type, PANEL_ROWS * K_BLOCK / (size_t)t->block_size, NULL, weights);
    for (size_t i = 0; type == TYPE_MXFP4 && i < PANEL_ROWS * BLOCKS; i++) {
        weights[i * t->block_bytes] = (char)(i < 32 ? i : next());
    }
    memset(&expected, 0, sizeof expected);
    memset(&packed, 0, sizeof packed);
    pack_panel_by_row(t, weights, stride, blocks, &expected);
    /* blocks may be at any address, as those of 17 bytes are */
    memmove(weights + 1, weights, PANEL_ROWS * stride);
    isa->quantized_gemm->pack[type](weights + 1, stride, blocks, &packed);
    const int has_mins = t->panel == PANEL_SUPER_32_MIN || t->panel == PANEL_SUPER_16_MIN;
    const size_t mins =
        (size_t)(t->panel == PANEL_SUPER_16_MIN ? BLOCKS : BLOCKS / 2) * sizeof expected.mins[0];
    const int groups = 32 * blocks / values_per_scale(t->panel);
    const size_t scales = (size_t)groups * sizeof expected.d[0];
    int same = memcmp(expected.q, packed.q, (size_t)blocks * 8 * sizeof expected.q[0]) == 0 &&
               memcmp(expected.d, packed.d, scales) == 0;
    if (t->panel == PANEL_32_MIN) {
        same = same && memcmp(expected.m, packed.m, (size_t)blocks * sizeof expected.m[0]) == 0;
    } else if (has_mins) {
        same = same && memcmp(expected.mins, packed.mins, mins) == 0 &&
               memcmp(expected.dmin, packed.dmin, sizeof expected.dmin) == 0;
    } else if (t->panel == PANEL_SUPER_16_INT) {
        same = same && memcmp(expected.scales, packed.scales, sizeof expected.scales) == 0;
    }
    CHECK(same, "%s type %d: a panel of %d blocks", isa->name, type, blocks);
}

/** The first rounds have the largest possible sums: all weights and activations at an end of their range. */
static const uint8_t EXTREME_BYTES[] = {0xff, 0x00, 0x80, 0x7f};

static const uint8_t *byte_of_round(int round) {
    return round < 8 ? &EXTREME_BYTES[round / 2] : NULL;
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
    static const int64_t ns[] = {1, 2, 3, 4, 5, 6, 7, 8, 11, 13, MAX_N_TESTED};
    const weight_type *t = &weight_types[type];
    const int64_t block = activation_block_size(t->activations) > t->block_size
                              ? activation_block_size(t->activations)
                              : t->block_size;
    for (int round = 0; round < 30; round++) {
        const int64_t blocks = round == 0 ? 1 : 1 + next() % (uint32_t)(MAX_K / block);
        const int64_t k = block * blocks;
        fill_weights(type, MAX_ROWS * (size_t)(k / t->block_size), byte_of_round(round), weights);
        for (int i = 0; i < MAX_N_TESTED * MAX_K; i++) {
            x[i] = value_of_round(round, i);
        }
        check_gemm(isa, type, k, rows[round % 9], ns[round % 11]);
    }
}

static void run(const isa_kernels *isa, int32_t type, int64_t k, int64_t rows, int64_t n) {
    quantize(isa, type, k, 0, n, other_x);
    const gemm_args p = all_rows(type, k, other_x, n, result);
    gemm(isa, &p, 0, rows);
}

/** The outputs of one row of W or of X are not finite; all others are unchanged. */
static void check_nan_outputs(const isa_kernels *isa, int32_t type, int64_t rows, int64_t n, int64_t nan_row,
                              int64_t nan_n) {
    for (int64_t m = 0; m < n; m++) {
        for (int64_t i = 0; i < rows; i++) {
            const float *y = result + m * MAX_ROWS + i;
            const float *clean = other + m * MAX_ROWS + i;
            if (m == nan_n) {
                CHECK(isnan(*y), "%s type %d row %d, X %d of %d: NaN is lost", isa->name, type, (int)i,
                      (int)m, (int)n);
            } else if (i == nan_row) {
                CHECK(!isfinite(*y), "%s type %d row %d, X %d of %d: NaN of a weight is lost", isa->name,
                      type, (int)i, (int)m, (int)n);
            } else {
                CHECK(memcmp(y, clean, sizeof *y) == 0, "%s type %d row %d, X %d of %d: NaN of another row",
                      isa->name, type, (int)i, (int)m, (int)n);
            }
        }
    }
}

/** NaN and infinities in activations and in the scales of weights reach their outputs, and no others. */
static void check_not_finite(const isa_kernels *isa, int32_t type) {
    static const int64_t ns[] = {1, 2, 4, 7, MAX_N_TESTED};
    static const half_t halves[] = {0x7e00, 0xfe01, 0x7c00, 0xfc00};
    const float floats[] = {NAN, -NAN, INFINITY, -INFINITY};
    enum { ROWS = 37, NO_ROW = -1 };
    const weight_type *t = &weight_types[type];
    const int64_t k = activation_block_size(t->activations) == K_BLOCK || t->block_size == K_BLOCK
                          ? 3 * K_BLOCK
                      : t->block_size > 32 ? 5 * 128
                                           : 19 * 32;
    const size_t row_bytes = weight_row_bytes(t, k);
    size_t at[MAX_SCALES];
    const int scales = scale_offsets(type, at);
    fill_weights(type, ROWS * (size_t)(k / t->block_size), NULL, weights);
    for (int i = 0; i < MAX_N_TESTED * MAX_K; i++) {
        x[i] = uniform();
    }
    for (int round = 0; round < 20; round++) {
        const int64_t count = ns[round / 4];
        const int64_t m = next() % (uint32_t)count;
        run(isa, type, k, ROWS, count);
        memcpy(other, result, sizeof other);
        float *value = x + m * MAX_K + next() % (uint32_t)k;
        const float saved = *value;
        *value = floats[round % 4];
        quantize(scalar, type, k, 0, count, reference_x);
        run(isa, type, k, ROWS, count);
        CHECK(
            memcmp(reference_x, other_x, (size_t)(k_block_count(k) * count) * sizeof(activation_block)) == 0,
            "%s type %d: activations that are not finite", isa->name, type);
        check_nan_outputs(isa, type, ROWS, count, NO_ROW, m);
        *value = saved;
        if (scales > 0) {
            const int64_t r = next() % ROWS;
            char *scale = weights + (size_t)r * row_bytes +
                          next() % (uint32_t)(k / t->block_size) * t->block_bytes + at[round % scales];
            char saved_scale[sizeof(half_t)];
            memcpy(saved_scale, scale, sizeof saved_scale);
            store_half(scale, halves[round % 4]);
            run(isa, type, k, ROWS, count);
            check_nan_outputs(isa, type, ROWS, count, r, -1);
            memcpy(scale, saved_scale, sizeof saved_scale);
        }
    }
}

/** Blocks whose scale has no finite inverse: quants and sums are 0. */
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

/** Rows longer than what a row_gemv reads without a break, against the same table without it. */
static void check_long_rows(const isa_kernels *isa, int32_t type) {
    enum { K = 67 * K_BLOCK, ROWS = 11, N = 3 };
    static char w[ROWS * K * 2];
    static float values[K];
    static activation_block quantized[N * K / K_BLOCK];
    quantized_gemm_table by_panels = *isa->quantized_gemm;
    by_panels.by_row = NULL;
    const weight_type *t = &weight_types[type];
    const int64_t k = t->block_size == 32 ? K - 160 : K;
    fill_weights(type, ROWS * (size_t)(k / t->block_size), NULL, w);
    for (int n = 1; n <= N; n++) {
        for (int m = 0; m < n; m++) {
            for (int i = 0; i < K; i++) {
                values[i] = uniform();
            }
            isa->activations->quantize[t->activations](k, values, quantized + m, n);
        }
        gemm_args p = all_rows(type, k, quantized, n, result);
        p.w = w;
        quantized_gemm(isa->quantized_gemm, &p, 0, ROWS);
        p.y = other;
        quantized_gemm(&by_panels, &p, 0, ROWS);
        for (int m = 0; m < n; m++) {
            CHECK(memcmp(result + m * MAX_ROWS, other + m * MAX_ROWS, ROWS * sizeof *other) == 0,
                  "%s type %d k %d: X %d of %d", isa->name, type, (int)k, m, n);
        }
    }
}

enum { LONG_BLOCKS = 320, LONG_ROWS = 11 };

static float long_x[LONG_BLOCKS * K_BLOCK];
static activation_block long_blocks[LONG_BLOCKS];
static char long_weights[LONG_BLOCKS * LONG_ROWS * MAX_K_BLOCK_BYTES];

/** Rows longer than what any row_gemv keeps of X, against the reference. */
static void check_longer_rows(const isa_kernels *isa, int32_t type) {
    static const struct {
        int64_t k_blocks;
        int64_t rows;
        int64_t n;
    } shapes[] = {{207, LONG_ROWS, 1}, {79, LONG_ROWS, 2}, {67, 9, 4}};
    const weight_type *t = &weight_types[type];
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        const int64_t k = shapes[i].k_blocks * K_BLOCK;
        const int64_t n = shapes[i].n;
        const int64_t rows = shapes[i].rows;
        const size_t bytes = weight_row_bytes(t, k);
        /* the last byte of the weights is the last byte of the buffer */
        char *w = long_weights + sizeof long_weights - (size_t)rows * bytes;
        fill_weights(type, (size_t)(rows * (k / t->block_size)), NULL, w);
        for (int64_t j = 0; j < n * k; j++) {
            long_x[j] = uniform();
        }
        for (int64_t r = 0; r < n; r++) {
            scalar->activations->quantize[t->activations](k, long_x + r * k, long_blocks + r, n);
        }
        gemm_args p = all_rows(type, k, long_blocks, n, reference);
        p.w = w;
        gemm(scalar, &p, 0, rows);
        p.y = result;
        gemm(isa, &p, 0, rows);
        for (int64_t r = 0; r < n; r++) {
            CHECK(memcmp(result + r * MAX_ROWS, reference + r * MAX_ROWS, (size_t)rows * sizeof *result) == 0,
                  "%s type %d k %d: X %d of %d differs", isa->name, type, (int)k, (int)r, (int)n);
        }
    }
}

static void check_table(const isa_kernels *isa) {
    for (int32_t type = 0; type < TYPE_COUNT; type++) {
        if (weight_types[type].dequantize != NULL) {
            for (int blocks = 1; isa->quantized_gemm->pack[type] != NULL && blocks <= BLOCKS; blocks++) {
                const int per_block = weight_types[type].block_size / 32;
                check_panel(isa, type, (blocks + per_block - 1) / per_block * per_block);
            }
            check_type(isa, type);
            if (isa->quantized_gemm->by_row != NULL) {
                check_long_rows(isa, type);
            }
            check_longer_rows(isa, type);
            check_not_finite(isa, type);
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
    CHECK(myelin_activation_row_bytes(ACTIVATIONS_32, 33) == 0, "not a multiple of the block");
    CHECK(myelin_activation_row_bytes(ACTIVATIONS_256, 0) == 0, "k = 0");
    CHECK(myelin_activation_row_bytes(7, 256) == 0, "unknown format");
    CHECK(myelin_activation_row_bytes(ACTIVATIONS_32, 32) == 384, "one K-block");
    CHECK(myelin_activation_row_bytes(ACTIVATIONS_256, 512) == 768, "two K-blocks");
    CHECK(myelin_activation_row_bytes(ACTIVATIONS_F32, 33) == 132, "f32");
    CHECK(myelin_activation_row_bytes(ACTIVATIONS_F32, 0) == 0, "k = 0, f32");
    CHECK(myelin_activation_format(-1) == 0, "negative type");
    CHECK(myelin_activation_format(TYPE_COUNT) == 0, "above the last type");
    CHECK(myelin_activation_format(2000) == 0, "far above");
    CHECK(myelin_check_tensor_layout(0, 0, 0, 0) == MYELIN_ERROR_UNSUPPORTED, "another layout");
}

#if defined(AVXVNNI_BY_AVX512)
/* the AVX-VNNI kernels in the AVX-512 encoding */
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

/** Tests an instruction set, unless another one is named; returns whether it did. */
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

/** A name selects its kernels; no name the best ones, but never the reference. */
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

/** The exit status of a skipped test, see CMakeLists.txt. */
enum { SKIPPED = 77 };

/** Tests every instruction set, or the named one. */
int main(int count, char **arguments) {
    random_seed(12345);
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
