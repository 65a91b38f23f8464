/* Compiled with AVX2, FMA and F16C; called only if the CPU has them all. */
#define TABLE elementwise_avx2

#include "simd/avx2.h"

#include "simd.h"
