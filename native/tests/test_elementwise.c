/* SwiGLU, GELU and RMS norm of every instruction set against double precision and the reference. */
#include "elementwise/elementwise.h"

#include <math.h>
#include <string.h>

#include "check.h"
#include "cpu/dispatch.h"
#include "myelin.h"
#include "random.h"
#include "runtime/ggml_tensor.h"

enum { K = 1056, M = 7, PADDING = 3 }; /* K ends within a K-block, M is not a multiple of the threads */

/** Relative to the value, or absolute for values below 1. */
static const double SWIGLU_ERROR = 3e-6;
static const double NORM_ERROR = 1e-6;

static float x[M][K + PADDING * 16];
static float up_values[M][K + PADDING * 16];
static float weight[K];
static float f32_result[M][K];
static float expected[K];
static float result[K];
static activation_block blocks[M * ((K + K_BLOCK - 1) / K_BLOCK)];
static activation_block expected_blocks[M * ((K + K_BLOCK - 1) / K_BLOCK)];

static void check_close(const char *name, int i, double actual, double exact, double bound) {
    CHECK(fabs(actual - exact) <= bound * fmax(1, fabs(exact)), "%s: %d: %g, expected %g", name, i, actual,
          exact);
}

static void check_table(const elementwise_table *t, const char *name) {
    t->swiglu(K, x[0], up_values[0], result);
    elementwise_scalar.swiglu(K, x[0], up_values[0], expected);
    CHECK(memcmp(result, expected, sizeof result) == 0, "%s: swiglu of the reference", name);
    for (int i = 0; i < K; i++) {
        const double v = (double)x[0][i];
        check_close(name, i, (double)result[i], v / (1 + exp(-v)) * (double)up_values[0][i], SWIGLU_ERROR);
    }
    const float scale = t->inverse_rms(K, x[0], 1e-5f);
    CHECK(scale == elementwise_scalar.inverse_rms(K, x[0], 1e-5f), "%s: norm of the reference", name);
    t->scale(K, x[0], scale, weight, result);
    elementwise_scalar.scale(K, x[0], scale, weight, expected);
    CHECK(memcmp(result, expected, sizeof result) == 0, "%s: scale of the reference", name);
    double squares = 0;
    for (int i = 0; i < K; i++) {
        squares += (double)x[0][i] * (double)x[0][i];
    }
    const double exact = 1 / sqrt(squares / K + 1e-5);
    for (int i = 0; i < K; i++) {
        check_close(name, i, (double)result[i], (double)x[0][i] * exact * (double)weight[i], NORM_ERROR);
    }
    /* extreme values: no intermediate overflow */
    const float extreme[16] = {200, -200, 89, -89, 1e30f, -1e30f, 0, -0.0f, INFINITY, 0, 0, 0, 0, 0, 0, 0};
    const float ones[16] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
    t->swiglu(16, extreme, ones, result);
    CHECK(result[0] == 200 && result[2] == 89 && result[4] == 1e30f && result[8] == INFINITY, "%s: large",
          name);
    CHECK(fabsf(result[1]) < 1e-30f && fabsf(result[3]) < 1e-30f && result[6] == 0, "%s: small", name);
}

/** The nearest f16 to a value of at most 10. */
static double nearest_f16(double v) {
    int exponent;
    frexp(v, &exponent);
    const double unit = ldexp(1, exponent - 11 < -24 ? -24 : exponent - 11);
    return nearbyint(v / unit) * unit;
}

static double exact_gelu(double v) {
    return 0.5 * v * (1 + tanh(sqrt(2 / acos(-1)) * (v + 0.044715 * v * v * v)));
}

