/* NEON: 24 of the 32 registers are sums. */
#include <arm_neon.h>

#define NAME "neon"
#define TABLE sgemm_neon
#define LANES 4
#define VECTORS 2
#define COLUMNS 12
#define BLOCK 128

#define VECTOR float32x4_t
#define ZERO() vdupq_n_f32(0)
#define LOAD(p) vld1q_f32(p)
#define STORE(p, v) vst1q_f32(p, v)
#define SPLAT(x) vdupq_n_f32(x)
#define ADD(a, b) vaddq_f32(a, b)
#define FMA(a, b, sum) vfmaq_f32(sum, a, b)
#define KEEP(v) __asm__ volatile("" : "+w"(v))

#define WORDS uint64x2_t
#define NO_WORDS() vdupq_n_u64(0)
#define LOAD_WORDS(p) vreinterpretq_u64_u8(vld1q_u8((const void *)(p)))
#define ADD_WORDS(a, b) vaddq_u64(a, b)

#include "simd.h"
