/** How a node of a graph is spread over threads of the pool. */
#ifndef MYELIN_SRC_RUNTIME_COMPUTE_H
#define MYELIN_SRC_RUNTIME_COMPUTE_H

#include <stdbool.h>
#include <stdint.h>

struct ggml_tensor;

/** A function of ggml_custom(): what one of some threads computes. */
typedef void (*node_fn)(struct ggml_tensor *dst, int32_t thread, int32_t threads, void *data);

/**
 * To be called by a node first: whether its work was done by several threads. That is so if ggml gave it one
 * thread, the calling thread is within myelin_compute() with more, and they are worth it. work is the time
 * of one thread in nanoseconds, roughly.
 */
bool spread(node_fn node, struct ggml_tensor *dst, int32_t threads, void *data, int64_t work);

#endif
