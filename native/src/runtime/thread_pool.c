#if defined(__linux__)
#define _GNU_SOURCE  // syscall
#endif
#include "thread_pool.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>
#include <time.h>

#if defined(__linux__)
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

/** How long a thread spins before it sleeps, and how often it pauses between two looks at the clock. */
enum { SPIN_NANOSECONDS = 50000, PAUSES = 32 };

/** A word that threads wait for to change, alone in its cache line. */
typedef struct {
    _Alignas(64) _Atomic uint32_t value;
    _Alignas(64) _Atomic int32_t spinning; /* threads that wait */
    _Atomic int32_t sleeping;
} wait_word;

static struct {
    pthread_mutex_t growing;
    _Atomic int32_t workers;
    atomic_flag in_use; /* a job is running */
    /* The parts of the job that no thread has taken: its number, count of parts, next part. */
    _Alignas(64) _Atomic uint64_t ticket;
    wait_word jobs;                 /* the number of the last job */
    wait_word finished;             /* parts of the job that have returned */
    _Alignas(64) thread_pool_fn fn; /* of the job; written while nobody has a part */
    void *argument;
} pool = {.growing = PTHREAD_MUTEX_INITIALIZER, .in_use = ATOMIC_FLAG_INIT};

static int64_t now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void relax(void) {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

#if defined(__linux__)
static void sleep_while(wait_word *word, uint32_t value) {
    syscall(SYS_futex, &word->value, FUTEX_WAIT_PRIVATE, value, NULL, NULL, 0);
}

static void wake(wait_word *word, int32_t threads) {
    syscall(SYS_futex, &word->value, FUTEX_WAKE_PRIVATE, threads, NULL, NULL, 0);
}
#else
static pthread_mutex_t sleep_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;

static void sleep_while(wait_word *word, uint32_t value) {
    pthread_mutex_lock(&sleep_lock);
    if (atomic_load(&word->value) == value) {
        pthread_cond_wait(&changed, &sleep_lock);
    }
    pthread_mutex_unlock(&sleep_lock);
}

static void wake(wait_word *word, int32_t threads) {
    (void)word;
    (void)threads;
    pthread_mutex_lock(&sleep_lock);
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&sleep_lock);
}
#endif

/** Spins until a word has another value; false if it still has this one long after `since`. */
static bool spin_while(wait_word *word, uint32_t value, int64_t since) {
    do {
        for (int i = 0; i < PAUSES; i++) {
            if (atomic_load_explicit(&word->value, memory_order_acquire) != value) {
                return true;
            }
            relax();
        }
    } while (now() - since < SPIN_NANOSECONDS);
    return false;
}

/** Waits until a word may have another value; sleeps if the thread has nothing to do since long before. */
static void wait_while(wait_word *word, uint32_t value, int64_t since) {
    atomic_fetch_add(&word->spinning, 1);
    const bool changed = spin_while(word, value, since);
    atomic_fetch_sub(&word->spinning, 1);
    if (!changed) {
        /* add() does the same two steps in the other order, so that no thread sleeps on */
        atomic_fetch_add(&word->sleeping, 1);
        sleep_while(word, value);
        atomic_fetch_sub(&word->sleeping, 1);
    }
}

/** Adds 1 to a word that so many threads should notice: wakes some if fewer are spinning. */
static void add(wait_word *word, int32_t threads) {
    atomic_fetch_add(&word->value, 1);
    const int32_t more = threads - atomic_load(&word->spinning);
    if (more > 0 && atomic_load(&word->sleeping) > 0) {
        wake(word, more);
    }
}

/** Takes a part of the job, if one is left; *count is how many parts it has. */
static bool take(int32_t *index, int32_t *count) {
    uint64_t ticket = atomic_load_explicit(&pool.ticket, memory_order_acquire);
    do {
        *index = (int32_t)(ticket & 0xffff);
        *count = (int32_t)(ticket >> 16 & 0xffff);
        if (*index >= *count) {
            return false;
        }
    } while (!atomic_compare_exchange_weak_explicit(&pool.ticket, &ticket, ticket + 1, memory_order_acq_rel,
                                                    memory_order_acquire));
    return true;
}

static void *work(void *unused) {
    (void)unused;
    int64_t idle_since = now();
    for (;;) {
        const uint32_t job = atomic_load(&pool.jobs.value);
        int32_t index;
        int32_t count;
        if (take(&index, &count)) {
            pool.fn(pool.argument, index, count);
            add(&pool.finished, 1);
            idle_since = now();
        } else {
            wait_while(&pool.jobs, job, idle_since);
        }
    }
    return NULL;
}

/** What thread_pool_grow() asks for. */
typedef struct {
    int32_t workers;
    myelin_thread_create create;
} growth;

static void *start_workers(void *argument) {
    const growth *g = argument;
    pthread_t thread;
    int32_t workers = atomic_load(&pool.workers);
    while (workers < g->workers && g->create(&thread, NULL, work, NULL) == 0) {
        atomic_store(&pool.workers, ++workers);
    }
    return NULL;
}

int32_t thread_pool_grow(int32_t threads, myelin_thread_create create) {
    growth g = {(threads < THREAD_POOL_MAX ? threads : THREAD_POOL_MAX) - 1, create};
    pthread_mutex_lock(&pool.growing);
    if (atomic_load(&pool.workers) < g.workers) {
        myelin_thread_named("myelin-compute", start_workers, &g);
    }
    pthread_mutex_unlock(&pool.growing);
    return atomic_load(&pool.workers) + 1;
}

bool thread_pool_run(int32_t count, thread_pool_fn fn, void *argument) {
    const int32_t threads = atomic_load(&pool.workers) + 1;
    count = count < threads ? count : threads;
    if (count < 2 || atomic_flag_test_and_set_explicit(&pool.in_use, memory_order_acquire)) {
        return false;
    }
    pool.fn = fn;
    pool.argument = argument;
    atomic_store_explicit(&pool.finished.value, 0, memory_order_relaxed);
    const uint64_t number = atomic_load_explicit(&pool.jobs.value, memory_order_relaxed) + UINT64_C(1);
    atomic_store_explicit(&pool.ticket, number << 32 | (uint64_t)count << 16, memory_order_release);
    add(&pool.jobs, count - 1);
    int32_t index;
    while (take(&index, &count)) {
        fn(argument, index, count);
        atomic_fetch_add(&pool.finished.value, 1);
    }
    const int64_t since = now();
    uint32_t done;
    while ((done = atomic_load(&pool.finished.value)) < (uint32_t)count) {
        wait_while(&pool.finished, done, since);
    }
    atomic_flag_clear_explicit(&pool.in_use, memory_order_release);
    return true;
}
