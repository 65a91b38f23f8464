/* Every kernel against the scalar reference, and that against a product in double precision. */
#include "kernels/kernels.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "kernels/half.h"
#include "kernels/q4_k.h"
#include "myelin.h"

enum { MOST = 4096 };

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

static void fill(void *p, size_t bytes) {
    unsigned char *b = p;
    for (size_t i = 0; i < bytes; i++) {
        b[i] = (unsigned char)next();
    }
}

/** Random blocks; all bit patterns of quants and scales occur. */
static void random_weights(int32_t type, int64_t k, void *out) {
    fill(out, kernel_row_bytes(type, k));
    for (int64_t b = 0; b < k / 32; b++) {
        if (type == TYPE_Q4_0) {
            ((block_q4_0 *)out)[b].d = some_scale();
        } else if (type == TYPE_Q8_0) {
            ((block_q8_0 *)out)[b].d = some_scale();
        }
    }
    for (int64_t b = 0; b < k / 256; b++) {
        if (type == TYPE_Q4_K) {
            ((block_q4_k *)out)[b].d = some_scale();
            ((block_q4_k *)out)[b].dmin = some_scale();
        } else if (type == TYPE_Q6_K) {
            ((block_q6_k *)out)[b].d = some_scale();
        }
    }
}

/** Weight i of a row, from the format's description, one at a time. */
static double weight(int32_t type, const void *row, int64_t i) {
    if (type == TYPE_Q4_0) {
        const block_q4_0 *w = (const block_q4_0 *)row + i / 32;
        const int q = i % 32 < 16 ? w->qs[i % 32] & 15 : w->qs[i % 32 - 16] >> 4;
        return (double)half_to_float(w->d) * (q - 8);
    }
    if (type == TYPE_Q8_0) {
        const block_q8_0 *w = (const block_q8_0 *)row + i / 32;
        return (double)half_to_float(w->d) * w->qs[i % 32];
    }
    const int64_t r = i % 256;
    if (type == TYPE_Q4_K) {
        const block_q4_k *w = (const block_q4_k *)row + i / 256;
        const int64_t g = r / 32;
        const uint8_t *s = w->scales;
        const int scale = g < 4 ? s[g] & 63 : (s[g + 4] & 15) | s[g - 4] >> 6 << 4;
        const int min = g < 4 ? s[g + 4] & 63 : s[g + 4] >> 4 | s[g] >> 6 << 4;
        const uint8_t byte = w->qs[32 * (g / 2) + r % 32];
        const int q = g % 2 == 0 ? byte & 15 : byte >> 4;
        return (double)half_to_float(w->d) * scale * q - (double)half_to_float(w->dmin) * min;
    }
    const block_q6_k *w = (const block_q6_k *)row + i / 256;
    const int64_t half = r / 128;
    const int64_t g = r % 128 / 32;
    const int64_t l = r % 32;
    const int low = w->ql[64 * half + 32 * (g & 1) + l] >> (g < 2 ? 0 : 4) & 15;
    const int high = w->qh[32 * half + l] >> (2 * g) & 3;
    return (double)half_to_float(w->d) * w->scales[r / 16] * ((low | high << 4) - 32);
}

enum { ROWS = 7 }; /* a block of four, and three alone */

static char weights[ROWS * MOST * 2];
static float x[MOST];
static _Alignas(64) char reference_row[MOST * 2];
static _Alignas(64) char other_row[MOST * 2];

/** The bound of the error that quantising activations to 8 bits makes, relative to |w||x|. */
static const double TOLERANCE = 5e-3;

static void check_row(const kernel_table *table, int32_t type, int64_t k, const char *row, double reference,
                      double result) {
    double exact = 0;
    double ww = 0;
    double xx = 0;
    for (int64_t i = 0; i < k; i++) {
        const double w = weight(type, row, i);
        exact += w * (double)x[i];
        ww += w * w;
        xx += (double)x[i] * (double)x[i];
    }
    const double size = sqrt(ww * xx) + 1e-30;
    CHECK(fabs(reference - exact) <= TOLERANCE * size, "type %d k %d: %g, exactly %g", type, (int)k,
          reference, exact);
    CHECK(fabs(result - reference) <= 1e-5 * size, "%s type %d k %d: %g, reference %g", table->name, type,
          (int)k, result, reference);
}

static void check_type(const kernel_table *table, int32_t type, int64_t k) {
    const enum activation_format format = kernel_format(type);
    const activations want = activation_row(format, k, reference_row);
    const activations got = activation_row(format, k, other_row);
    const size_t stride = kernel_row_bytes(type, k);
    random_weights(type, ROWS * k, weights);
    kernels_scalar.quantize[format](k, x, want);
    table->quantize[format](k, x, got);
    CHECK(memcmp(want.qs, got.qs, (size_t)k) == 0, "%s type %d k %d", table->name, type, (int)k);

    float references[ROWS];
    float results[ROWS];
    kernels_scalar.dot[type](k, weights, stride, ROWS, want, references);
    table->dot[type](k, weights, stride, ROWS, got, results);
    for (int i = 0; i < ROWS; i++) {
        const char *row = weights + (size_t)i * stride;
        check_row(table, type, k, row, (double)references[i], (double)results[i]);
        /* alone or in a block of rows, the answer is the same bit for bit */
        float alone;
        table->dot[type](k, row, stride, 1, got, &alone);
        CHECK(memcmp(&alone, &results[i], sizeof alone) == 0, "%s type %d k %d row %d", table->name, type,
              (int)k, i);
    }
}

static void check_table(const kernel_table *table) {
    static const int32_t types[] = {TYPE_Q4_0, TYPE_Q8_0, TYPE_Q4_K, TYPE_Q6_K};
    for (size_t t = 0; t < sizeof types / sizeof *types; t++) {
        const int64_t block = activation_block(kernel_format(types[t]));
        for (int64_t k = block; k <= MOST; k += block * (k < 8 * block ? 1 : 5)) {
            for (int64_t i = 0; i < k; i++) {
                x[i] = uniform();
            }
            check_type(table, types[t], k);
        }
        memset(x, 0, sizeof x);
        check_type(table, types[t], block);
        for (int i = 0; i < MOST; i++) {
            x[i] = i % 2 == 0 ? 1.0f : -1.0f; /* every quant at its extreme */
        }
        check_type(table, types[t], 1024);
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
    CHECK(myelin_activation_bytes(ACTIVATIONS_32, 33) == 0, "no multiple of the block");
    CHECK(myelin_activation_bytes(ACTIVATIONS_256, 0) == 0, "no values");
    CHECK(myelin_activation_bytes(7, 256) == 0, "no format");
    CHECK(myelin_activation_bytes(ACTIVATIONS_32, 32) == 192, "three lines");
    CHECK(myelin_kernel_format(-1) == 0, "no type");
    CHECK(myelin_kernel_format(TYPE_COUNT) == 0, "beyond the types");
    CHECK(myelin_kernel_format(0) == 0, "f32 has no kernel");
    CHECK(myelin_tensor_layout(0, 0, 0, 0) == MYELIN_ERROR_UNSUPPORTED, "another layout");
}

int main(void) {
    check_halves();
    check_interface();
    check_table(&kernels_scalar);
#if defined(__x86_64__)
    const uint64_t vnni = UINT64_C(1) << MYELIN_CPU_AVX512_VNNI;
    if ((myelin_cpu_features() & vnni) != 0) {
        check_table(&kernels_avx512);
    } else {
        printf("skipped: this CPU has no AVX-512 VNNI\n");
    }
#endif
    return checks_failed();
}
