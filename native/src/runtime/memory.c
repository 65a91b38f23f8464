// Prefetch and residency of mapped files, whose pages are read from disk when they are first accessed.
#if defined(__linux__)
#define _DEFAULT_SOURCE  // madvise, mincore
#elif defined(__APPLE__)
#define _DARWIN_C_SOURCE
#endif

#include "myelin.h"

static int32_t check_range(const void *address, size_t bytes) {
    const uintptr_t start = (uintptr_t)address;
    return address == NULL || bytes > UINTPTR_MAX - start ? MYELIN_ERROR_ARGUMENT : MYELIN_OK;
}

#if defined(__linux__) || defined(__APPLE__)

#include <sys/mman.h>
#include <unistd.h>

static size_t page_bytes(void) {
    const long size = sysconf(_SC_PAGESIZE);
    return size > 0 ? (size_t)size : 4096;
}

int32_t myelin_prefetch(const void *address, size_t bytes) {
    const int32_t status = check_range(address, bytes);
    if (status != MYELIN_OK || bytes == 0) {
        return status;
    }
    const size_t before = (uintptr_t)address % page_bytes();
    void *page = (char *)(uintptr_t)address - before;
    return madvise(page, bytes + before, MADV_WILLNEED) == 0 ? MYELIN_OK : MYELIN_ERROR_SYSTEM;
}

int32_t myelin_resident_bytes(const void *address, size_t bytes, uint64_t *resident) {
    if (resident == NULL) {
        return MYELIN_ERROR_ARGUMENT;
    }
    *resident = 0;
    const int32_t status = check_range(address, bytes);
    if (status != MYELIN_OK || bytes == 0) {
        return status;
    }
    // A window at a time, so that no memory is allocated for a large mapping.
    enum { window_pages = 1024 };
#if defined(__APPLE__)
    char present[window_pages];
#else
    unsigned char present[window_pages];
#endif
    const size_t page = page_bytes();
    const uintptr_t end = (uintptr_t)address + bytes;
    uint64_t sum = 0;
    for (uintptr_t window = (uintptr_t)address / page * page; window < end;) {
        const size_t left = end - window;
        const size_t pages = left / page + (left % page != 0);
        const size_t count = pages < window_pages ? pages : window_pages;
        if (mincore((void *)window, count * page, present) != 0) {
            return MYELIN_ERROR_SYSTEM;
        }
        for (size_t i = 0; i < count; i++) {
            if (present[i] & 1) {
                const uintptr_t from = window + i * page;
                const uintptr_t first = from > (uintptr_t)address ? from : (uintptr_t)address;
                const uintptr_t last = end - from < page ? end : from + page;
                sum += last - first;
            }
        }
        if (count == pages) {
            break;  // also prevents the address from wrapping
        }
        window += count * page;
    }
    *resident = sum;
    return MYELIN_OK;
}

#else

int32_t myelin_prefetch(const void *address, size_t bytes) {
    const int32_t status = check_range(address, bytes);
    return status != MYELIN_OK || bytes == 0 ? status : MYELIN_ERROR_UNSUPPORTED;
}

int32_t myelin_resident_bytes(const void *address, size_t bytes, uint64_t *resident) {
    if (resident == NULL) {
        return MYELIN_ERROR_ARGUMENT;
    }
    *resident = 0;
    const int32_t status = check_range(address, bytes);
    return status != MYELIN_OK || bytes == 0 ? status : MYELIN_ERROR_UNSUPPORTED;
}

#endif
