/* Compiled with NEON, which every Armv8 CPU has. */
#define TABLE elementwise_neon

#include "simd/neon.h"

#include "simd.h"
