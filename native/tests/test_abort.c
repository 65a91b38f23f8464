#include <pthread.h>
#include <stdatomic.h>

#include "check.h"
#include "myelin.h"

static _Atomic int32_t flag = 0;

static void *wait_for_flag(void *unused) {
    while (!myelin_abort_requested(&flag)) {
    }
    return unused;
}

int main(void) {
    CHECK(!myelin_abort_requested(NULL), "no flag, no abort");

    int32_t plain = 0;
    CHECK(!myelin_abort_requested(&plain), "0 goes on");
    plain = 1;
    CHECK(myelin_abort_requested(&plain), "1 aborts");
    plain = INT32_MIN;
    CHECK(myelin_abort_requested(&plain), "anything but 0 aborts");

    // Seen from another thread; if not, the test times out.
    pthread_t waiter;
    CHECK(pthread_create(&waiter, NULL, wait_for_flag, NULL) == 0, "no thread");
    atomic_store_explicit(&flag, 1, memory_order_relaxed);
    CHECK(pthread_join(waiter, NULL) == 0, "the waiting thread ends");
    return checks_failed();
}
