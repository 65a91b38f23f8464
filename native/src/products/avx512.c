/* AVX-512F: 24 of the 32 registers are sums. */
#include <immintrin.h>

#define NAME "avx512"
#define TABLE products_avx512
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

#define WORDS __m512i
#define NO_WORDS() _mm512_setzero_si512()
#define LOAD_WORDS(p) _mm512_loadu_si512(p)
#define ADD_WORDS(a, b) _mm512_add_epi64(a, b)

#include "vectors.h"
