// The probe for CPU families without SIMD kernels: no features, so scalar code runs.
#include "cpu.h"

uint64_t myelin_probe_features(void) {
    return 0;
}

void myelin_probe_brand(char brand[MYELIN_BRAND_BYTES]) {
    brand[0] = '\0';
}
