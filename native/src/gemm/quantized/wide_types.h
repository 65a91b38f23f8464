/** The widen_fn of every type of EACH_WIDE_TYPE, and the widen_block_fn of EACH_WIDE_BLOCK_TYPE. */
#include "widen_bits.h"
