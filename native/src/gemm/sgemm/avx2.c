/* AVX2 and FMA: 12 of the 16 registers are sums. L2 caches of such CPUs may be 256 KiB. */
#include <immintrin.h>

#define NAME "avx2"
#define TABLE sgemm_avx2
#define LANES 8
#define VECTORS 2
#define COLUMNS 6
#define BLOCK 144

#define VECTOR __m256
#define ZERO() _mm256_setzero_ps()
#define LOAD(p) _mm256_loadu_ps(p)
#define STORE(p, v) _mm256_storeu_ps(p, v)
#define SPLAT(x) _mm256_set1_ps(x)
#define ADD(a, b) _mm256_add_ps(a, b)
#define FMA(a, b, sum) _mm256_fmadd_ps(a, b, sum)
#define KEEP(v) __asm__ volatile("" : "+x"(v))

#define WORDS __m256i
#define NO_WORDS() _mm256_setzero_si256()
#define LOAD_WORDS(p) _mm256_loadu_si256((const void *)(p))
#define ADD_WORDS(a, b) _mm256_add_epi64(a, b)

#include "simd.h"
