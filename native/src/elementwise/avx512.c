/* Compiled with AVX-512 F, BW, DQ, VL, VBMI and VNNI; called only if the CPU has them all. */
#define TABLE elementwise_avx512

#include "simd/avx512.h"

#include "simd.h"
