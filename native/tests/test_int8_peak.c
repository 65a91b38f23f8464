/* The int8 peak of every instruction set of this CPU. */
#include <string.h>

#include "check.h"
#include "cpu/dispatch.h"
#include "cpu/isa.h"
#include "myelin.h"

static void check_table(void) {
    const int8_peak *best = NULL;
    for (int i = 0; i < isa_count; i++) {
        const isa_kernels *isa = &isa_table[i];
        if (!int8_peak_usable(isa)) {
            continue;
        }
        const int8_peak *peak = isa->int8_peak;
        best = best == NULL ? peak : best;
        CHECK((myelin_cpu_features() & isa->int8_peak_features) == isa->int8_peak_features, "%s", isa->name);
        CHECK(int8_peak_named(isa->name) == peak, "%s", isa->name);
        CHECK(peak->ops > 0 && peak->ops % 2 == 0, "%s: a product and its sum", isa->name);
        peak->run(1000); /* an instruction that the CPU lacks ends the test here */
        printf("%s\n", isa->name);
    }
    CHECK(int8_peak_usable(&isa_table[isa_count - 1]), "every CPU can run the last one");
    CHECK(int8_peak_named(NULL) == best, "the best is the first");
    CHECK(int8_peak_named("none") == best && int8_peak_named("") == best, "other names");
}

static void check_interface(void) {
    CHECK(myelin_int8_ops(0) == 0 && myelin_int8_ops(-1) == 0, "no rounds");
    const uint64_t one = int8_peak_named(isa_requested().name)->ops;
    CHECK(myelin_int8_ops(1) == one && myelin_int8_ops(1000) == 1000 * one, "rounds count");
}

int main(void) {
    check_table();
    check_interface();
    return checks_failed();
}
