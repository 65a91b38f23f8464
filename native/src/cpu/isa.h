/** The instruction set that MYELIN_ISA requests. */
#ifndef MYELIN_SRC_CPU_ISA_H
#define MYELIN_SRC_CPU_ISA_H

enum isa_request_kind {
    ISA_BEST,    /* the variable is not set */
    ISA_NONE,    /* ggml's kernels */
    ISA_NAMED,   /* an instruction set that this CPU can run */
    ISA_UNKNOWN, /* none of these */
};

typedef struct {
    enum isa_request_kind kind;
    const char *name; /* of the instruction set; null unless the kind is ISA_NAMED */
} isa_request;

/** Parses a value of MYELIN_ISA; null is not set. Case and surrounding blanks do not matter. */
isa_request isa_parse(const char *value);

/** The request in the environment; read on the first call. */
isa_request isa_requested(void);

#endif
