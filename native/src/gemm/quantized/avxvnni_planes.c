/* Compiled with AVX2, FMA, F16C and AVX-VNNI; called only if the CPU has them all. */
#ifndef TABLE
#define TABLE quantized_gemm_avxvnni
#endif

#include "avx2_planes.h"
