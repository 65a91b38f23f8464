/* Compiled with AVX2, FMA and F16C; called only if the CPU has them all. */
#define NAME attend_avx2
#define ADD_PAIRS(sum, w, x) _mm256_add_epi32(sum, _mm256_madd_epi16(w, x))

#include "avx2.h"
