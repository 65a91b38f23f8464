/* The reference: plain C for any machine. */
#define TABLE rows_scalar

#include "simd/scalar.h"

#include "simd.h"
