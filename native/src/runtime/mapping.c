// Detects changes of mapped files. Reading a page of a mapping beyond the end of the file raises SIGBUS,
// which ends the process; with a watch it gives zeros, and the change is recorded.
#if defined(__linux__)
#define _GNU_SOURCE  // statx, syscall
#endif

#include "myelin.h"

#if defined(__linux__)

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "runtime/weight_stream.h"

enum { max_watches = 1024 };

/** A watched mapping; start is 0 in a free slot. */
struct watch {
    // read by the signal handler
    _Atomic uintptr_t start;
    _Atomic uintptr_t end;
    _Atomic bool changed;
    // -1 if the file could not be opened
    int file;
    uint64_t size;
    struct statx_timestamp modified;
};

static struct watch watches[max_watches];
// The number of slots that have ever been used.
static _Atomic int used_slots = 0;
// Guards changes of the table; the handler takes no lock.
static atomic_flag busy = ATOMIC_FLAG_INIT;
static bool installed = false;
static struct sigaction previous;
static uintptr_t page_size;

static void lock(void) {
    while (atomic_flag_test_and_set_explicit(&busy, memory_order_acquire)) {
    }
}

static void unlock(void) {
    atomic_flag_clear_explicit(&busy, memory_order_release);
}

/** Only a system call, because it runs in a signal handler. */
static bool map_zeros(uintptr_t start_page, size_t bytes) {
    const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | MAP_NORESERVE;
#if defined(SYS_mmap)
    return syscall(SYS_mmap, start_page, bytes, PROT_READ, flags, -1, (off_t)0) != -1;
#else
    return mmap((void *)start_page, bytes, PROT_READ, flags, -1, 0) != MAP_FAILED;
#endif
}

/**
 * Replaces the rest of a watched mapping by pages of zeros; false if the address is in no watched mapping.
 */
static bool map_zeros_from(uintptr_t address) {
    const int count = atomic_load(&used_slots);
    for (int i = 0; i < count; i++) {
        struct watch *w = &watches[i];
        const uintptr_t start = atomic_load(&w->start);
        const uintptr_t end = atomic_load(&w->end);
        if (start == 0 || address < start || address >= end) {
            continue;
        }
        const uintptr_t start_page = address / page_size * page_size;
        // The whole rest at once: the following pages are missing too, and each would raise a signal.
        if (!map_zeros(start_page, end - start_page)) {
            return false;
        }
        atomic_store(&w->changed, true);
        return true;
    }
    return false;
}

static void forward_signal(int signal, siginfo_t *info, void *context) {
    if (previous.sa_flags & SA_SIGINFO) {
        previous.sa_sigaction(signal, info, context);
    } else if (previous.sa_handler != SIG_DFL && previous.sa_handler != SIG_IGN) {
        previous.sa_handler(signal);
    } else {
        // The access is repeated and ends the process.
        sigaction(signal, &previous, NULL);
    }
}

static void on_fault(int signal, siginfo_t *info, void *context) {
    const int saved_errno = errno;
    const bool missing = info->si_code == BUS_ADRERR;
    if (!missing || !map_zeros_from((uintptr_t)info->si_addr)) {
        forward_signal(signal, info, context);
    }
    errno = saved_errno;
}

/** Called once, with the lock. The previous handler, such as the JVM's, gets all other faults. */
static bool install(void) {
    if (installed) {
        return true;
    }
    const long bytes = sysconf(_SC_PAGESIZE);
    page_size = bytes > 0 ? (uintptr_t)bytes : 4096;
    if (sigaction(SIGBUS, NULL, &previous) != 0) {
        return false;
    }
    struct sigaction handler = previous;
    handler.sa_sigaction = on_fault;
    handler.sa_flags = (previous.sa_flags & SA_NODEFER) | SA_SIGINFO | SA_ONSTACK | SA_RESTART;
    installed = sigaction(SIGBUS, &handler, NULL) == 0;
    return installed;
}

static bool read_state(int file, struct statx *state) {
    return statx(file, "", AT_EMPTY_PATH, STATX_SIZE | STATX_MTIME, state) == 0;
}

