/** What the operations of a graph share. */
#ifndef MYELIN_SRC_KERNELS_OPS_H
#define MYELIN_SRC_KERNELS_OPS_H

#include <stdatomic.h>
#include <stdint.h>

#include "gemm.h"

/** The table in use, or null; the same on every call. */
const kernel_table *kernels_in_use(void);

/** How the threads of one product share its rows; all zero between computations. */
typedef struct {
    atomic_int_fast64_t next;     /* the first row that no thread has taken */
    atomic_int_fast32_t finished; /* threads that found none left */
} progress;

/**
 * Takes the next rows: half of a thread's share of what is left, so that runs are long at first, and
 * threads end together even if one is held up. Returns where they begin, or -1 if none are left.
 */
int64_t progress_take(progress *p, int64_t rows, int32_t threads, int64_t *count);

/** Called by each thread that found no rows left; the last one leaves all as it was. */
void progress_end(progress *p, int32_t threads);

#endif
