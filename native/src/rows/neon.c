/* Compiled with NEON, which every Armv8 has. */
#define TABLE rows_neon

#include "lanes/neon.h"

#include "vectors.h"
