/* Compiled with AVX2, FMA and F16C; called only if the CPU has them all. */
#define ROWS row_gemv_avx2

#include "avx2_rows.h"
