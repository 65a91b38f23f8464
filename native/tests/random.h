/** Random numbers, the same in every run: xorshift with 32 bits (Marsaglia 2003). */
#ifndef MYELIN_TESTS_RANDOM_H
#define MYELIN_TESTS_RANDOM_H

#include <stdint.h>

static uint32_t random_state = 1;

/** seed is not 0. */
static inline void random_seed(uint32_t seed) {
    random_state = seed;
}

static inline uint32_t next(void) {
    random_state ^= random_state << 13;
    random_state ^= random_state >> 17;
    random_state ^= random_state << 5;
    return random_state;
}

/** From -1 to 1. */
static inline float uniform(void) {
    return (float)next() / 4294967296.0f * 2.0f - 1.0f;
}

#endif
