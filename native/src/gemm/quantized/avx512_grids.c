/* GEMV of whole rows of the types of grids.h. Compiled with AVX-512 as avx512.c is. */
#include "avx512.h"

#define NAME(type) avx512_rows_##type
#include "avx2_grid_rows.h"
