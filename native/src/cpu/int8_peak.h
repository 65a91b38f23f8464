/* How many products of int8 a core does, by the instructions that kernels multiply with. */
#ifndef MYELIN_SRC_KERNELS_MEASURE_H
#define MYELIN_SRC_KERNELS_MEASURE_H

#include <stdint.h>

/** One kind of instructions. */
typedef struct {
    const char *name; /* as kernels are named */
    uint64_t needed;  /* features of the machine, bits by enum myelin_cpu_feature */
    uint64_t ops;     /* operations of a round */
    void (*run)(int64_t rounds);
} int8_measure;

/** The kinds that this machine has, the best first; null past the last, index >= 0. */
const int8_measure *int8_available(int index);

/** The kind of this name if the machine has it, the best for another name or null. */
const int8_measure *int8_choose(const char *name);

#endif
