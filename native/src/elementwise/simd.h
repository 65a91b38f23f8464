/** The functions of a table, by lanes. Who includes this has defined TABLE and the lanes. */
#include <math.h>

#include "elementwise.h"
#include "simd/exp2.h"

enum { LANES_COUNT = 16 };

static void gate(int64_t n, const float *x, const float *up, float *out) {
    const lanes one = lanes_all(1);
    for (int64_t i = 0; i < n; i += LANES_COUNT) {
        const lanes v = lanes_load(x + i);
        /* the power is of what is not positive: e / (1 + e) for negative values, 1 / (1 + e) for others */
        const lanes e = power_of_two(lanes_multiply(lanes_abs(v), lanes_all(-0x1.715476p0f)));
        const lanes over = lanes_max(lanes_from(v, 0, one), e);
        const lanes silu = lanes_divide(lanes_multiply(v, over), lanes_add(one, e));
        lanes_store(out + i, lanes_multiply(silu, lanes_load(up + i)));
    }
}

static float norm(int64_t n, const float *x, float epsilon) {
    lanes sum = lanes_all(0);
    for (int64_t i = 0; i < n; i += LANES_COUNT) {
        const lanes v = lanes_load(x + i);
        sum = lanes_fma(v, v, sum);
    }
    return 1.0f / sqrtf(lanes_sum(sum) / (float)n + epsilon);
}

static void scale_row(int64_t n, const float *x, float factor, const float *weight, float *out) {
    for (int64_t i = 0; i < n; i += LANES_COUNT) {
        const lanes v = lanes_multiply(lanes_load(x + i), lanes_all(factor));
        lanes_store(out + i, lanes_multiply(v, lanes_load(weight + i)));
    }
}

const row_table TABLE = {gate, norm, scale_row};
