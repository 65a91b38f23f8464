// Names threads that another library starts: a thread of Linux inherits the name of the one that starts it.
#include "myelin.h"

#if defined(__linux__)
#include <sys/prctl.h>

enum { name_bytes = 16 };  // Linux's limit, with the zero at the end

void *myelin_thread_named(const char *name, myelin_thread_start start, void *argument) {
    char own[name_bytes];
    // not pthread_setname_np: glibc 2.34 moved it to another library
    const bool named = prctl(PR_GET_NAME, own) == 0 && prctl(PR_SET_NAME, name) == 0;
    void *result = start(argument);
    if (named) {
        prctl(PR_SET_NAME, own);
    }
    return result;
}
#else
void *myelin_thread_named(const char *name, myelin_thread_start start, void *argument) {
    (void)name;
    return start(argument);
}
#endif
