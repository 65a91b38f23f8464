/* What is exported: argument checks, and the choice of an instruction set. */
#include <stdatomic.h>
#include <string.h>

#include "cpu/isa.h"
#include "myelin.h"
#include "weights.h"

static const encode_table *best(void) {
#if defined(__x86_64__)
    const uint64_t needed = UINT64_C(1) << MYELIN_CPU_AVX512F | UINT64_C(1) << MYELIN_CPU_AVX512BW |
                            UINT64_C(1) << MYELIN_CPU_AVX512DQ | UINT64_C(1) << MYELIN_CPU_AVX512VL |
                            UINT64_C(1) << MYELIN_CPU_F16C;
    const isa asked = isa_in_use();
    const int allowed =
        asked.request == ISA_BEST || (asked.request == ISA_NAMED && strcmp(asked.name, "avx512") == 0);
    if (allowed && (myelin_cpu_features() & needed) == needed) {
        return &encode_avx512;
    }
#endif
    return &encode_scalar;
}

/** Found on the first call. Every thread finds the same. */
static const encode_table *table(void) {
    static _Atomic(const encode_table *) found;
    const encode_table *known = atomic_load_explicit(&found, memory_order_acquire);
    if (known == NULL) {
        known = best();
        atomic_store_explicit(&found, known, memory_order_release);
    }
    return known;
}

int32_t myelin_encode_block(int32_t type) {
    if (type < 0 || type >= TYPE_COUNT || table()->encode[type] == NULL) {
        return 0;
    }
    return type == TYPE_Q4_0 || type == TYPE_Q8_0 ? 32 : 256;
}

int32_t myelin_encode(int32_t type, const float *x, int64_t n, void *out) {
    const int32_t block = myelin_encode_block(type);
    if (block == 0) {
        const int32_t wrong = myelin_isa_status();
        return wrong == MYELIN_OK ? MYELIN_ERROR_UNSUPPORTED : wrong;
    }
    if (x == NULL || out == NULL || n < 0 || n % block != 0) {
        return MYELIN_ERROR_ARGUMENT;
    }
    table()->encode[type](n, x, out);
    return MYELIN_OK;
}

int32_t myelin_widen(int32_t type, const void *x, int64_t n, float *out, uint32_t *largest) {
    if (myelin_isa_status() != MYELIN_OK) {
        return myelin_isa_status();
    }
    if (x == NULL || out == NULL || largest == NULL || n < 0) {
        return MYELIN_ERROR_ARGUMENT;
    }
    switch (type) {
        case TYPE_F32:
            *largest = table()->largest(n, x);
            return MYELIN_OK;
        case TYPE_F16:
            *largest = table()->widen_f16(n, x, out);
            return MYELIN_OK;
        case TYPE_BF16:
            *largest = table()->widen_bf16(n, x, out);
            return MYELIN_OK;
        default:
            return MYELIN_ERROR_UNSUPPORTED;
    }
}
