/* What is done to rows before they are quantised: against double precision, and all tables alike. */
#include "elementwise/elementwise.h"

#include <math.h>
#include <string.h>

#include "check.h"
#include "cpu/dispatch.h"
#include "myelin.h"
#include "runtime/ggml_tensor.h"

enum { K = 1056, M = 7, EACH = 3 }; /* K ends within a segment, and M is no multiple of the threads */

/** Relative to the value, or to 1 if that is more. */
static const double ERROR_OF_GATE = 3e-6;
static const double ERROR_OF_NORM = 1e-6;

static float x[M][K + EACH * 16];
static float other[M][K + EACH * 16];
static float weight[K];
static float made[M][K];
static float expected[K];
static float result[K];
static activation_block rows[M * ((K + K_BLOCK - 1) / K_BLOCK)];
static activation_block wanted[M * ((K + K_BLOCK - 1) / K_BLOCK)];

static uint32_t state = 99;

static float uniform(void) {
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    return (float)state / 4294967296.0f * 2.0f - 1.0f;
}

static void check_close(const char *name, int i, double actual, double right, double bound) {
    CHECK(fabs(actual - right) <= bound * fmax(1, fabs(right)), "%s: %d: %g, expected %g", name, i, actual,
          right);
}

static void check_table(const elementwise_table *t, const char *name) {
    t->swiglu(K, x[0], other[0], result);
    elementwise_scalar.swiglu(K, x[0], other[0], expected);
    CHECK(memcmp(result, expected, sizeof result) == 0, "%s: gate as the reference's", name);
    for (int i = 0; i < K; i++) {
        const double v = (double)x[0][i];
        check_close(name, i, (double)result[i], v / (1 + exp(-v)) * (double)other[0][i], ERROR_OF_GATE);
    }
    const float scale = t->inverse_rms(K, x[0], 1e-5f);
    CHECK(scale == elementwise_scalar.inverse_rms(K, x[0], 1e-5f), "%s: norm as the reference's", name);
    t->scale(K, x[0], scale, weight, result);
    elementwise_scalar.scale(K, x[0], scale, weight, expected);
    CHECK(memcmp(result, expected, sizeof result) == 0, "%s: scale as the reference's", name);
    double squares = 0;
    for (int i = 0; i < K; i++) {
        squares += (double)x[0][i] * (double)x[0][i];
    }
    const double right = 1 / sqrt(squares / K + 1e-5);
    for (int i = 0; i < K; i++) {
        check_close(name, i, (double)result[i], (double)x[0][i] * right * (double)weight[i], ERROR_OF_NORM);
    }
    /* far ends: no overflow on the way */
    const float far[16] = {200, -200, 89, -89, 1e30f, -1e30f, 0, -0.0f, INFINITY, 0, 0, 0, 0, 0, 0, 0};
    const float ones[16] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
    t->swiglu(16, far, ones, result);
    CHECK(result[0] == 200 && result[2] == 89 && result[4] == 1e30f && result[8] == INFINITY, "%s: large",
          name);
    CHECK(fabsf(result[1]) < 1e-30f && fabsf(result[3]) < 1e-30f && result[6] == 0, "%s: small", name);
}

/** What is not finite stays so on its way through each function. */
static void check_broken(const elementwise_table *t, const char *name) {
    const float broken[] = {NAN, INFINITY, -INFINITY};
    for (int i = 0; i < 3; i++) {
        float a[48];
        float b[48];
        float y[48];
        for (int j = 0; j < 48; j++) {
            a[j] = uniform();
            b[j] = uniform();
        }
        const int at = 7 + 13 * i;
        a[at] = broken[i];
        t->swiglu(48, a, b, y);
        CHECK(!isfinite(y[at]) && isfinite(y[at + 1]), "%s: gate of %g", name, (double)broken[i]);
        const float scale = t->inverse_rms(48, a, 1e-5f);
        t->scale(48, a, scale, b, y);
        CHECK(isnan(y[at]), "%s: norm of %g", name, (double)broken[i]);
        t->swiglu(48, b, a, y);
        CHECK(!isfinite(y[at]) && isfinite(y[at + 1]), "%s: %g of up", name, (double)broken[i]);
        t->scale(48, b, 0.5f, a, y);
        CHECK(!isfinite(y[at]) && isfinite(y[at + 1]), "%s: %g of the weight", name, (double)broken[i]);
    }
}

