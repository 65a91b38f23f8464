/** What is done to a row of f32 before it is quantised. Lengths are multiples of 16. */
#ifndef MYELIN_SRC_ROWS_H
#define MYELIN_SRC_ROWS_H

#include <stdint.h>

/** The functions of an instruction set; all give the same bits. */
typedef struct {
    /** out = silu(gate) * up (SwiGLU, Shazeer 2020), silu(x) = x / (1 + exp(-x)). */
    void (*gate)(int64_t n, const float *gate, const float *up, float *out);
    /** One by the root of the mean square and epsilon (Zhang and Sennrich 2019). */
    float (*norm)(int64_t n, const float *x, float epsilon);
    /** out = x * scale * weight. */
    void (*scale)(int64_t n, const float *x, float scale, const float *weight, float *out);
} row_table;

extern const row_table rows_scalar;

#if defined(__x86_64__)
extern const row_table rows_avx512;
extern const row_table rows_avx2;
#elif defined(__aarch64__)
extern const row_table rows_neon;
#endif

#endif
