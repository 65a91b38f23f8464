/* MYELIN_ISA: one place reads it, so that all kernels agree. */
#include "isa.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "gemm/gemm.h"
#include "myelin.h"

static const char NONE[] = "none";

static char lower(char c) {
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool is_blank(char c) {
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/** Whether n letters are a name, in either case. */
static bool is_name(const char *text, size_t n, const char *name) {
    if (n != strlen(name)) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        if (lower(text[i]) != name[i]) {
            return false;
        }
    }
    return true;
}

isa isa_parse(const char *value) {
    size_t n = value == NULL ? 0 : strlen(value);
    while (n > 0 && is_blank(value[n - 1])) {
        n--;
    }
    while (n > 0 && is_blank(*value)) {
        value++;
        n--;
    }
    if (n == 0) {
        return (isa){ISA_BEST, NULL};
    }
    if (is_name(value, n, NONE)) {
        return (isa){ISA_NONE, NULL};
    }
    for (int i = 0; i < instruction_set_count; i++) {
        const char *name = instruction_sets[i].table->name;
        if (is_name(value, n, name) && instruction_set_usable(&instruction_sets[i])) {
            return (isa){ISA_NAMED, name};
        }
    }
    return (isa){ISA_WRONG, NULL};
}

isa isa_in_use(void) {
    static _Atomic(const char *) name; /* every thread finds the same */
    static atomic_int request = -1;
    if (atomic_load_explicit(&request, memory_order_acquire) < 0) {
        const isa found = isa_parse(getenv("MYELIN_ISA"));
        atomic_store_explicit(&name, found.name, memory_order_relaxed);
        atomic_store_explicit(&request, (int)found.request, memory_order_release);
    }
    return (isa){(enum isa_request)atomic_load_explicit(&request, memory_order_relaxed),
                 atomic_load_explicit(&name, memory_order_relaxed)};
}

int32_t myelin_isa_status(void) {
    return isa_in_use().request == ISA_WRONG ? MYELIN_ERROR_ISA : MYELIN_OK;
}

const char *myelin_isa_name(int32_t index) {
    for (int i = 0; index >= 0 && i < instruction_set_count; i++) {
        if (instruction_set_usable(&instruction_sets[i]) && index-- == 0) {
            return instruction_sets[i].table->name;
        }
    }
    return index == 0 ? NONE : NULL;
}