static struct ggml_tensor tensor(int64_t d0, int64_t d1, size_t stride, void *data) {
    return (struct ggml_tensor){.ne = {d0, d1, 1, 1}, .nb = {4, stride}, .data = data};
}

typedef void operation(struct ggml_tensor *dst, int32_t thread, int32_t threads, void *of);

static void run(operation *f, struct ggml_tensor *dst, int32_t threads, void *of, activation_block *out) {
    dst->data = out;
    memset(out, 0xff, sizeof rows);
    for (int32_t i = 0; i < threads; i++) {
        f(dst, i, threads, of);
    }
}

/** What is made and quantised at once is what is quantised after it was made. */
static void check_operations(enum activation_format format) {
    const elementwise_table *t = kernels_in_use()->elementwise;
    const int64_t k = format == ACTIVATIONS_32 ? K : K / K_BLOCK * K_BLOCK;
    struct {
        int32_t format;
        float epsilon;
    } node = {format, 1e-6f};
    void *plain = (void *)(intptr_t)format;
    struct ggml_tensor gate = tensor(k, M, sizeof x[0], x);
    struct ggml_tensor up = tensor(k, M, sizeof other[0], other);
    struct ggml_tensor scales = tensor(k, 1, sizeof weight, weight);
    struct ggml_tensor stored = tensor(k, M, sizeof made[0], made);
    struct ggml_tensor dst = tensor(myelin_activation_row_bytes(format, k), M, 0, rows);
    for (int32_t threads = 1; threads <= 5; threads++) {
        for (int i = 0; i < M; i++) {
            t->swiglu(k, x[i], other[i], made[i]);
        }
        dst.src[0] = &stored;
        run(myelin_op_quantize, &dst, 1, plain, wanted);
        dst.src[0] = &gate;
        dst.src[1] = &up;
        run(myelin_op_quantize_swiglu, &dst, threads, plain, rows);
        CHECK(memcmp(rows, wanted, sizeof rows) == 0, "format %d, %d threads: gated", format, threads);
        for (int i = 0; i < M; i++) {
            t->scale(k, x[i], t->inverse_rms(k, x[i], node.epsilon), weight, made[i]);
        }
        dst.src[0] = &stored;
        run(myelin_op_quantize, &dst, 1, plain, wanted);
        dst.src[0] = &gate;
        dst.src[1] = &scales;
        run(myelin_op_quantize_rms_norm, &dst, threads, &node, rows);
        CHECK(memcmp(rows, wanted, sizeof rows) == 0, "format %d, %d threads: normed", format, threads);
    }
}

int main(void) {
    for (int i = 0; i < M; i++) {
        for (int j = 0; j < K; j++) {
            x[i][j] = 8 * uniform() * (j % 50 == 0 ? 10 : 1);
            other[i][j] = 2 * uniform();
            weight[j] = 1 + uniform();
        }
    }
    for (int i = 0; i < isa_count; i++) {
        const isa_kernels *isa = &isa_table[i];
        if (isa_usable(isa)) {
            check_table(isa->elementwise, isa->name);
            check_broken(isa->elementwise, isa->name);
        } else {
            printf("skipped: this CPU cannot run %s\n", isa->name);
        }
    }
    if (kernels_in_use() == NULL) {
        printf("no kernels for this machine: the operations are not tested\n");
    } else {
        check_operations(ACTIVATIONS_32);
        check_operations(ACTIVATIONS_256);
    }
    return checks_failed();
}
