// The probe for x86. Compiled without ISA flags, because it runs before the features are known. Bits: Intel
// SDM volume 2A, CPUID, leaves 1 and 7; volume 1, 13.3 for XCR0.
#include <cpuid.h>
#include <stdbool.h>
#include <string.h>

#include "cpu.h"
#include "myelin.h"

struct leaf {
    uint32_t eax, ebx, ecx, edx;
};

/** All zero if the CPU does not have the leaf. */
static struct leaf cpuid(uint32_t leaf, uint32_t subleaf) {
    struct leaf r = {0, 0, 0, 0};
    if (!__get_cpuid_count(leaf, subleaf, &r.eax, &r.ebx, &r.ecx, &r.edx)) {
        memset(&r, 0, sizeof r);
    }
    return r;
}

/** The register files that the operating system saves; valid only if OSXSAVE is set. */
static uint64_t xcr0(void) {
    uint32_t low, high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return ((uint64_t)high << 32) | low;
}

static uint64_t flag_if(bool has, int feature) {
    return has ? MYELIN_FEATURE(feature) : 0;
}

static bool bit(uint32_t word, int index) {
    return (word >> index) & 1;
}

uint64_t myelin_probe_features(void) {
    const uint64_t ymm_state = 0x6;       // XMM and the upper halves of YMM
    const uint64_t zmm_state = 0xe6;      // also mask registers, upper halves of ZMM, ZMM16..31
    const uint64_t tile_state = 0x60000;  // tile configuration and data

    const struct leaf leaf1 = cpuid(1, 0);
    const uint64_t os = bit(leaf1.ecx, 27) ? xcr0() : 0;
    uint64_t found = flag_if(bit(leaf1.ecx, 20), MYELIN_CPU_SSE42);

    const struct leaf leaf7 = cpuid(7, 0);
    const struct leaf leaf7_1 = leaf7.eax >= 1 ? cpuid(7, 1) : (struct leaf){0, 0, 0, 0};
    found |= flag_if(bit(leaf7.ebx, 8), MYELIN_CPU_BMI2);
    if ((os & ymm_state) == ymm_state && bit(leaf1.ecx, 28)) {
        found |= flag_if(true, MYELIN_CPU_AVX);
        found |= flag_if(bit(leaf1.ecx, 29), MYELIN_CPU_F16C);
        found |= flag_if(bit(leaf1.ecx, 12), MYELIN_CPU_FMA);
        found |= flag_if(bit(leaf7.ebx, 5), MYELIN_CPU_AVX2);
        found |= flag_if(bit(leaf7_1.eax, 4), MYELIN_CPU_AVX_VNNI);
    }
    if ((os & zmm_state) == zmm_state && bit(leaf7.ebx, 16)) {
        found |= flag_if(true, MYELIN_CPU_AVX512F);
        found |= flag_if(bit(leaf7.ebx, 30), MYELIN_CPU_AVX512BW);
        found |= flag_if(bit(leaf7.ebx, 17), MYELIN_CPU_AVX512DQ);
        found |= flag_if(bit(leaf7.ebx, 31), MYELIN_CPU_AVX512VL);
        found |= flag_if(bit(leaf7.ecx, 1), MYELIN_CPU_AVX512_VBMI);
        found |= flag_if(bit(leaf7.ecx, 11), MYELIN_CPU_AVX512_VNNI);
        found |= flag_if(bit(leaf7_1.eax, 5), MYELIN_CPU_AVX512_BF16);
        found |= flag_if(bit(leaf7.edx, 23), MYELIN_CPU_AVX512_FP16);
    }
    if ((os & tile_state) == tile_state && bit(leaf7.edx, 24)) {
        found |= flag_if(true, MYELIN_CPU_AMX_TILE);
        found |= flag_if(bit(leaf7.edx, 25), MYELIN_CPU_AMX_INT8);
        found |= flag_if(bit(leaf7.edx, 22), MYELIN_CPU_AMX_BF16);
    }
    return found;
}

void myelin_probe_brand(char brand[MYELIN_BRAND_BYTES]) {
    for (uint32_t i = 0; i < 3; i++) {
        const struct leaf part = cpuid(0x80000002u + i, 0);
        memcpy(brand + i * sizeof part, &part, sizeof part);
    }
    brand[3 * sizeof(struct leaf)] = '\0';
}
