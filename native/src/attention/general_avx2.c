/* Compiled with AVX2, FMA and F16C; called only if the CPU has them all. */
#include "simd/avx2.h"

#define NAME attend_general_avx2
#define SCORES_NAME index_scores_avx2
#define TILE_ROWS 6
#define TILE_VECTORS 1
#define EACH_ROWS(f) f(6) f(4) f(2) f(1)
#define EACH_VECTORS(f) f(1)
#define KEEP(x) (void)0

#include "general_kernel.h"
#include "indexer_kernel.h"
