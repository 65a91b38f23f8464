#define _GNU_SOURCE  // mkstemp
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "check.h"
#include "myelin.h"
#include "runtime/weight_stream.h"

#if defined(__linux__) && !defined(MYELIN_EMULATED)

enum { pieces = 24 };

static const size_t piece_bytes = (size_t)8 << 20;
/* The last piece is shorter. */
static const size_t all_bytes = pieces * ((size_t)8 << 20) - 12345;
static const size_t matrix_bytes = (size_t)3 << 20;

static char name[] = "test_weight_stream.XXXXXX";
static char *map;

static size_t offset_of(int row) {
    return (size_t)row * piece_bytes / 2;
}

/** A file with a byte in each half of a piece. */
static bool open_file(void) {
    const int file = mkstemp(name);
    bool written = file >= 0 && ftruncate(file, (off_t)all_bytes) == 0;
    for (int i = 0; written && i < 2 * pieces; i++) {
        const char value = (char)(i + 1);
        written = pwrite(file, &value, 1, (off_t)offset_of(i)) == 1;
    }
    written = written && fsync(file) == 0;  // only clean pages can be dropped
    map = written ? mmap(NULL, all_bytes, PROT_READ, MAP_SHARED, file, 0) : MAP_FAILED;
    if (file >= 0) {
        close(file);
    }
    return map != MAP_FAILED;
}

static uint64_t resident(void) {
    uint64_t bytes = 0;
    CHECK(myelin_resident_bytes(map, all_bytes, &bytes) == MYELIN_OK, "resident");
    return bytes;
}

/** Uses all matrices in order, as a token does; two share a piece. */
static void use_all(void) {
    for (int i = 0; i < 2 * pieces; i++) {
        const size_t left = all_bytes - offset_of(i);
        const weight_range range = {map + offset_of(i), left < matrix_bytes ? left : matrix_bytes};
        weight_stream_use(&range, 1);
        volatile char sum = 0;
        for (size_t at = 0; at < range.bytes; at += 4096) {
            sum = (char)(sum + map[offset_of(i) + at]);
        }
        CHECK(map[offset_of(i)] == (char)(i + 1), "matrix %d", i);
    }
}

static void check_streams(int32_t watch) {
    CHECK(myelin_mapping_keep(watch, all_bytes) == MYELIN_OK, "nothing to stream");
    use_all();
    CHECK(resident() > all_bytes / 10 * 7, "all is kept: %ju", (uintmax_t)resident());
    CHECK(myelin_mapping_keep(watch, all_bytes / 3) == MYELIN_OK, "a third");
    for (int token = 0; token < 4; token++) {
        use_all();
    }
    // a third, the last pieces used and what was read ahead
    CHECK(resident() < all_bytes / 10 * 8, "the rest is dropped: %ju", (uintmax_t)resident());
    CHECK(resident() > all_bytes / 10 * 2, "a third is kept: %ju", (uintmax_t)resident());
    CHECK(myelin_mapping_keep(watch, 0) == MYELIN_OK, "nothing is kept");
    use_all();
    use_all();
    CHECK(resident() < all_bytes / 2, "all is dropped: %ju", (uintmax_t)resident());
}

static void check_ranges_elsewhere(void) {
    const char other[100] = {0};
    const weight_range ranges[3] = {{other, 100}, {map, 0}, {map + all_bytes - 1, 1}};
    weight_stream_use(ranges, 3);
    weight_stream_use(ranges, 0);
}

int main(void) {
    if (!open_file()) {
        CHECK(false, "no file");
        return checks_failed();
    }
    CHECK(myelin_mapping_keep(7, 1) == MYELIN_ERROR_ARGUMENT, "not a watch");
    int32_t watch = -1;
    CHECK(myelin_mapping_watch(name, map, all_bytes, &watch) == MYELIN_OK, "watched");
    check_streams(watch);
    check_ranges_elsewhere();
    CHECK(myelin_mapping_unwatch(watch) == MYELIN_OK, "ends");
    CHECK(myelin_mapping_keep(watch, 1) == MYELIN_ERROR_ARGUMENT, "ended");
    use_all();
    munmap(map, all_bytes);
    unlink(name);
    return checks_failed();
}

#else

int main(void) {
    return 77;
}

#endif