int32_t myelin_mapping_watch(const char *path, const void *address, size_t bytes, int32_t *watch) {
    const uintptr_t start = (uintptr_t)address;
    if (path == NULL || address == NULL || watch == NULL || bytes == 0 || bytes > UINTPTR_MAX - start) {
        return MYELIN_ERROR_ARGUMENT;
    }
    *watch = -1;
    struct statx state;
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file >= 0 && !read_state(file, &state)) {
        close(file);
        file = -1;
    }
    if (file >= 0 && state.stx_size != bytes) {
        close(file);
        return MYELIN_ERROR_CHANGED;
    }
    lock();
    int slot = 0;
    while (slot < max_watches && atomic_load(&watches[slot].start) != 0) {
        slot++;
    }
    if (slot == max_watches || !install()) {
        unlock();
        if (file >= 0) {
            close(file);
        }
        return MYELIN_ERROR_SYSTEM;
    }
    struct watch *w = &watches[slot];
    w->file = file;
    if (file >= 0) {
        w->size = state.stx_size;
        w->modified = state.stx_mtime;
    }
    atomic_store(&w->changed, false);
    // in whole pages, because the rest of the last page is mapped too
    atomic_store(&w->end, start + (bytes + page_size - 1) / page_size * page_size);
    atomic_store(&w->start, start);
    if (slot >= atomic_load(&used_slots)) {
        atomic_store(&used_slots, slot + 1);
    }
    unlock();
    *watch = slot;
    return MYELIN_OK;
}

static struct watch *find_watch(int32_t watch) {
    if (watch < 0 || watch >= max_watches || atomic_load(&watches[watch].start) == 0) {
        return NULL;
    }
    return &watches[watch];
}

int32_t myelin_mapping_check(int32_t watch) {
    struct watch *w = find_watch(watch);
    if (w == NULL) {
        return MYELIN_ERROR_ARGUMENT;
    }
    struct statx state;
    if (!atomic_load(&w->changed) && w->file >= 0 && read_state(w->file, &state) &&
        (state.stx_size != w->size || state.stx_mtime.tv_sec != w->modified.tv_sec ||
         state.stx_mtime.tv_nsec != w->modified.tv_nsec)) {
        atomic_store(&w->changed, true);
    }
    return atomic_load(&w->changed) ? MYELIN_ERROR_CHANGED : MYELIN_OK;
}

int32_t myelin_mapping_keep(int32_t watch, uint64_t resident) {
    const struct watch *w = find_watch(watch);
    if (w == NULL) {
        return MYELIN_ERROR_ARGUMENT;
    }
    return w->file < 0 ? MYELIN_ERROR_UNSUPPORTED
                       : weight_stream_open(atomic_load(&w->start), w->size, w->file, resident);
}

int32_t myelin_mapping_unwatch(int32_t watch) {
    lock();
    struct watch *w = find_watch(watch);
    const int file = w == NULL ? -1 : w->file;
    if (w != NULL) {
        weight_stream_close(atomic_load(&w->start));
        atomic_store(&w->start, 0);
    }
    unlock();
    if (file >= 0) {
        close(file);
    }
    return w == NULL ? MYELIN_ERROR_ARGUMENT : MYELIN_OK;
}

#else

int32_t myelin_mapping_watch(const char *path, const void *address, size_t bytes, int32_t *watch) {
    if (path == NULL || address == NULL || watch == NULL || bytes == 0) {
        return MYELIN_ERROR_ARGUMENT;
    }
    *watch = -1;
    return MYELIN_ERROR_UNSUPPORTED;
}

int32_t myelin_mapping_check(int32_t watch) {
    (void)watch;
    return MYELIN_ERROR_ARGUMENT;
}

int32_t myelin_mapping_keep(int32_t watch, uint64_t resident) {
    (void)watch;
    (void)resident;
    return MYELIN_ERROR_ARGUMENT;
}

int32_t myelin_mapping_unwatch(int32_t watch) {
    (void)watch;
    return MYELIN_ERROR_ARGUMENT;
}

#endif
