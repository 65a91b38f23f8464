// The probe for aarch64. Compiled without ISA flags, because it runs before the features are known.
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "cpu.h"
#include "myelin.h"

static uint64_t flag_if(bool has, int feature) {
    return has ? MYELIN_FEATURE(feature) : 0;
}

#if defined(__linux__)

#include <sys/auxv.h>

// Bits of the auxiliary vector: Linux, Documentation/arch/arm64/elf_hwcaps.rst.
uint64_t myelin_probe_features(void) {
    const unsigned long caps = getauxval(AT_HWCAP);
    const unsigned long caps2 = getauxval(AT_HWCAP2);
    return flag_if((caps >> 1) & 1, MYELIN_CPU_NEON) | flag_if((caps >> 10) & 1, MYELIN_CPU_FP16) |
           flag_if((caps >> 20) & 1, MYELIN_CPU_DOTPROD) | flag_if((caps >> 22) & 1, MYELIN_CPU_SVE) |
           flag_if((caps2 >> 1) & 1, MYELIN_CPU_SVE2) | flag_if((caps2 >> 13) & 1, MYELIN_CPU_I8MM) |
           flag_if((caps2 >> 14) & 1, MYELIN_CPU_BF16);
}

/** Arm cores have no name: implementer and part number from MIDR_EL1. */
void myelin_probe_brand(char brand[MYELIN_BRAND_BYTES]) {
    brand[0] = '\0';
    FILE *file = fopen("/sys/devices/system/cpu/cpu0/regs/identification/midr_el1", "r");
    if (file == NULL) {
        return;
    }
    unsigned long long midr = 0;
    if (fscanf(file, "%llx", &midr) == 1) {
        snprintf(brand, MYELIN_BRAND_BYTES, "Arm implementer 0x%02x part 0x%03x",
                 (unsigned)(midr >> 24) & 0xff, (unsigned)(midr >> 4) & 0xfff);
    }
    fclose(file);
}

#elif defined(__APPLE__)

#include <sys/sysctl.h>

static bool has(const char *name) {
    int value = 0;
    size_t size = sizeof value;
    return sysctlbyname(name, &value, &size, NULL, 0) == 0 && value != 0;
}

uint64_t myelin_probe_features(void) {
    return flag_if(true, MYELIN_CPU_NEON) | flag_if(has("hw.optional.arm.FEAT_FP16"), MYELIN_CPU_FP16) |
           flag_if(has("hw.optional.arm.FEAT_DotProd"), MYELIN_CPU_DOTPROD) |
           flag_if(has("hw.optional.arm.FEAT_I8MM"), MYELIN_CPU_I8MM) |
           flag_if(has("hw.optional.arm.FEAT_BF16"), MYELIN_CPU_BF16);
}

void myelin_probe_brand(char brand[MYELIN_BRAND_BYTES]) {
    size_t size = MYELIN_BRAND_BYTES;
    if (sysctlbyname("machdep.cpu.brand_string", brand, &size, NULL, 0) != 0) {
        brand[0] = '\0';
    }
    brand[MYELIN_BRAND_BYTES - 1] = '\0';
}

#else

uint64_t myelin_probe_features(void) {
    return flag_if(true, MYELIN_CPU_NEON);  // part of every aarch64
}

void myelin_probe_brand(char brand[MYELIN_BRAND_BYTES]) {
    brand[0] = '\0';
}

#endif
