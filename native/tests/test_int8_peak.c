#include "cpu/int8_peak.h"

#include <string.h>

#include "check.h"
#include "cpu/isa.h"
#include "myelin.h"

int main(void) {
    CHECK(int8_choose(NULL) == int8_available(0), "the best is the first");
    CHECK(int8_choose("none") == int8_available(0) && int8_choose("") == int8_available(0),
          "names that are none");
    const int8_measure *last = NULL;
    for (int i = 0; int8_available(i) != NULL; i++) {
        const int8_measure *kind = last = int8_available(i);
        CHECK((myelin_cpu_features() & kind->needed) == kind->needed, "%s", kind->name);
        CHECK(int8_choose(kind->name) == kind, "%s", kind->name);
        CHECK(kind->ops > 0 && kind->ops % 2 == 0, "%s: a product and its sum", kind->name);
        kind->run(1000); /* an instruction that the machine lacks ends the test here */
        printf("%s\n", kind->name);
    }
    CHECK(last != NULL && strcmp(last->name, "scalar") == 0, "every machine has the last");

    CHECK(myelin_int8_ops(0) == 0 && myelin_int8_ops(-1) == 0, "no rounds");
    const uint64_t one = int8_choose(isa_in_use().name)->ops;
    CHECK(myelin_int8_ops(1) == one && myelin_int8_ops(1000) == 1000 * one, "rounds count");
    return checks_failed();
}
