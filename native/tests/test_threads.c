#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>

#include "check.h"
#include "myelin.h"

static _Atomic int created, joined;
static int most;

static int create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *),
                  void *argument) {
    if (created == most) {
        return EAGAIN;
    }
    CHECK(joined == 0, "all live at the same time");
    created++;
    return pthread_create(thread, attributes, start, argument);
}

static int join(pthread_t thread, void **result) {
    joined++;
    return pthread_join(thread, result);
}

static int32_t probe(int32_t wanted, int limit) {
    created = 0;
    joined = 0;
    most = limit;
    int32_t started = 4711;
    const int32_t status = myelin_threads_probe(wanted, create, join, &started);
    CHECK(status == MYELIN_OK, "%s", myelin_status_string(status));
    CHECK(created == started && joined == started, "%d created, %d joined of %d", created, joined, started);
    return started;
}

int main(void) {
    int32_t started = 4711;
    CHECK(myelin_threads_probe(-1, create, join, &started) == MYELIN_ERROR_ARGUMENT, "negative");
    CHECK(myelin_threads_probe(1025, create, join, &started) == MYELIN_ERROR_ARGUMENT, "too many");
    CHECK(myelin_threads_probe(1, NULL, join, &started) == MYELIN_ERROR_ARGUMENT, "no function");
    CHECK(myelin_threads_probe(1, create, NULL, &started) == MYELIN_ERROR_ARGUMENT, "no function");
    CHECK(myelin_threads_probe(1, create, join, NULL) == MYELIN_ERROR_ARGUMENT, "no result");
    CHECK(started == 4711, "nothing is written then");

    CHECK(probe(0, 100) == 0, "none");
    CHECK(probe(1, 100) == 1, "one");
    CHECK(probe(16, 100) == 16, "all of them");
    CHECK(probe(16, 5) == 5, "as many as there can be");
    CHECK(probe(16, 0) == 0, "none can be");
    for (int i = 0; i < 100; i++) {
        CHECK(probe(4, 3) == 3, "again and again");
    }
    return checks_failed();
}
