/* Compiled with AVX2, FMA, F16C and AVX-VNNI; called only if the CPU has them all. */
#ifndef ROWS
#define ROWS row_gemv_avxvnni
#endif

#include "avx2_rows.h"
