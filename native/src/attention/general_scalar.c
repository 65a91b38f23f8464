/* The reference: plain C for any machine. */
#include "simd/scalar.h"

#define NAME attend_general_scalar
#define SCORES_NAME index_scores_scalar
#define TILE_ROWS 1
#define TILE_VECTORS 4
#define EACH_ROWS(f) f(1)
#define EACH_VECTORS(f) f(4) f(2) f(1)
#define KEEP(x) (void)0

#include "general_kernel.h"
#include "indexer_kernel.h"
