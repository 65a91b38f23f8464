/* The pool: every part is computed once, whatever the threads do; nodes on it have the same bits. */
#define _POSIX_C_SOURCE 199309L  // nanosleep
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>

#include "check.h"
#include "runtime/compute.h"
#include "runtime/ggml_tensor.h"
#include "runtime/thread_pool.h"

enum { MAX_PARTS = 8, JOBS = 3000, CALLERS = 4, VALUES = 5000 };

static int most = 1000;
static _Atomic int started;

static int create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *),
                  void *argument) {
    if (started >= most) {
        return EAGAIN;
    }
    started++;
    return pthread_create(thread, attributes, start, argument);
}

/** Not atomic: the pool has to order what the threads do. */
typedef struct {
    int calls[MAX_PARTS];
    int32_t count;
} job;

static void call(void *argument, int32_t index, int32_t count) {
    job *j = argument;
    j->calls[index]++;
    if (index == 0) {
        j->count = count;
    }
}

static int is_done(const job *j, int32_t count) {
    int right = j->count == count;
    for (int32_t i = 0; i < MAX_PARTS; i++) {
        right &= j->calls[i] == (i < count);
    }
    return right;
}

static void test_growth(void) {
    CHECK(thread_pool_grow(1, create) == 1 && started == 0, "nothing to start");
    job j = {0};
    CHECK(!thread_pool_run(2, call, &j) && j.calls[0] == 0, "there is no worker");
    most = 2;
    CHECK(thread_pool_grow(4, create) == 3, "the system starts two");
    most = 1000;
    CHECK(thread_pool_grow(2, create) == 3 && started == 2, "there are enough");
    CHECK(thread_pool_run(MAX_PARTS, call, &j) && is_done(&j, 3), "a part for each thread");
    j = (job){0};
    CHECK(!thread_pool_run(1, call, &j) && j.calls[0] == 0, "nothing to share");
    int32_t available = 0;
    CHECK(myelin_pool_grow(2, create, &available) == MYELIN_OK && available == 2, "%d", available);
    CHECK(myelin_pool_grow(MAX_PARTS, create, &available) == MYELIN_OK, "grows");
    CHECK(available == MAX_PARTS && started == MAX_PARTS - 1, "%d of %d", available, started);
    available = 4711;
    CHECK(myelin_pool_grow(0, create, &available) == MYELIN_ERROR_ARGUMENT, "none");
    CHECK(myelin_pool_grow(513, create, &available) == MYELIN_ERROR_ARGUMENT, "too many");
    CHECK(myelin_pool_grow(2, NULL, &available) == MYELIN_ERROR_ARGUMENT, "no function");
    CHECK(myelin_pool_grow(2, create, NULL) == MYELIN_ERROR_ARGUMENT, "no result");
    CHECK(available == 4711, "nothing is written then");
}

static void test_jobs(void) {
    int wrong = 0;
    for (int i = 0; i < JOBS; i++) {
        const int32_t count = 2 + i % (MAX_PARTS - 1);
        job j = {0};
        wrong += !thread_pool_run(count, call, &j) || !is_done(&j, count);
        if (i % 500 == 0) { /* long enough that all workers sleep */
            nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
        }
    }
    CHECK(wrong == 0, "%d of %d jobs", wrong, JOBS);
}

static void *run_jobs(void *wrong) {
    for (int i = 0; i < JOBS;) {
        const int32_t count = 2 + i % (MAX_PARTS - 1);
        const job nothing = {0};
        job j = nothing;
        if (thread_pool_run(count, call, &j)) {
            *(int *)wrong += !is_done(&j, count);
            i++;
        } else {
            *(int *)wrong += memcmp(&j, &nothing, sizeof j) != 0;
            sched_yield();
        }
    }
    return NULL;
}

static void test_several_callers(void) {
    pthread_t threads[CALLERS];
    int wrong[CALLERS] = {0};
    for (int i = 0; i < CALLERS; i++) {
        CHECK(pthread_create(&threads[i], NULL, run_jobs, &wrong[i]) == 0, "thread %d", i);
    }
    for (int i = 0; i < CALLERS; i++) {
        pthread_join(threads[i], NULL);
        CHECK(wrong[i] == 0, "%d jobs of caller %d", wrong[i], i);
    }
}

/* ---- nodes ---- */

static float values[VALUES];
static int32_t node_threads;

/** A node: the values become their index, by the threads in turn. */
static void fill(struct ggml_tensor *dst, int32_t thread, int32_t threads, void *work) {
    if (spread(fill, dst, threads, work, *(int64_t *)work)) {
        return;
    }
    if (thread == 0) {
        node_threads = threads;
    }
    for (int i = thread; i < VALUES; i += threads) {
        ((float *)dst->data)[i] += (float)i;
    }
}

/** Stands for ggml_graph_compute(): computes a node on one thread. */
static int32_t compute_graph(void *dst, void *work) {
    memset(values, 0, sizeof values);
    fill(dst, 0, 1, work);
    return 42;
}

static int32_t threads_of_node(int32_t threads, int64_t work) {
    struct ggml_tensor dst = {.data = values};
    int64_t lost = -1;
    CHECK(myelin_compute(compute_graph, &dst, &work, threads, &lost) == 42, "the result");
    CHECK(lost >= 0, "%lld", (long long)lost);
    int wrong = 0;
    for (int i = 0; i < VALUES; i++) {
        wrong += values[i] != (float)i;
    }
    CHECK(wrong == 0, "%d values, %d threads", wrong, threads);
    return node_threads;
}

static void test_nodes(void) {
    const int64_t much = 100000000;
    for (int32_t threads = 1; threads <= MAX_PARTS; threads++) {
        CHECK(threads_of_node(threads, much) == threads, "%d threads", threads);
    }
    CHECK(threads_of_node(MAX_PARTS, 100) == 1, "not worth it");
    CHECK(threads_of_node(100, much) == MAX_PARTS, "more threads than the pool has");
    struct ggml_tensor dst = {.data = values};
    int64_t work = much;
    CHECK(myelin_compute(compute_graph, &dst, &work, 2, NULL) == 42, "unmeasured");
    memset(values, 0, sizeof values);
    fill(&dst, 0, 1, &work);
    CHECK(node_threads == 1, "outside of a computation");
}

int main(void) {
    test_growth();
    test_jobs();
    test_several_callers();
    test_nodes();
    return checks_failed();
}
