/* Compiled with AVX2, FMA, F16C and AVX-VNNI; called only if the CPU has them all. */
#include "attention.h"

#ifdef NAME /* set by a test */
void NAME(const attention *a, int64_t kv_head, int64_t from, int64_t to);
#else
#define NAME attend_avxvnni
#endif

#ifdef __AVXVNNI__
#define ADD_PAIRS(sum, w, x) _mm256_dpwssd_avx_epi32(sum, w, x)
#else /* the same in the AVX-512 encoding, for a test */
#define ADD_PAIRS(sum, w, x) _mm256_dpwssd_epi32(sum, w, x)
#endif

#include "avx2.h"
