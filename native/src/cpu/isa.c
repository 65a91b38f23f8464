/* The request is decided here only, so that all kernels agree. */
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

/* The decision is one number, the kind and the place in the table: several threads agree on it. */
enum { UNDECIDED = -1, KINDS = ISA_UNKNOWN + 1 };

static atomic_int decision = UNDECIDED;

static int encode(isa_request request) {
    int place = 0;
    while (request.name != NULL && strcmp(isa_table[place].name, request.name) != 0) {
        place++;
    }
    return (int)request.kind + KINDS * place;
}

/** Decides, unless that is done; returns the decision. */
static int decide(isa_request request) {
    int decided = UNDECIDED;
    const int wanted = encode(request);
    return atomic_compare_exchange_strong(&decision, &decided, wanted) ? wanted : decided;
}

isa_request isa_requested(void) {
    int decided = atomic_load_explicit(&decision, memory_order_relaxed);
    if (decided == UNDECIDED) {
        decided = decide(isa_parse(getenv("MYELIN_ISA")));
    }
    const enum isa_request_kind kind = (enum isa_request_kind)(decided % KINDS);
    return (isa_request){kind, kind == ISA_NAMED ? isa_table[decided / KINDS].name : NULL};
}

int32_t myelin_isa_request(const char *name) {
    if (name == NULL) {
        return MYELIN_ERROR_ARGUMENT;
    }
    const isa_request request = isa_parse(name);
    if (request.kind == ISA_UNKNOWN) {
        return MYELIN_ERROR_ISA;
    }
    return decide(request) == encode(request) ? MYELIN_OK : MYELIN_ERROR_IN_USE;
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
