/* The int8 peak: independent sums of dot products in registers. */
#include "int8_peak.h"

#include "dispatch.h"
#include "isa.h"
#include "myelin.h"

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

enum { SUMS = 12 }; /* enough for a latency of five cycles at two a cycle; they fit 16 registers */

#if defined(__clang__)
#define UNROLL _Pragma("clang loop unroll(full)")
#else
#define UNROLL _Pragma("GCC unroll 16")
#endif

/**
 * Defines a function that runs STEP(sum, a, b) SUMS times a round. KEEP hides the value of a register from
 * the compiler, so that it computes nothing in advance and removes nothing.
 */
#define MEASURE(name, attributes, VECTOR, ONES, STEP, KEEP) \
    attributes static void name(int64_t rounds) {           \
        VECTOR sum[SUMS];                                   \
        VECTOR a = ONES;                                    \
        VECTOR b = ONES;                                    \
        UNROLL for (int i = 0; i < SUMS; i++) {             \
            sum[i] = ONES;                                  \
        }                                                   \
        for (int64_t r = 0; r < rounds; r++) {              \
            KEEP(a);                                        \
            KEEP(b);                                        \
            UNROLL for (int i = 0; i < SUMS; i++) {         \
                STEP(sum[i], a, b);                         \
                KEEP(sum[i]);                               \
            }                                               \
        }                                                   \
    }

#define OPS(products) \
    (2 * (uint64_t)(products) * (uint64_t)SUMS) /* a product and its sum are two operations */

#if defined(__x86_64__)
#define KEEP_X86(v) __asm__ volatile("" : "+v"(v))
#define KEEP_YMM(v) __asm__ volatile("" : "+x"(v))

#define DPBUSD_512(sum, a, b) sum = _mm512_dpbusd_epi32(sum, a, b)
MEASURE(run_avx512, __attribute__((target("avx512f,avx512bw,avx512vnni"))), __m512i, _mm512_set1_epi8(1),
        DPBUSD_512, KEEP_X86)
const int8_peak int8_peak_avx512 = {OPS(64), run_avx512};

#if defined(INT8_PEAK_AVXVNNI)
#define DPBUSD_256(sum, a, b) sum = _mm256_dpbusd_avx_epi32(sum, a, b)
MEASURE(run_avxvnni, __attribute__((target("avx2,avxvnni"))), __m256i, _mm256_set1_epi8(1), DPBUSD_256,
        KEEP_YMM)
const int8_peak int8_peak_avxvnni = {OPS(32), run_avxvnni};
#endif

/*
 * Products are added in pairs as int16; with weights of 4 bits eight pairs still fit, so that few of the
 * instructions add them as int32. The operands must seem to change for every sum.
 */
enum { PAIRS = 8 };

__attribute__((target("avx2"))) static inline __m256i add_pairs(__m256i sum, __m256i a, __m256i b) {
    __m256i pairs = _mm256_maddubs_epi16(a, b);
    UNROLL for (int i = 1; i < PAIRS; i++) {
        KEEP_YMM(a);
        pairs = _mm256_add_epi16(pairs, _mm256_maddubs_epi16(a, b));
        KEEP_YMM(pairs); /* in this order, without spills */
    }
    return _mm256_add_epi32(sum, _mm256_madd_epi16(pairs, b));
}

#define MADDUBS(sum, a, b) \
    KEEP_YMM(a);           \
    sum = add_pairs(sum, a, b)
MEASURE(run_avx2, __attribute__((target("avx2"))), __m256i, _mm256_set1_epi8(1), MADDUBS, KEEP_YMM)
const int8_peak int8_peak_avx2 = {OPS(32 * PAIRS), run_avx2};
#endif

#if defined(__aarch64__)
#define KEEP_NEON(v) __asm__ volatile("" : "+w"(v))
/* In assembly, because compilers differ in how a function enables an extension. */
#define ARCH ".arch armv8.2-a+dotprod+i8mm\n\t"
#define SDOT(sum, a, b) __asm__(ARCH "sdot %0.4s, %1.16b, %2.16b" : "+w"(sum) : "w"(a), "w"(b))
#define SMMLA(sum, a, b) __asm__(ARCH "smmla %0.4s, %1.16b, %2.16b" : "+w"(sum) : "w"(a), "w"(b))
MEASURE(run_i8mm, , int32x4_t, vdupq_n_s32(1), SMMLA, KEEP_NEON)
const int8_peak int8_peak_i8mm = {OPS(32), run_i8mm};
MEASURE(run_dotprod, , int32x4_t, vdupq_n_s32(1), SDOT, KEEP_NEON)
const int8_peak int8_peak_dotprod = {OPS(16), run_dotprod};
#endif

#define KEEP_INT(v) __asm__ volatile("" : "+r"(v))
#define MULTIPLY(sum, a, b) sum += (uint32_t)(int8_t)(a) * (uint32_t)(int8_t)(b)
MEASURE(run_scalar, , uint32_t, 1, MULTIPLY, KEEP_INT)
const int8_peak int8_peak_scalar = {OPS(1), run_scalar};

uint64_t myelin_int8_ops(int64_t rounds) {
    if (rounds < 1) {
        return 0;
    }
    const int8_peak *peak = int8_peak_named(isa_requested().name);
    peak->run(rounds);
    return (uint64_t)rounds * peak->ops;
}
