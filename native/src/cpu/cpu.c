#include "cpu.h"

#include <string.h>

#include "myelin.h"

static const char *const feature_names[] = {
    [MYELIN_CPU_SSE42] = "sse4.2",
    [MYELIN_CPU_AVX] = "avx",
    [MYELIN_CPU_F16C] = "f16c",
    [MYELIN_CPU_FMA] = "fma",
    [MYELIN_CPU_BMI2] = "bmi2",
    [MYELIN_CPU_AVX2] = "avx2",
    [MYELIN_CPU_AVX_VNNI] = "avx_vnni",
    [MYELIN_CPU_AVX512F] = "avx512f",
    [MYELIN_CPU_AVX512BW] = "avx512bw",
    [MYELIN_CPU_AVX512DQ] = "avx512dq",
    [MYELIN_CPU_AVX512VL] = "avx512vl",
    [MYELIN_CPU_AVX512_VBMI] = "avx512_vbmi",
    [MYELIN_CPU_AVX512_VNNI] = "avx512_vnni",
    [MYELIN_CPU_AVX512_BF16] = "avx512_bf16",
    [MYELIN_CPU_AVX512_FP16] = "avx512_fp16",
    [MYELIN_CPU_AMX_TILE] = "amx_tile",
    [MYELIN_CPU_AMX_INT8] = "amx_int8",
    [MYELIN_CPU_AMX_BF16] = "amx_bf16",
    [MYELIN_CPU_NEON] = "neon",
    [MYELIN_CPU_FP16] = "fp16",
    [MYELIN_CPU_DOTPROD] = "dotprod",
    [MYELIN_CPU_I8MM] = "i8mm",
    [MYELIN_CPU_BF16] = "bf16",
    [MYELIN_CPU_SVE] = "sve",
    [MYELIN_CPU_SVE2] = "sve2",
};

_Static_assert(sizeof feature_names / sizeof feature_names[0] == MYELIN_CPU_FEATURE_COUNT,
               "every feature has a name");
_Static_assert(MYELIN_CPU_FEATURE_COUNT <= 64, "the features fit in a uint64_t");

uint64_t myelin_cpu_features(void) {
    return myelin_probe_features();
}

const char *myelin_cpu_feature_name(int32_t feature) {
    if (feature < 0 || feature >= MYELIN_CPU_FEATURE_COUNT) {
        return NULL;
    }
    return feature_names[feature];
}

int32_t myelin_cpu_brand(char *buffer, size_t capacity) {
    if (buffer == NULL || capacity == 0) {
        return MYELIN_ERROR_ARGUMENT;
    }
    char brand[MYELIN_BRAND_BYTES] = {0};
    myelin_probe_brand(brand);
    const char *start = brand;
    while (*start == ' ') {  // Intel pads on the left
        start++;
    }
    size_t length = strlen(start);
    while (length > 0 && start[length - 1] == ' ') {  // AMD pads on the right
        length--;
    }
    if (length > capacity - 1) {
        length = capacity - 1;
    }
    memcpy(buffer, start, length);
    buffer[length] = '\0';
    return MYELIN_OK;
}
