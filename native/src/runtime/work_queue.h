/** How the threads of one node of a graph share its work. */
#ifndef MYELIN_SRC_RUNTIME_WORK_QUEUE_H
#define MYELIN_SRC_RUNTIME_WORK_QUEUE_H

#include <stdatomic.h>
#include <stdint.h>

/** Items are taken in multiples of this: the rows of W that the GEMM kernels multiply together. */
enum { WORK_MULTIPLE = 32 };

/** Belongs to one node; all zero between computations. */
typedef struct {
    atomic_int_fast64_t next;     /* the first item that no thread has taken */
    atomic_int_fast32_t finished; /* threads that found none left */
} work_queue;

/**
 * Takes the next items: half of a thread's share of the rest, so that runs are long at first and threads
 * end together even if one is delayed. Returns the first item, or -1 if none is left.
 */
int64_t work_queue_take(work_queue *queue, int64_t items, int32_t threads, int64_t *count);

/** Called by each thread that found no item left; the last one resets the queue. */
void work_queue_finish(work_queue *queue, int32_t threads);

#endif
