/* MYELIN_ISA is read here only, so that all kernels agree. */
#include "isa.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "dispatch.h"
#include "myelin.h"

static const char NONE[] = "none";

static char lower(char c) {
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool is_blank(char c) {
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/** Whether the first n letters of text are the name, in either case. */
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

isa_request isa_parse(const char *value) {
    size_t n = value == NULL ? 0 : strlen(value);
    while (n > 0 && is_blank(value[n - 1])) {
        n--;
    }
    while (n > 0 && is_blank(*value)) {
        value++;
        n--;
    }
    if (n == 0) {
        return (isa_request){ISA_BEST, NULL};
    }
    if (is_name(value, n, NONE)) {
        return (isa_request){ISA_NONE, NULL};
    }
    for (int i = 0; i < isa_count; i++) {
        const char *name = isa_table[i].name;
        if (is_name(value, n, name) && isa_usable(&isa_table[i])) {
            return (isa_request){ISA_NAMED, name};
        }
    }
    return (isa_request){ISA_UNKNOWN, NULL};
}

isa_request isa_requested(void) {
    static _Atomic(const char *) name; /* every thread stores the same */
    static atomic_int kind = -1;
    if (atomic_load_explicit(&kind, memory_order_acquire) < 0) {
        const isa_request found = isa_parse(getenv("MYELIN_ISA"));
        atomic_store_explicit(&name, found.name, memory_order_relaxed);
        atomic_store_explicit(&kind, (int)found.kind, memory_order_release);
    }
    return (isa_request){(enum isa_request_kind)atomic_load_explicit(&kind, memory_order_relaxed),
                         atomic_load_explicit(&name, memory_order_relaxed)};
}

int32_t myelin_isa_status(void) {
    return isa_requested().kind == ISA_UNKNOWN ? MYELIN_ERROR_ISA : MYELIN_OK;
}

const char *myelin_isa_name(int32_t index) {
    for (int i = 0; index >= 0 && i < isa_count; i++) {
        if (isa_usable(&isa_table[i]) && index-- == 0) {
            return isa_table[i].name;
        }
    }
    return index == 0 ? NONE : NULL;
}
