// Computes graphs on the calling thread and the pool.
#if defined(__linux__)
#define _GNU_SOURCE  // RUSAGE_THREAD
#endif
#include "compute.h"

#include <stddef.h>
#include <time.h>

#include "myelin.h"
#include "thread_pool.h"

#if defined(__linux__)
#include <sys/resource.h>
#endif

/** What a thread has to be worth: several times what it takes to hand a part to a worker that spins. */
enum { NANOSECONDS_PER_THREAD = 2000 };

/** Threads of the computation that the calling thread is in; 0 outside of one, and in workers. */
static _Thread_local int32_t compute_threads;

/** A node that is computed. */
typedef struct {
    node_fn node;
    struct ggml_tensor *dst;
    void *data;
} spread_node;

static void compute_part(void *argument, int32_t index, int32_t count) {
    const spread_node *n = argument;
    n->node(n->dst, index, count, n->data);
}

bool spread(node_fn node, struct ggml_tensor *dst, int32_t threads, void *data, int64_t work) {
    if (threads != 1 || compute_threads <= 1) {
        return false;
    }
    const int64_t worth = work / NANOSECONDS_PER_THREAD;
    const int32_t count = worth < compute_threads ? (int32_t)worth : compute_threads;
    spread_node n = {node, dst, data};
    return thread_pool_run(count, compute_part, &n);
}

int32_t myelin_pool_grow(int32_t threads, myelin_thread_create create, int32_t *available) {
    if (threads < 1 || threads > THREAD_POOL_MAX || create == NULL || available == NULL) {
        return MYELIN_ERROR_ARGUMENT;
    }
    const int32_t all = thread_pool_grow(threads, create);
    *available = all < threads ? all : threads;
    return MYELIN_OK;
}

#if defined(__linux__)
static int64_t nanoseconds(clockid_t clock) {
    struct timespec t;
    return clock_gettime(clock, &t) == 0 ? (int64_t)t.tv_sec * 1000000000 + t.tv_nsec : 0;
}

/** When the calling thread was measured. */
typedef struct {
    int64_t wall;
    int64_t cpu;
    int64_t reads; /* pages that had to be read */
} thread_times;

static thread_times measure(void) {
    struct rusage use = {0};
    getrusage(RUSAGE_THREAD, &use);
    return (thread_times){nanoseconds(CLOCK_MONOTONIC), nanoseconds(CLOCK_THREAD_CPUTIME_ID), use.ru_majflt};
}

static int64_t time_lost(const thread_times *start) {
    const thread_times end = measure();
    const int64_t lost = end.wall - start->wall - (end.cpu - start->cpu);
    return end.reads > start->reads || lost < 0 ? 0 : lost;
}
#else
typedef int thread_times;

static thread_times measure(void) {
    return 0;
}

static int64_t time_lost(const thread_times *start) {
    (void)start;
    return 0;
}
#endif

int32_t myelin_compute(myelin_graph_compute compute, void *graph, void *plan, int32_t threads,
                       int64_t *lost_nanoseconds) {
    const thread_times start = measure();
    const int32_t outer = compute_threads;
    compute_threads = threads;
    const int32_t result = compute(graph, plan);
    compute_threads = outer;
    if (lost_nanoseconds != NULL) {
        *lost_nanoseconds = time_lost(&start);
    }
    return result;
}
