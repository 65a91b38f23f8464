/* Compiled with AVX-512 F, BW, DQ and VL; called only if the CPU has them all. */
#include "simd/avx512.h"

#define NAME attend_general_avx512
#define SCORES_NAME index_scores_avx512
#define TILE_ROWS 6
#define TILE_VECTORS 4
#define EACH_ROWS(f) f(6) f(4) f(2) f(1)
#define EACH_VECTORS(f) f(4) f(2) f(1)
/* to a register, which four instructions share: as a memory operand it would be read four times */
#define KEEP(x) __asm__("" : "+v"(x))

#include "general_kernel.h"
#include "indexer_kernel.h"
