#define _DEFAULT_SOURCE  // MAP_ANONYMOUS
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "check.h"
#include "myelin.h"

static size_t page;

static uint64_t resident(const void *address, size_t bytes) {
    uint64_t count = 4711;
    const int32_t status = myelin_resident_bytes(address, bytes, &count);
    CHECK(status == MYELIN_OK, "%s", myelin_status_string(status));
    return count;
}

static void check_arguments(void) {
    char byte = 0;
    uint64_t count = 1;
    CHECK(myelin_prefetch(NULL, 1) == MYELIN_ERROR_ARGUMENT, "null");
    CHECK(myelin_prefetch(&byte, SIZE_MAX) == MYELIN_ERROR_ARGUMENT, "wraps");
    CHECK(myelin_prefetch(&byte, 0) == MYELIN_OK, "nothing to do");
    CHECK(myelin_resident_bytes(&byte, 1, NULL) == MYELIN_ERROR_ARGUMENT, "no result");
    CHECK(myelin_resident_bytes(NULL, 1, &count) == MYELIN_ERROR_ARGUMENT && count == 0, "null");
    CHECK(myelin_resident_bytes(&byte, SIZE_MAX, &count) == MYELIN_ERROR_ARGUMENT, "wraps");
    CHECK(myelin_resident_bytes(&byte, 0, &count) == MYELIN_OK && count == 0, "nothing to count");
}

/** More pages than one call of mincore() reads, some of them accessed. */
static void check_resident(void) {
    const size_t pages = 3000, touched = 1024;
    char *map = mmap(NULL, pages * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(map != MAP_FAILED, "no memory");
    if (map == MAP_FAILED) {
        return;
    }
#if defined(MADV_NOHUGEPAGE)
    madvise(map, pages * page, MADV_NOHUGEPAGE);
#endif
    CHECK(resident(map, pages * page) == 0, "untouched: %ju", (uintmax_t)resident(map, pages * page));
    memset(map, 1, touched * page);
    CHECK(resident(map, pages * page) == touched * page, "touched pages are counted, others not");
    CHECK(resident(map + 1, 10) == 10, "part of one page");
    CHECK(resident(map + page - 3, 7) == 7, "across two pages");
    CHECK(resident(map + touched * page - 3, page) == 3, "half in memory");
    CHECK(resident(map + touched * page, page) == 0, "not in memory");
    CHECK(myelin_prefetch(map + 5, 2 * page) == MYELIN_OK, "unaligned");
    munmap(map, pages * page);

    uint64_t count = 1;
#if !defined(MYELIN_EMULATED)
    CHECK(myelin_prefetch(map, page) == MYELIN_ERROR_SYSTEM, "not mapped any more");
#endif
    CHECK(myelin_resident_bytes(map, page, &count) == MYELIN_ERROR_SYSTEM && count == 0, "not mapped");
}

static void check_file(void) {
    char name[] = "test_memory.XXXXXX";
    const int file = mkstemp(name);
    CHECK(file >= 0, "no temporary file");
    if (file < 0) {
        return;
    }
    unlink(name);
    const char text[] = "weights";
    const size_t bytes = 8 * page;
    CHECK(ftruncate(file, (off_t)bytes) == 0 && write(file, text, sizeof text) == sizeof text, "no file");
    char *map = mmap(NULL, bytes, PROT_READ, MAP_SHARED, file, 0);
    CHECK(map != MAP_FAILED, "no mapping");
    if (map != MAP_FAILED) {
        CHECK(myelin_prefetch(map, bytes) == MYELIN_OK, "read ahead");
        CHECK(strcmp(map, text) == 0, "the bytes are the file's");
        CHECK(resident(map, sizeof text) == sizeof text, "what was read is in memory");
        munmap(map, bytes);
    }
    close(file);
}

int main(void) {
    page = (size_t)sysconf(_SC_PAGESIZE);
    check_arguments();
    check_resident();
    check_file();
    return checks_failed();
}
