#define _GNU_SOURCE  // mkstemp, sigaction, MAP_ANONYMOUS
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"
#include "myelin.h"

#if defined(__linux__)

enum { pages = 8 };

static size_t page;

/** A file of pages of 'x', and its mapping. */
struct mapped {
    char name[32];
    int file;
    char *map;
    int32_t watch;
};

static size_t all_bytes(void) {
    return pages * page;
}

static void fill(int file) {
    char *text = malloc(page);
    CHECK(text != NULL, "out of memory");
    if (text != NULL) {
        memset(text, 'x', page);
        for (int i = 0; i < pages; i++) {
            CHECK(pwrite(file, text, page, (off_t)((size_t)i * page)) == (ssize_t)page, "not written");
        }
    }
    free(text);
}

static struct mapped open_mapped(void) {
    struct mapped m = {.name = "test_mapping.XXXXXX", .watch = -1};
    m.file = mkstemp(m.name);
    CHECK(m.file >= 0, "no temporary file");
    fill(m.file);
    m.map = mmap(NULL, all_bytes(), PROT_READ, MAP_SHARED, m.file, 0);
    CHECK(m.map != MAP_FAILED, "no mapping");
    const int32_t status = myelin_mapping_watch(m.name, m.map, all_bytes(), &m.watch);
    CHECK(status == MYELIN_OK && m.watch >= 0, "%s", myelin_status_string(status));
    return m;
}

static void close_mapped(struct mapped *m) {
    CHECK(myelin_mapping_unwatch(m->watch) == MYELIN_OK, "ends");
    CHECK(myelin_mapping_unwatch(m->watch) == MYELIN_ERROR_ARGUMENT, "ends once");
    CHECK(myelin_mapping_check(m->watch) == MYELIN_ERROR_ARGUMENT, "ended");
    munmap(m->map, all_bytes());
    close(m->file);
    unlink(m->name);
}

static char at(const struct mapped *m, size_t i) {
    return ((volatile char *)m->map)[i];
}

static void check_arguments(void) {
    char byte = 0;
    int32_t watch = 4711;
    CHECK(myelin_mapping_watch(NULL, &byte, 1, &watch) == MYELIN_ERROR_ARGUMENT, "no path");
    CHECK(myelin_mapping_watch("x", NULL, 1, &watch) == MYELIN_ERROR_ARGUMENT, "no mapping");
    CHECK(myelin_mapping_watch("x", &byte, 0, &watch) == MYELIN_ERROR_ARGUMENT, "nothing");
    CHECK(myelin_mapping_watch("x", &byte, SIZE_MAX, &watch) == MYELIN_ERROR_ARGUMENT, "wraps");
    CHECK(myelin_mapping_watch("x", &byte, 1, NULL) == MYELIN_ERROR_ARGUMENT, "no result");
    for (int32_t none = -2; none < 2000; none++) {
        CHECK(myelin_mapping_check(none) == MYELIN_ERROR_ARGUMENT, "no watch %d", none);
        CHECK(myelin_mapping_unwatch(none) == MYELIN_ERROR_ARGUMENT, "no watch %d", none);
    }
}

static void check_unchanged(void) {
    struct mapped m = open_mapped();
    for (size_t i = 0; i < all_bytes(); i += 512) {
        CHECK(at(&m, i) == 'x', "byte %zu", i);
    }
    CHECK(myelin_mapping_check(m.watch) == MYELIN_OK, "only read");
    CHECK(chmod(m.name, 0400) == 0 && rename(m.name, "test_mapping.renamed") == 0, "no rename");
    CHECK(myelin_mapping_check(m.watch) == MYELIN_OK, "another name is no change");
    unlink("test_mapping.renamed");
    CHECK(myelin_mapping_check(m.watch) == MYELIN_OK, "nor is none");
    close_mapped(&m);
}

static void check_shortened(void) {
    struct mapped m = open_mapped();
    CHECK(ftruncate(m.file, (off_t)(2 * page + 10)) == 0, "not shortened");
    errno = 4711;
    CHECK(at(&m, 5 * page + 1) == 0, "a missing page is zeros");
    CHECK(errno == 4711, "the handler keeps errno");
    CHECK(at(&m, all_bytes() - 1) == 0, "and the last");
    CHECK(at(&m, 3 * page) == 0, "and one before");
    CHECK(at(&m, 2 * page) == 'x' && at(&m, 0) == 'x', "what is there is read");
    CHECK(myelin_mapping_check(m.watch) == MYELIN_ERROR_CHANGED, "and it is known");
    fill(m.file);
    CHECK(myelin_mapping_check(m.watch) == MYELIN_ERROR_CHANGED, "for good");
    close_mapped(&m);

    m = open_mapped();
    CHECK(ftruncate(m.file, (off_t)page) == 0, "not shortened");
    CHECK(myelin_mapping_check(m.watch) == MYELIN_ERROR_CHANGED, "known before it is read");
    close_mapped(&m);
}

