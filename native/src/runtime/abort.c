#include <stdatomic.h>

#include "myelin.h"

_Static_assert(sizeof(_Atomic int32_t) == sizeof(int32_t), "Java writes the flag as a plain int");

bool myelin_abort_requested(void *flag) {
    if (flag == NULL) {
        return false;
    }
    return atomic_load_explicit((_Atomic int32_t *)flag, memory_order_relaxed) != 0;
}
