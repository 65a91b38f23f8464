#include <string.h>

#include "check.h"
#include "myelin.h"

int main(void) {
    CHECK(myelin_abi_version() == MYELIN_ABI_VERSION, "library %d, header %d", myelin_abi_version(),
          MYELIN_ABI_VERSION);

    const char *unknown = myelin_status_string(4711);
    CHECK(unknown != NULL && strlen(unknown) > 0, "a number that is no status");
    CHECK(strcmp(unknown, myelin_status_string(-1)) == 0, "the same text for all of those");
    for (int32_t status = MYELIN_OK; status <= MYELIN_ERROR_IN_USE; status++) {
        CHECK(strcmp(myelin_status_string(status), unknown) != 0, "status %d has no text", status);
        CHECK(strchr(myelin_status_string(status), '\n') == NULL, "status %d is not one line", status);
        for (int32_t other = MYELIN_OK; other < status; other++) {
            CHECK(strcmp(myelin_status_string(status), myelin_status_string(other)) != 0,
                  "%d and %d have the same text", status, other);
        }
    }
    return checks_failed();
}