static void check_gelu(const elementwise_table *t, const char *name) {
    enum { COUNT = 4096 };
    static float in[COUNT];
    static float out[COUNT];
    static float reference[COUNT];
    for (int i = 0; i < COUNT; i++) {
        const double size = i % 4 == 0 ? 1e-5 : i % 4 == 1 ? 0.5 : 9.9;
        in[i] = (float)((double)uniform() * size);
    }
    t->gelu(COUNT, in, out);
    elementwise_scalar.gelu(COUNT, in, reference);
    CHECK(memcmp(out, reference, sizeof out) == 0, "%s: gelu of the reference", name);
    int others = 0;
    for (int i = 0; i < COUNT; i++) {
        const double exact = exact_gelu(nearest_f16((double)in[i]));
        const double rounded = nearest_f16(exact);
        others += (double)out[i] != rounded;
        /* the other neighbour only where the value is about in the middle */
        CHECK(fabs((double)out[i] - exact) <= fabs(rounded - exact) + 2e-6 * fabs(exact) + 1e-12,
              "%s: gelu of %g: %g, expected %g", name, (double)in[i], (double)out[i], exact);
    }
    CHECK(others < COUNT / 100, "%s: gelu: %d roundings differ", name, others);
    const float ends[16] = {10, -10, 1e30f, -1e30f, INFINITY, -INFINITY, NAN, 12.34567f, 0, -0.0f};
    t->gelu(16, ends, out);
    CHECK(out[0] == 10 && out[1] == 0 && out[2] == 1e30f && out[3] == 0, "%s: gelu of large values", name);
    CHECK(out[4] == INFINITY && out[5] == 0 && isnan(out[6]), "%s: gelu of infinity and NaN", name);
    CHECK(out[7] == 12.34567f && out[8] == 0 && out[9] == 0, "%s: gelu of 12.3 and 0", name);
}

/** The operation over a length that is no multiple of a vector, by several threads. */
static void check_gelu_op(void) {
    enum { COUNT = 1000 };
    static float in[COUNT + 8];
    static float up[COUNT];
    static float padded[1008];
    static float gelu[1008];
    static float out[COUNT + 1];
    for (int i = 0; i < COUNT; i++) {
        in[i] = (float)(4 * uniform());
        up[i] = uniform();
        padded[i] = in[i];
    }
    elementwise_scalar.gelu(1008, padded, gelu);
    for (int32_t threads = 1; threads <= 3; threads++) {
        for (int gated = 0; gated < 2; gated++) {
            struct ggml_tensor a = {.ne = {100, 10, 1, 1}, .data = in};
            struct ggml_tensor b = {.ne = {100, 10, 1, 1}, .data = up};
            struct ggml_tensor dst = {.ne = {100, 10, 1, 1}, .data = out, .src = {&a, gated ? &b : NULL}};
            memset(out, 0, sizeof out);
            out[COUNT] = 7;
            for (int32_t i = 0; i < threads; i++) {
                myelin_op_gelu(&dst, i, threads, NULL);
            }
            for (int i = 0; i < COUNT; i++) {
                const float y = gated ? gelu[i] * up[i] : gelu[i];
                CHECK(out[i] == y, "gelu op, %d threads: %d: %g, expected %g", threads, i, (double)out[i],
                      (double)y);
            }
            CHECK(out[COUNT] == 7, "gelu op, %d threads: writes too far", threads);
        }
    }
}

/** Values that are not finite stay so in each function. */
static void check_not_finite(const elementwise_table *t, const char *name) {
    const float values[] = {NAN, INFINITY, -INFINITY};
    for (int i = 0; i < 3; i++) {
        float a[48];
        float b[48];
        float y[48];
        for (int j = 0; j < 48; j++) {
            a[j] = uniform();
            b[j] = uniform();
        }
        const int at = 7 + 13 * i;
        a[at] = values[i];
        t->swiglu(48, a, b, y);
        CHECK(!isfinite(y[at]) && isfinite(y[at + 1]), "%s: swiglu of %g", name, (double)values[i]);
        const float scale = t->inverse_rms(48, a, 1e-5f);
        t->scale(48, a, scale, b, y);
        CHECK(isnan(y[at]), "%s: norm of %g", name, (double)values[i]);
        t->swiglu(48, b, a, y);
        CHECK(!isfinite(y[at]) && isfinite(y[at + 1]), "%s: %g of up", name, (double)values[i]);
        t->scale(48, b, 0.5f, a, y);
        CHECK(!isfinite(y[at]) && isfinite(y[at + 1]), "%s: %g of the weight", name, (double)values[i]);
    }
}

