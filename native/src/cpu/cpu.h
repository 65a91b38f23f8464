/** What the probe of each platform gives to the public functions of cpu.c. */
#ifndef MYELIN_SRC_CPU_H
#define MYELIN_SRC_CPU_H

#include <stddef.h>
#include <stdint.h>

/** Longest brand string, with its NUL (x86 has 48 bytes; Apple's are shorter than 64). */
#define MYELIN_BRAND_BYTES 64

#define MYELIN_FEATURE(feature) (UINT64_C(1) << (feature))

/** Features of the CPU family this was compiled for, usable under this operating system. */
uint64_t myelin_probe_features(void);

/** Writes a NUL-terminated name of at most MYELIN_BRAND_BYTES bytes, "" if unknown. */
void myelin_probe_brand(char brand[MYELIN_BRAND_BYTES]);

#endif
