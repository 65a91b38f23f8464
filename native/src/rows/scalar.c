/* The reference: plain C for any machine. */
#define TABLE rows_scalar

#include "lanes/plain.h"

#include "vectors.h"
