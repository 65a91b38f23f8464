/** The int8 peak of a core: dot products by the instructions that the quantised GEMM uses. */
#ifndef MYELIN_SRC_CPU_INT8_PEAK_H
#define MYELIN_SRC_CPU_INT8_PEAK_H

#include <stdint.h>

typedef struct {
    uint64_t ops; /* operations of a round */
    void (*run)(int64_t rounds);
} int8_peak;

extern const int8_peak int8_peak_scalar;
#if defined(__x86_64__)
extern const int8_peak int8_peak_avx512;
#if (defined(__clang__) && __clang_major__ >= 13) || (!defined(__clang__) && __GNUC__ >= 11)
#define INT8_PEAK_AVXVNNI /* the compiler knows the instructions */
extern const int8_peak int8_peak_avxvnni;
#endif
extern const int8_peak int8_peak_avx2;
#elif defined(__aarch64__)
extern const int8_peak int8_peak_i8mm;
extern const int8_peak int8_peak_dotprod;
#endif

#endif
