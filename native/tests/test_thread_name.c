#include <pthread.h>
#include <string.h>

#include "check.h"
#include "myelin.h"

#if defined(__linux__)
#include <sys/prctl.h>

static void name_of(char name[16]) {
    memset(name, 0, 16);
    prctl(PR_GET_NAME, name);
}

static void *write_name(void *name) {
    name_of(name);
    return name;
}

static void *start_and_join(void *name) {
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, write_name, name) == 0, "the thread starts");
    pthread_join(thread, NULL);
    return name;
}

int main(void) {
    prctl(PR_SET_NAME, "before");
    char name[16];
    CHECK(myelin_thread_named("workers", start_and_join, name) == name, "the result is passed on");
    CHECK(strcmp(name, "workers") == 0, "the thread is named '%s'", name);
    name_of(name);
    CHECK(strcmp(name, "before") == 0, "the caller is named '%s'", name);
    return checks_failed();
}
#else
static void *same(void *argument) {
    return argument;
}

int main(void) {
    int argument = 0;
    CHECK(myelin_thread_named("workers", same, &argument) == &argument, "the result is passed on");
    return checks_failed();
}
#endif
