/* GEMV of whole rows of the types of grids.h, also for AVX-VNNI. Compiled with AVX2, FMA and F16C. */
#define NAME(type) avx2_rows_##type

#include "avx2_grid_rows.h"
