/* AVX-512F: 24 of the 32 registers are sums. */
#include <immintrin.h>

#define NAME "avx512"
#define TABLE sgemm_avx512
#define LANES 16
#define VECTORS 2
#define COLUMNS 12
#define BLOCK 320

#define VECTOR __m512
#define ZERO() _mm512_setzero_ps()
#define LOAD(p) _mm512_loadu_ps(p)
#define STORE(p, v) _mm512_storeu_ps(p, v)
#define SPLAT(x) _mm512_set1_ps(x)
#define ADD(a, b) _mm512_add_ps(a, b)
#define FMA(a, b, sum) _mm512_fmadd_ps(a, b, sum)
#define KEEP(v) __asm__ volatile("" : "+v"(v))

/* memory is the limit; on Zen 4, 256-bit loads are a little faster than 512-bit loads */
#define WORDS __m256i
#define NO_WORDS() _mm256_setzero_si256()
#define LOAD_WORDS(p) _mm256_loadu_si256((const void *)(p))
#define ADD_WORDS(a, b) _mm256_add_epi64(a, b)

#include "simd.h"
