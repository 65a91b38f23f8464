/** The instruction set that myelin_isa_request() or MYELIN_ISA requests. */
#ifndef MYELIN_SRC_CPU_ISA_H
#define MYELIN_SRC_CPU_ISA_H

enum isa_request_kind {
    ISA_BEST,    /* no request */
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

/** That of myelin_isa_request(), else that in the environment, which is read on the first call. */
isa_request isa_requested(void);

#endif
