/** The probe of each platform, used by cpu.c. */
#ifndef MYELIN_SRC_CPU_CPU_H
#define MYELIN_SRC_CPU_CPU_H

#include <stddef.h>
#include <stdint.h>

/** The longest brand string with its NUL (48 bytes on x86; shorter than 64 on Apple). */
#define MYELIN_BRAND_BYTES 64

#define MYELIN_FEATURE(feature) (UINT64_C(1) << (feature))

/** The features that the CPU has and the operating system supports. */
uint64_t myelin_probe_features(void);

/** Writes the NUL-terminated name of the CPU, "" if unknown. */
void myelin_probe_brand(char brand[MYELIN_BRAND_BYTES]);

#endif
