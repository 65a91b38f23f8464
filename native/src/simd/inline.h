/** INLINE: functions that are inlined even where the compiler would not. */
#ifndef MYELIN_SRC_SIMD_INLINE_H
#define MYELIN_SRC_SIMD_INLINE_H

#define INLINE static inline __attribute__((always_inline))

#endif
