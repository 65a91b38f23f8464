/** The instructions of AVX-VNNI. */
#ifndef MYELIN_SRC_GEMM_QUANTIZED_VNNI_H
#define MYELIN_SRC_GEMM_QUANTIZED_VNNI_H

#include <immintrin.h>

#if defined(__AVXVNNI__)
#define HAS_VNNI 1
#define DPBUSD(a, w, x) _mm256_dpbusd_avx_epi32(a, w, x)
#define DPWSSD(a, w, x) _mm256_dpwssd_avx_epi32(a, w, x)
#elif defined(__AVX512VNNI__) /* the same in the AVX-512 encoding, for a test on CPUs without AVX-VNNI */
#define HAS_VNNI 1
#define DPBUSD(a, w, x) _mm256_dpbusd_epi32(a, w, x)
#define DPWSSD(a, w, x) _mm256_dpwssd_epi32(a, w, x)
#else
#define HAS_VNNI 0
#endif

#endif