static void check_written(void) {
    struct mapped m = open_mapped();
    usleep(20000);  // beyond the clock of the file system
    CHECK(pwrite(m.file, "y", 1, 3) == 1, "not written");
    CHECK(myelin_mapping_check(m.watch) == MYELIN_ERROR_CHANGED, "the same size, other bytes");
    close_mapped(&m);

    m = open_mapped();
    int32_t other = 4711;
    CHECK(myelin_mapping_watch(m.name, m.map, all_bytes() - 1, &other) == MYELIN_ERROR_CHANGED, "its size");
    CHECK(other == -1, "no watch: %d", other);
    CHECK(myelin_mapping_watch("no such file", m.map, all_bytes(), &other) == MYELIN_OK, "pages only");
    CHECK(myelin_mapping_check(other) == MYELIN_OK, "unchanged");
    // the first of two watches of a mapping is marked
    CHECK(ftruncate(m.file, 0) == 0 && at(&m, 0) == 0, "zeros");
    CHECK(myelin_mapping_check(m.watch) == MYELIN_ERROR_CHANGED, "marked");
    CHECK(myelin_mapping_unwatch(other) == MYELIN_OK, "ends");
    close_mapped(&m);
}

static void *read_all(void *mapped) {
    const struct mapped *m = mapped;
    size_t zeros = 0;
    for (size_t i = 0; i < all_bytes(); i += 64) {
        zeros += at(m, i) == 0;
    }
    return (void *)zeros;
}

static void check_threads(void) {
    enum { threads = 4 };
    for (int round = 0; round < 50; round++) {
        struct mapped m = open_mapped();
        pthread_t readers[threads];
        CHECK(ftruncate(m.file, (off_t)(4 * page)) == 0, "not shortened");
        for (int i = 0; i < threads; i++) {
            CHECK(pthread_create(&readers[i], NULL, read_all, &m) == 0, "no thread");
        }
        for (int i = 0; i < threads; i++) {
            void *zeros = NULL;
            CHECK(pthread_join(readers[i], &zeros) == 0, "no join");
            CHECK((size_t)zeros == 4 * page / 64, "%zu zeros", (size_t)zeros);
        }
        close_mapped(&m);
    }
}

static void check_many(void) {
    struct mapped m = open_mapped();
    enum { most = 1024 };
    int32_t all[most];
    int count = 0;
    while (count < most && myelin_mapping_watch("none", m.map, all_bytes(), &all[count]) == MYELIN_OK) {
        count++;
    }
    CHECK(count == most - 1, "%d beside the first", count);
    int32_t more = 4711;
    CHECK(myelin_mapping_watch(m.name, m.map, all_bytes(), &more) == MYELIN_ERROR_SYSTEM, "full");
    CHECK(more == -1, "no watch: %d", more);
    for (int i = 0; i < count; i++) {
        CHECK(myelin_mapping_unwatch(all[i]) == MYELIN_OK, "ends");
    }
    CHECK(myelin_mapping_watch(m.name, m.map, all_bytes(), &more) == MYELIN_OK, "there is room again");
    CHECK(myelin_mapping_unwatch(more) == MYELIN_OK, "ends");
    close_mapped(&m);
}

static sigjmp_buf back;
static volatile sig_atomic_t others;

static void other_handler(int signal) {
    (void)signal;
    others++;
    siglongjmp(back, 1);
}

/** A mapping without a watch: the handler from before the first watch is called. */
static void check_others(void) {
    struct mapped m = open_mapped();
    char *unwatched = mmap(NULL, all_bytes(), PROT_READ, MAP_SHARED, m.file, 0);
    CHECK(unwatched != MAP_FAILED, "no mapping");
    CHECK(ftruncate(m.file, 0) == 0, "not shortened");
    if (sigsetjmp(back, 1) == 0) {
        CHECK(((volatile char *)unwatched)[0] == 0, "read");
        CHECK(false, "no signal");
    }
    CHECK(others == 1, "handled %d times", (int)others);
    CHECK(myelin_mapping_check(m.watch) == MYELIN_ERROR_CHANGED, "by its size");
    munmap(unwatched, all_bytes());
    close_mapped(&m);
}

int main(void) {
    page = (size_t)sysconf(_SC_PAGESIZE);
    struct sigaction other = {.sa_handler = other_handler};
    sigemptyset(&other.sa_mask);
    CHECK(sigaction(SIGBUS, &other, NULL) == 0, "no handler");
    check_arguments();
    check_unchanged();
    check_shortened();
    check_written();
    check_threads();
    check_many();
    check_others();
    return checks_failed();
}

#else

int main(void) {
    char byte = 0;
    int32_t watch = 4711;
    CHECK(myelin_mapping_watch("x", &byte, 1, &watch) == MYELIN_ERROR_UNSUPPORTED && watch == -1,
          "Linux only");
    CHECK(myelin_mapping_check(0) == MYELIN_ERROR_ARGUMENT, "no watch");
    CHECK(myelin_mapping_unwatch(0) == MYELIN_ERROR_ARGUMENT, "no watch");
    return checks_failed();
}

#endif
