/* The reference: plain C for any machine. */
#define TABLE elementwise_scalar

#include "simd/scalar.h"

#include "simd.h"
