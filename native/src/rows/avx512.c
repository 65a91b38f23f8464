/* Compiled with AVX-512 F, BW, DQ, VL, VBMI and VNNI; only called where the probe found them all. */
#define TABLE rows_avx512

#include "lanes/avx512.h"

#include "vectors.h"
