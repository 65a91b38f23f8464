#include "myelin.h"

int32_t myelin_abi_version(void) {
    return MYELIN_ABI_VERSION;
}

const char *myelin_status_string(int32_t status) {
    switch (status) {
        case MYELIN_OK:
            return "done";
        case MYELIN_ERROR_ARGUMENT:
            return "an argument is null, negative or out of range";
        case MYELIN_ERROR_UNSUPPORTED:
            return "not supported on this platform";
        case MYELIN_ERROR_SYSTEM:
            return "refused by the operating system";
        case MYELIN_ERROR_ISA:
            return "MYELIN_ISA or a request names no instruction set that this CPU has";
        case MYELIN_ERROR_CHANGED:
            return "the file has changed since it was mapped";
        case MYELIN_ERROR_IN_USE:
            return "another instruction set was chosen before";
        default:
            return "unknown status";
    }
}
