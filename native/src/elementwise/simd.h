/** The functions of a table. A file that includes this includes a simd/ header first, and defines TABLE. */
#include <math.h>

#include "elementwise.h"
#include "simd/exp2.h"

enum { SIMD_WIDTH = 16 };

static void swiglu(int64_t n, const float *x, const float *up, float *out) {
    const f32x16 one = f32x16_set1(1);
    for (int64_t i = 0; i < n; i += SIMD_WIDTH) {
        const f32x16 v = f32x16_load(x + i);
        /* exp() of -|x|: the sigmoid is e / (1 + e) for negative x, 1 / (1 + e) for others */
        const f32x16 e = exp2_nonpositive(f32x16_mul(f32x16_abs(v), f32x16_set1(-0x1.715476p0f)));
        const f32x16 over = f32x16_max(f32x16_select_ge(v, 0, one), e);
        const f32x16 silu = f32x16_div(f32x16_mul(v, over), f32x16_add(one, e));
        f32x16_store(out + i, f32x16_mul(silu, f32x16_load(up + i)));
    }
}

/** Rounds |x| <= 10 to the nearest f16, ties to even. */
static inline f32x16 round_to_f16(f32x16 x) {
    /* 13 bits fewer: the low bits of the product are those to be kept */
    const f32x16 product = f32x16_mul(x, f32x16_set1(0x1.0008p13f));
    const f32x16 normal = f32x16_sub(product, f32x16_sub(product, x));
    /* subnormal f16 are multiples of 2^-24 */
    const f32x16 rounding = f32x16_set1(0x1.8p-1f);
    const f32x16 subnormal = f32x16_sub(f32x16_add(x, rounding), rounding);
    const f32x16 size = f32x16_abs(x);
    return f32x16_add(f32x16_select_ge(size, 0x1p-14f, normal),
                      f32x16_sub(subnormal, f32x16_select_ge(size, 0x1p-14f, subnormal)));
}

static void gelu(int64_t n, const float *x, float *out) {
    const f32x16 one = f32x16_set1(1);
    for (int64_t i = 0; i < n; i += SIMD_WIDTH) {
        const f32x16 v = f32x16_load(x + i);
        const f32x16 limited = f32x16_max(f32x16_set1(-10), f32x16_min(f32x16_set1(10), v));
        const f32x16 a = round_to_f16(limited);
        /* 0.5 (1 + tanh u) is the sigmoid of 2u, u = sqrt(2 / pi) (a + 0.044715 a^3) */
        const f32x16 cubic =
            f32x16_fma(f32x16_mul(a, a), f32x16_set1(0x1.2444f2p-4f), f32x16_set1(0x1.988454p0f));
        const f32x16 size = f32x16_abs(f32x16_mul(a, cubic));
        const f32x16 e = exp2_nonpositive(f32x16_mul(size, f32x16_set1(-0x1.715476p0f)));
        const f32x16 over = f32x16_max(f32x16_select_ge(a, 0, one), e);
        const f32x16 y = round_to_f16(f32x16_div(f32x16_mul(a, over), f32x16_add(one, e)));
        /* x itself from 10 on */
        const f32x16 others = f32x16_sub(y, f32x16_select_ge(v, 10, y));
        f32x16_store(out + i, f32x16_add(others, f32x16_select_ge(v, 10, v)));
    }
}

static float inverse_rms(int64_t n, const float *x, float epsilon) {
    f32x16 sum = f32x16_set1(0);
    for (int64_t i = 0; i < n; i += SIMD_WIDTH) {
        const f32x16 v = f32x16_load(x + i);
        sum = f32x16_fma(v, v, sum);
    }
    return 1.0f / sqrtf(f32x16_reduce_sum(sum) / (float)n + epsilon);
}

static void scale_by_weight(int64_t n, const float *x, float factor, const float *weight, float *out) {
    for (int64_t i = 0; i < n; i += SIMD_WIDTH) {
        const f32x16 v = f32x16_mul(f32x16_load(x + i), f32x16_set1(factor));
        f32x16_store(out + i, f32x16_mul(v, f32x16_load(weight + i)));
    }
}

const elementwise_table TABLE = {
    .swiglu = swiglu, .gelu = gelu, .inverse_rms = inverse_rms, .scale = scale_by_weight};
