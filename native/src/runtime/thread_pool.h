/**
 * The threads of computation: one pool a process, whose workers compute the nodes of a graph together with
 * the thread that computes the graph. Idle workers, and a caller that waits for them, spin for a moment and
 * then sleep, so that a thread that loses its CPU to another program delays only what it has begun.
 */
#ifndef MYELIN_SRC_RUNTIME_THREAD_POOL_H
#define MYELIN_SRC_RUNTIME_THREAD_POOL_H

#include <stdbool.h>
#include <stdint.h>

#include "myelin.h"

/** The most threads of a job, the caller included. */
enum { THREAD_POOL_MAX = 512 };

/** Part index of count parts of a job. */
typedef void (*thread_pool_fn)(void *argument, int32_t index, int32_t count);

/**
 * Starts workers until there are threads - 1, or until the system refuses. Returns the threads that there
 * are, the caller included.
 */
int32_t thread_pool_grow(int32_t threads, myelin_thread_create create);

/**
 * Calls fn(argument, i, n) once for each i from 0 to n - 1 and returns when all have returned. The caller and
 * the workers that are free take these parts until none is left. n is count, or how many threads there are.
 * Returns false, without a call, if n is less than 2, and while another thread uses the pool.
 */
bool thread_pool_run(int32_t count, thread_pool_fn fn, void *argument);

#endif
