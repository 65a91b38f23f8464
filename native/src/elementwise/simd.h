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

const elementwise_table TABLE = {.swiglu = swiglu, .inverse_rms = inverse_rms, .scale = scale_by_weight};
