/** Operations on rows of f32 before they are quantised. Lengths are multiples of 16. */
#ifndef MYELIN_SRC_ELEMENTWISE_ELEMENTWISE_H
#define MYELIN_SRC_ELEMENTWISE_ELEMENTWISE_H

#include <stdint.h>

/** The functions of an instruction set; all give the same bits. */
typedef struct {
    /** out = silu(gate) * up (SwiGLU, Shazeer 2020), silu(x) = x / (1 + exp(-x)). */
    void (*swiglu)(int64_t n, const float *gate, const float *up, float *out);
    /**
     * The tanh approximation of GELU (Hendrycks and Gimpel 2016) of x rounded to f16, rounded to f16, as
     * ggml's table of all f16 values gives it, but that of large x is x. out may be x.
     */
    void (*gelu)(int64_t n, const float *x, float *out);
    /** 1 / sqrt(mean of squares + epsilon) (RMSNorm, Zhang and Sennrich 2019). */
    float (*inverse_rms)(int64_t n, const float *x, float epsilon);
    /** out = x * scale * weight. */
    void (*scale)(int64_t n, const float *x, float scale, const float *weight, float *out);
} elementwise_table;

extern const elementwise_table elementwise_scalar;

#if defined(__x86_64__)
extern const elementwise_table elementwise_avx512;
extern const elementwise_table elementwise_avx2;
#elif defined(__aarch64__)
extern const elementwise_table elementwise_neon;
#endif

#endif
