#include "kernels.h"

#include <stdlib.h>
#include <string.h>

#include "myelin.h"

static const size_t LINE = 64;

static size_t round_up(size_t bytes) {
    return (bytes + LINE - 1) & ~(LINE - 1);
}

int activation_block(enum activation_format format) {
    return format == ACTIVATIONS_32 ? 32 : 256;
}

static size_t sum_count(enum activation_format format, int64_t k) {
    return (size_t)k / (format == ACTIVATIONS_32 ? 32 : 16);
}

static size_t scale_count(enum activation_format format, int64_t k) {
    return (size_t)k / (size_t)activation_block(format);
}

size_t activation_bytes(enum activation_format format, int64_t k) {
    return round_up((size_t)k) + round_up(scale_count(format, k) * sizeof(float)) +
           round_up(sum_count(format, k) * sizeof(int16_t));
}

activations activation_row(enum activation_format format, int64_t k, void *base) {
    char *bytes = base;
    const size_t scales = round_up((size_t)k);
    const size_t sums = scales + round_up(scale_count(format, k) * sizeof(float));
    /* through void: each part keeps the alignment of base */
    return (activations){
        .qs = (void *)bytes,
        .d = (void *)(bytes + scales),
        .sums = (void *)(bytes + sums),
    };
}

enum activation_format kernel_format(int32_t type) {
    switch (type) {
        case TYPE_Q4_0:
        case TYPE_Q8_0:
            return ACTIVATIONS_32;
        case TYPE_Q4_K:
        case TYPE_Q6_K:
            return ACTIVATIONS_256;
        default:
            return ACTIVATIONS_NONE;
    }
}

size_t kernel_row_bytes(int32_t type, int64_t k) {
    switch (type) {
        case TYPE_Q4_0:
            return (size_t)k / 32 * sizeof(block_q4_0);
        case TYPE_Q8_0:
            return (size_t)k / 32 * sizeof(block_q8_0);
        case TYPE_Q4_K:
            return (size_t)k / 256 * sizeof(block_q4_k);
        case TYPE_Q6_K:
            return (size_t)k / 256 * sizeof(block_q6_k);
        default:
            return 0;
    }
}

#if defined(__x86_64__)
/** Whether MYELIN_ISA, unset or the name of a table, allows this one. */
static int allowed(const char *name) {
    const char *forced = getenv("MYELIN_ISA");
    return forced == NULL || *forced == '\0' || strcmp(forced, name) == 0;
}
#endif

const kernel_table *kernels_best(void) {
#if defined(__x86_64__)
    const uint64_t needed = UINT64_C(1) << MYELIN_CPU_AVX512F | UINT64_C(1) << MYELIN_CPU_AVX512BW |
                            UINT64_C(1) << MYELIN_CPU_AVX512DQ | UINT64_C(1) << MYELIN_CPU_AVX512VL |
                            UINT64_C(1) << MYELIN_CPU_AVX512_VNNI | UINT64_C(1) << MYELIN_CPU_AVX512_VBMI |
                            UINT64_C(1) << MYELIN_CPU_F16C | UINT64_C(1) << MYELIN_CPU_FMA;
    if ((myelin_cpu_features() & needed) == needed && allowed(kernels_avx512.name)) {
        return &kernels_avx512;
    }
#endif
    /* slower than ggml: only where somebody asks for the reference */
    const char *forced = getenv("MYELIN_ISA");
    return forced != NULL && strcmp(forced, kernels_scalar.name) == 0 ? &kernels_scalar : NULL;
}
