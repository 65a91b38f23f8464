/* Compiled with NEON, which every Armv8 CPU has. */
#include "simd/neon.h"

#define NAME attend_general_neon
#define SCORES_NAME index_scores_neon
#define TILE_ROWS 6
#define TILE_VECTORS 1
#define EACH_ROWS(f) f(6) f(4) f(2) f(1)
#define EACH_VECTORS(f) f(1)
#define KEEP(x) (void)0

#include "general_kernel.h"
#include "indexer_kernel.h"
