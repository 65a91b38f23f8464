#include "gemm/gemm.h"

#include <string.h>

#include "isa.h"
#include "myelin.h"

#define HAS(feature) (UINT64_C(1) << MYELIN_CPU_##feature)

const instruction_set instruction_sets[] = {
#if defined(__x86_64__)
    {&kernels_avx512, HAS(AVX512F) | HAS(AVX512BW) | HAS(AVX512DQ) | HAS(AVX512VL) | HAS(AVX512_VBMI) |
                          HAS(AVX512_VNNI) | HAS(F16C) | HAS(FMA)},
#if defined(MYELIN_AVXVNNI)
    {&kernels_avxvnni, HAS(AVX_VNNI) | HAS(AVX2) | HAS(F16C) | HAS(FMA)},
#endif
    {&kernels_avx2, HAS(AVX2) | HAS(F16C) | HAS(FMA)},
#elif defined(__aarch64__)
    {&kernels_i8mm, HAS(NEON) | HAS(DOTPROD) | HAS(I8MM)},
    {&kernels_dotprod, HAS(NEON) | HAS(DOTPROD)},
#endif
    {&kernels_scalar, 0},
};

const int instruction_set_count = sizeof instruction_sets / sizeof *instruction_sets;

int instruction_set_usable(const instruction_set *set) {
    return (myelin_cpu_features() & set->needed) == set->needed;
}

const kernel_table *kernels_named(const char *name) {
    for (int i = 0; i < instruction_set_count; i++) {
        const instruction_set *set = &instruction_sets[i];
        /* the reference is slower than ggml: only where somebody asks for it */
        const int wanted = name == NULL ? set->table != &kernels_scalar : strcmp(name, set->table->name) == 0;
        if (wanted && instruction_set_usable(set)) {
            return set->table;
        }
    }
    return NULL;
}

const kernel_table *kernels_best(void) {
    const isa asked = isa_in_use();
    return asked.request == ISA_NONE || asked.request == ISA_WRONG ? NULL : kernels_named(asked.name);
}
