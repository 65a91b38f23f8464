/* Compiled with AVX-512 F, BW, DQ, VL, VBMI and VNNI; only called where the probe found them all. */
#define TABLE elementwise_avx512

#include "simd/avx512.h"

#include "simd.h"
