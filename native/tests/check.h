/**
 * The test framework: CHECK reports a failure and its place, and continues; main ends with
 * `return checks_failed();`.
 */
#ifndef MYELIN_TESTS_CHECK_H
#define MYELIN_TESTS_CHECK_H

#include <stdio.h>

static int checks_done = 0;
static int checks_wrong = 0;

#define CHECK(condition, ...)                                               \
    do {                                                                    \
        checks_done++;                                                      \
        if (!(condition)) {                                                 \
            checks_wrong++;                                                 \
            fprintf(stderr, "%s:%d: %s: ", __FILE__, __LINE__, #condition); \
            fprintf(stderr, __VA_ARGS__);                                   \
            fputc('\n', stderr);                                            \
        }                                                                   \
    } while (0)

/** The exit status of a test program: 0 if there was a check and none failed. */
static inline int checks_failed(void) {
    printf("%d checks, %d failed\n", checks_done, checks_wrong);
    return checks_wrong > 0 || checks_done == 0;
}

#endif
