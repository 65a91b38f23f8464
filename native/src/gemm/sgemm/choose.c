/* Which table is used. */
#include "sgemm.h"

#include <stdatomic.h>
#include <string.h>

#include "cpu/isa.h"
#include "myelin.h"

#if defined(__x86_64__)
static bool machine_has(uint64_t needed) {
    return (myelin_cpu_features() & needed) == needed;
}
#endif

const product_table *products_available(int index) {
    const product_table *found[3];
    int count = 0;
#if defined(__x86_64__)
    if (machine_has(UINT64_C(1) << MYELIN_CPU_AVX512F)) {
        found[count++] = &products_avx512;
    }
    if (machine_has(UINT64_C(1) << MYELIN_CPU_AVX2 | UINT64_C(1) << MYELIN_CPU_FMA)) {
        found[count++] = &products_avx2;
    }
#elif defined(__aarch64__)
    found[count++] = &products_neon; /* every such CPU has it */
#endif
    found[count++] = &products_scalar;
    return index < count ? found[index] : NULL;
}

/** A table of kernels' name as one of these tables': where kernels need more, products do not. */
static const char *as_products(const char *kernels) {
    static const char *const names[][2] = {{"avxvnni", "avx2"}, {"i8mm", "neon"}, {"dotprod", "neon"}};
    for (size_t i = 0; kernels != NULL && i < sizeof names / sizeof *names; i++) {
        if (strcmp(kernels, names[i][0]) == 0) {
            return names[i][1];
        }
    }
    return kernels;
}

const product_table *products_choose(const char *kernels) {
    const char *name = as_products(kernels);
    const product_table *table;
    for (int i = 0; name != NULL && (table = products_available(i)) != NULL; i++) {
        if (strcmp(name, table->name) == 0) {
            return table;
        }
    }
    return products_available(0);
}

const product_table *products_table(void) {
    static _Atomic(const product_table *) found;
    const product_table *table = atomic_load_explicit(&found, memory_order_relaxed);
    if (table == NULL) { /* every thread finds the same constant */
        table = products_choose(isa_in_use().name);
        atomic_store_explicit(&found, table, memory_order_relaxed);
    }
    return table;
}

const char *myelin_product_name(void) {
    return products_table()->name;
}
