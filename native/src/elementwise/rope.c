/* Rotary position embedding (Su et al. 2021), with the arithmetic of ggml_rope_ext() without YaRN. */
#include <assert.h>
#include <math.h>
#include <string.h>

#include "myelin.h"
#include "runtime/compute.h"
#include "runtime/ggml_tensor.h"

enum { PAIRS = 64 };

/** The angles of some pairs of a token. */
typedef struct {
    float cos[PAIRS];
    float sin[PAIRS];
} rotation;

/** The angles of pairs [from, to), at most PAIRS. *theta is the angle of the first before factors. */
static void find_rotation(const struct myelin_rope_params *p, const float *factors, int from, int to,
                          float theta_scale, float *theta, rotation *r) {
    for (int i = from; i < to; i++) {
        const float angle = p->freq_scale * (factors == NULL ? *theta : *theta / factors[i]);
        r->cos[i - from] = cosf(angle) * p->attention_factor;
        r->sin[i - from] = sinf(angle) * p->attention_factor;
        *theta *= theta_scale;
    }
}

static void rotate_adjacent(const rotation *r, int pairs, const float *x, float *y) {
    for (int i = 0; i < pairs; i++) {
        const float a = x[2 * i];
        const float b = x[2 * i + 1];
        y[2 * i] = a * r->cos[i] - b * r->sin[i];
        y[2 * i + 1] = a * r->sin[i] + b * r->cos[i];
    }
}

/** The second value of a pair is `half` after the first. */
static void rotate_halves(const rotation *r, int pairs, int half, const float *x, float *y) {
    for (int i = 0; i < pairs; i++) {
        const float a = x[i];
        const float b = x[i + half];
        y[i] = a * r->cos[i] - b * r->sin[i];
        y[i + half] = a * r->sin[i] + b * r->cos[i];
    }
}

/** All heads of a token. */
static void rotate_token(const struct myelin_rope_params *p, struct ggml_tensor *dst, int64_t token) {
    const struct ggml_tensor *src = dst->src[0];
    const char *x = (const char *)src->data + (size_t)token * src->nb[2];
    char *y = (char *)dst->data + (size_t)token * dst->nb[2];
    const float *factors = dst->src[2] == NULL ? NULL : dst->src[2]->data;
    const float theta_scale = powf(p->freq_base, -2.0f / (float)p->dimensions);
    const int half = p->dimensions / 2;
    float theta = (float)((const int32_t *)dst->src[1]->data)[token];
    if (p->dimensions < src->ne[0]) {
        for (int64_t head = 0; head < src->ne[1]; head++) {
            memcpy(y + (size_t)head * dst->nb[1], x + (size_t)head * src->nb[1],
                   (size_t)src->ne[0] * sizeof(float));
        }
    }
    for (int from = 0; from < half; from += PAIRS) {
        rotation r;
        const int pairs = half - from < PAIRS ? half - from : PAIRS;
        find_rotation(p, factors, from, from + pairs, theta_scale, &theta, &r);
        for (int64_t head = 0; head < src->ne[1]; head++) {
            const float *in = (const float *)(const void *)(x + (size_t)head * src->nb[1]);
            float *out = (float *)(void *)(y + (size_t)head * dst->nb[1]);
            if (p->halves) {
                rotate_halves(&r, pairs, half, in + p->offset + from, out + p->offset + from);
            } else {
                rotate_adjacent(&r, pairs, in + p->offset + 2 * from, out + p->offset + 2 * from);
            }
        }
    }
}

void myelin_op_rope(struct ggml_tensor *dst, int32_t thread, int32_t threads, void *params) {
    const struct myelin_rope_params *p = params;
    const int64_t tokens = dst->ne[2];
    if (spread(myelin_op_rope, dst, threads, params, dst->ne[0] * dst->ne[1] * tokens)) {
        return;
    }
    assert(p->dimensions > 0 && p->dimensions % 2 == 0 && p->offset + p->dimensions <= dst->ne[0]);
    assert(dst->src[1]->ne[0] == tokens && dst->src[0]->ne[2] == tokens && dst->ne[3] == 1);
    for (int64_t t = tokens * thread / threads; t < tokens * (thread + 1) / threads; t++) {
        rotate_token(p, dst, t);
    }
}
