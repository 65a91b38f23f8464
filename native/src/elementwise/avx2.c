/* Compiled with AVX2, FMA and F16C; only called where the probe found them all. */
#define TABLE elementwise_avx2

#include "simd/avx2.h"

#include "simd.h"
