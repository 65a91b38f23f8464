#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "myelin.h"

enum { debug = 1, info = 2, warn = 3, error = 4, continued = 5 };

static char taken[MYELIN_LOG_CAPACITY + 1];

static const char *take(void) {
    const size_t length = myelin_log_take(taken, sizeof taken);
    CHECK(length == strlen(taken), "%zu returned, %zu written", length, strlen(taken));
    return taken;
}

static void put(int32_t level, const char *text) {
    myelin_log_sink(level, text, NULL);
}

static void check_levels(void) {
    CHECK(strcmp(take(), "") == 0, "starts empty: %s", taken);
    put(0, "none\n");
    put(debug, "debug\n");
    put(info, "info ");
    put(continued, "continues info\n");
    CHECK(strcmp(take(), "") == 0, "below a warning nothing is kept: %s", taken);

    put(warn, "one ");
    put(continued, "two ");
    put(continued, "three\n");
    put(info, "info\n");
    put(continued, "continues info\n");
    put(error, "four\n");
    put(error, NULL);
    put(77, "no level\n");
    CHECK(strcmp(take(), "one two three\nfour\n") == 0, "warnings, errors, what continues them: %s", taken);
    CHECK(strcmp(take(), "") == 0, "taking clears: %s", taken);
}

static void check_small_buffers(void) {
    put(error, "first\nsecond\n");
    CHECK(myelin_log_take(NULL, 100) == 0, "null buffer");
    char small[9] = "unchanged";
    CHECK(myelin_log_take(small, 0) == 0 && small[0] == 'u', "no room");
    CHECK(myelin_log_take(small, 8) == 7 && strcmp(small, "second\n") == 0, "newest line: %s", small);
    CHECK(small[8] == 'd', "nothing is written beyond the capacity");
    CHECK(strcmp(take(), "") == 0, "all of it is gone: %s", taken);

    put(error, "longer than the buffer");
    CHECK(myelin_log_take(small, 7) == 6 && strcmp(small, "buffer") == 0, "newest bytes: %s", small);
    put(error, "text");
    CHECK(myelin_log_take(small, 1) == 0 && small[0] == '\0', "room for the NUL only");
}

static void check_overflow(void) {
    char line[64];
    for (int i = 0; i < 1000; i++) {
        snprintf(line, sizeof line, "line %d of many, all of them warnings\n", i);
        put(warn, line);
    }
    const char *text = take();
    CHECK(strlen(text) > MYELIN_LOG_CAPACITY / 2, "most of the buffer is used: %zu", strlen(text));
    CHECK(strncmp(text, "line ", 5) == 0, "begins with a whole line: %.20s", text);
    CHECK(strstr(text, "line 999 of many, all of them warnings\n") != NULL, "has the newest");

    // Sizes around the capacity, into an empty buffer and on top of something.
    for (size_t length = MYELIN_LOG_CAPACITY - 2; length <= MYELIN_LOG_CAPACITY + 2; length++) {
        char *big = calloc(length + 1, 1);
        CHECK(big != NULL, "out of memory");
        if (big == NULL) {
            return;
        }
        memset(big, 'x', length);
        big[length - 1] = '!';
        put(error, "before");
        put(error, big);
        text = take();
        CHECK(strlen(text) == MYELIN_LOG_CAPACITY, "%zu bytes kept of %zu", strlen(text), length);
        CHECK(text[strlen(text) - 1] == '!', "the end of the newest is kept");
        free(big);
    }
}

enum { threads = 4, lines_each = 2000 };

static void *write_lines(void *number) {
    char line[32];
    snprintf(line, sizeof line, "[thread %d]\n", *(int *)number);
    for (int i = 0; i < lines_each; i++) {
        put(i % 2 == 0 ? warn : error, line);
    }
    return NULL;
}

/** Lines of concurrent threads are not torn. */
static void check_threads(void) {
    pthread_t writers[threads];
    int numbers[threads];
    for (int i = 0; i < threads; i++) {
        numbers[i] = i;
        CHECK(pthread_create(&writers[i], NULL, write_lines, &numbers[i]) == 0, "no thread");
    }
    int torn = 0;
    for (int round = 0; round < 200; round++) {
        const char *text = take();
        const char *end;
        for (const char *line = text; *line != '\0'; line = end + 1) {
            end = strchr(line, '\n');
            if (end == NULL) {
                torn++;
                break;
            }
            torn += end - line != 10 || strncmp(line, "[thread ", 8) != 0;
        }
    }
    for (int i = 0; i < threads; i++) {
        CHECK(pthread_join(writers[i], NULL) == 0, "no join");
    }
    CHECK(torn == 0, "%d torn lines", torn);
    take();
}

int main(void) {
    check_levels();
    check_small_buffers();
    check_overflow();
    check_threads();
    return checks_failed();
}
