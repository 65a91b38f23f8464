/** The widen_fn of every type of EACH_WIDE_TYPE. */
#include "widen_tq1_0.h"
