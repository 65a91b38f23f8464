/* Arguments, and accesses beyond the ends; the Java tests compare the bytes with ggml's. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "myelin.h"
#include "quantize/half.h"
#include "quantize/weights.h"

static void check_arguments(void) {
    float x[256] = {0};
    unsigned char out[512];
    uint32_t max_bits = 1;
    for (int32_t type = -1; type <= TYPE_COUNT; type++) {
        const int32_t block = myelin_quantize_block_size(type);
        CHECK(block == 0 || block == 32 || block == 256, "type %d: %d", type, block);
        const int32_t expected = block == 0 ? MYELIN_ERROR_UNSUPPORTED : MYELIN_OK;
        CHECK(myelin_quantize(type, x, 256, out) == expected, "type %d", type);
        if (block != 0) {
            CHECK(myelin_quantize(type, x, block - 1, out) == MYELIN_ERROR_ARGUMENT, "not a whole block");
            CHECK(myelin_quantize(type, x, -block, out) == MYELIN_ERROR_ARGUMENT, "negative");
            CHECK(myelin_quantize(type, NULL, 0, out) == MYELIN_ERROR_ARGUMENT, "null");
            CHECK(myelin_quantize(type, x, 0, out) == MYELIN_OK, "n = 0");
        }
    }
    CHECK(myelin_quantize_block_size(TYPE_Q2_K) == 0, "quantised by ggml");
    CHECK(myelin_to_f32(TYPE_Q2_K, x, 1, x, &max_bits) == MYELIN_ERROR_UNSUPPORTED, "quantised");
    CHECK(myelin_to_f32(TYPE_F16, NULL, 1, x, &max_bits) == MYELIN_ERROR_ARGUMENT, "null");
    CHECK(myelin_to_f32(TYPE_F16, x, -1, x, &max_bits) == MYELIN_ERROR_ARGUMENT, "negative");
    CHECK(myelin_to_f32(TYPE_F16, x, 1, x, NULL) == MYELIN_ERROR_ARGUMENT, "null result");
    CHECK(myelin_to_f32(TYPE_F32, x, 0, x, &max_bits) == MYELIN_OK && max_bits == 0, "n = 0");
}

/** Buffers without padding, so that a sanitizer detects accesses beyond the end. */
static void check_lengths(void) {
    for (int64_t n = 1; n < 70; n++) {
        const size_t count = (size_t)n;
        uint16_t *in = malloc(count * sizeof *in);
        float *out = malloc(count * sizeof *out);
        for (int64_t i = 0; i < n; i++) {
            in[i] = (uint16_t)(0x3c00 + 37 * i); /* 1.0 and above, ascending */
        }
        uint32_t max_bits = 0;
        CHECK(myelin_to_f32(TYPE_F16, in, n, out, &max_bits) == MYELIN_OK, "f16");
        uint32_t last;
        memcpy(&last, &out[n - 1], sizeof last);
        CHECK(out[0] == 1 && out[n - 1] == half_to_float(in[n - 1]) && max_bits == last, "f16, %d", (int)n);
        CHECK(myelin_to_f32(TYPE_F32, out, n, out, &max_bits) == MYELIN_OK && max_bits == last, "f32, %d",
              (int)n);
        CHECK(myelin_to_f32(TYPE_BF16, in, n, out, &max_bits) == MYELIN_OK, "bf16");
        CHECK(max_bits == (uint32_t)in[n - 1] << 16, "bf16, %d", (int)n);
        free(in);
        free(out);
    }
    for (int32_t type = 0; type < TYPE_COUNT; type++) {
        const int32_t block = myelin_quantize_block_size(type);
        for (int blocks = 1; block > 0 && blocks <= 3; blocks++) {
            const size_t count = (size_t)(block * blocks);
            float *x = malloc(count * sizeof *x);
            for (size_t i = 0; i < count; i++) {
                x[i] = (float)((int)(i * 7919 % 61) - 30) / 61;
            }
            const size_t bytes = type == TYPE_Q4_0   ? sizeof(block_q4_0)
                                 : type == TYPE_Q8_0 ? sizeof(block_q8_0)
                                 : type == TYPE_Q4_K ? sizeof(block_q4_k)
                                                     : sizeof(block_q6_k);
            void *out = malloc(bytes * (size_t)blocks);
            CHECK(myelin_quantize(type, x, (int64_t)count, out) == MYELIN_OK, "type %d", type);
            free(x);
            free(out);
        }
    }
}

/** The scalar and the AVX-512 conversion agree, also on NaN. */
static void check_tables(void) {
#if defined(__x86_64__)
    if (myelin_quantize_block_size(TYPE_Q4_0) == 0) {
        printf("skipped: no AVX-512\n");
        return;
    }
    static half_t in[1 << 16];
    static float scalar_out[1 << 16];
    static float avx512_out[1 << 16];
    for (int i = 0; i < 1 << 16; i++) {
        in[i] = (half_t)i;
    }
    const uint32_t a = quantize_weights_scalar.f16_to_f32(1 << 16, in, scalar_out);
    const uint32_t b = quantize_weights_avx512.f16_to_f32(1 << 16, in, avx512_out);
    CHECK(a > 0x7f800000 && b > 0x7f800000, "NaN is seen");
    for (int i = 0; i < 1 << 16; i++) {
        const int same = isnan(scalar_out[i]) ? isnan(avx512_out[i])
                                              : memcmp(&scalar_out[i], &avx512_out[i], sizeof(float)) == 0;
        CHECK(same, "half %04x", i);
    }
    CHECK(quantize_weights_scalar.bf16_to_f32(1 << 16, in, scalar_out) ==
              quantize_weights_avx512.bf16_to_f32(1 << 16, in, avx512_out),
          "bf16");
    CHECK(memcmp(scalar_out, avx512_out, sizeof scalar_out) == 0, "bf16");
    CHECK(quantize_weights_scalar.max_bits(1 << 16, scalar_out) ==
              quantize_weights_avx512.max_bits(1 << 16, avx512_out),
          "f32");
#endif
}

int main(void) {
    check_arguments();
    check_lengths();
    check_tables();
    return checks_failed();
}
