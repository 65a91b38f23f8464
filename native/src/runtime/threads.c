// How many threads this process can start. ggml aborts if it cannot start a thread, so the limits of the user
// and of control groups are found by trying.
#if defined(__linux__)
#define _GNU_SOURCE  // syscall
#endif
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <time.h>

#include "myelin.h"

#if defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>
#endif

enum { max_threads = 1024 };

/** A thread that waits until all are started. */
struct probe_thread {
    pthread_t thread;
    // the thread id of the system, 0 if unknown
    int32_t id;
    const _Atomic bool *go;
};

static void short_sleep(void) {
    const struct timespec time = {.tv_nsec = 20000};
    nanosleep(&time, NULL);
}

static void *wait_until_go(void *argument) {
    struct probe_thread *self = argument;
#if defined(__linux__)
    self->id = (int32_t)syscall(SYS_gettid);
#endif
    while (!atomic_load(self->go)) {
        short_sleep();
    }
    return NULL;
}

/** The system counts a thread for a moment after it is joined. */
static void wait_until_gone(const struct probe_thread *thread) {
#if defined(__linux__)
    for (int i = 0; i < 5000 && thread->id != 0 && syscall(SYS_tgkill, getpid(), thread->id, 0) == 0; i++) {
        short_sleep();
    }
#else
    (void)thread;
#endif
}

int32_t myelin_threads_probe(int32_t wanted, myelin_thread_create create, myelin_thread_join join,
                             int32_t *started) {
    if (wanted < 0 || wanted > max_threads || create == NULL || join == NULL || started == NULL) {
        return MYELIN_ERROR_ARGUMENT;
    }
    struct probe_thread threads[max_threads];
    _Atomic bool go = false;
    int32_t count = 0;
    while (count < wanted) {
        struct probe_thread *next = &threads[count];
        next->id = 0;
        next->go = &go;
        if (create(&next->thread, NULL, wait_until_go, next) != 0) {
            break;
        }
        count++;
    }
    atomic_store(&go, true);
    for (int32_t i = 0; i < count; i++) {
        join(threads[i].thread, NULL);
    }
    for (int32_t i = 0; i < count; i++) {
        wait_until_gone(&threads[i]);
    }
    *started = count;
    return MYELIN_OK;
}