static struct ggml_tensor tensor(int64_t d0, int64_t d1, size_t stride, void *data) {
    return (struct ggml_tensor){.ne = {d0, d1, 1, 1}, .nb = {4, stride}, .data = data};
}

typedef void op_fn(struct ggml_tensor *dst, int32_t thread, int32_t threads, void *params);

static void run(op_fn *f, struct ggml_tensor *dst, int32_t threads, void *params, activation_block *out) {
    dst->data = out;
    memset(out, 0xff, sizeof blocks);
    for (int32_t i = 0; i < threads; i++) {
        f(dst, i, threads, params);
    }
}

/** The fused ops give the same as the f32 op followed by quantisation. */
static void check_ops(enum activation_format format) {
    const elementwise_table *t = kernels_in_use()->elementwise;
    const int64_t k = format == ACTIVATIONS_32 ? K : K / K_BLOCK * K_BLOCK;
    struct {
        int32_t format;
        float epsilon;
    } node = {format, 1e-6f};
    void *plain = (void *)(intptr_t)format;
    struct ggml_tensor gate = tensor(k, M, sizeof x[0], x);
    struct ggml_tensor up = tensor(k, M, sizeof up_values[0], up_values);
    struct ggml_tensor scales = tensor(k, 1, sizeof weight, weight);
    struct ggml_tensor stored = tensor(k, M, sizeof f32_result[0], f32_result);
    struct ggml_tensor dst = tensor(myelin_activation_row_bytes(format, k), M, 0, blocks);
    for (int32_t threads = 1; threads <= 5; threads++) {
        for (int i = 0; i < M; i++) {
            t->swiglu(k, x[i], up_values[i], f32_result[i]);
        }
        dst.src[0] = &stored;
        run(myelin_op_quantize, &dst, 1, plain, expected_blocks);
        dst.src[0] = &gate;
        dst.src[1] = &up;
        run(myelin_op_quantize_swiglu, &dst, threads, plain, blocks);
        CHECK(memcmp(blocks, expected_blocks, sizeof blocks) == 0, "format %d, %d threads: SwiGLU", format,
              threads);
        for (int i = 0; i < M; i++) {
            t->scale(k, x[i], t->inverse_rms(k, x[i], node.epsilon), weight, f32_result[i]);
        }
        dst.src[0] = &stored;
        run(myelin_op_quantize, &dst, 1, plain, expected_blocks);
        dst.src[0] = &gate;
        dst.src[1] = &scales;
        run(myelin_op_quantize_rms_norm, &dst, threads, &node, blocks);
        CHECK(memcmp(blocks, expected_blocks, sizeof blocks) == 0, "format %d, %d threads: RMS norm", format,
              threads);
    }
}

int main(void) {
    random_seed(99);
    for (int i = 0; i < M; i++) {
        for (int j = 0; j < K; j++) {
            x[i][j] = 8 * uniform() * (j % 50 == 0 ? 10 : 1);
            up_values[i][j] = 2 * uniform();
            weight[j] = 1 + uniform();
        }
    }
    for (int i = 0; i < isa_count; i++) {
        const isa_kernels *isa = &isa_table[i];
        if (isa_usable(isa)) {
            check_table(isa->elementwise, isa->name);
            check_gelu(isa->elementwise, isa->name);
            check_not_finite(isa->elementwise, isa->name);
        } else {
            printf("skipped: this CPU cannot run %s\n", isa->name);
        }
    }
    if (kernels_in_use() == NULL) {
        printf("no kernels for this CPU: the ops are not tested\n");
    } else {
        check_gelu_op();
        check_ops(ACTIVATIONS_32);
        check_ops(ACTIVATIONS_256);
    }
    return checks_failed();
}
