/* Compiled with AVX2, FMA and F16C; called only if the CPU has them all. */
#define TABLE quantized_gemm_avx2

#include "avx2_planes.h"
