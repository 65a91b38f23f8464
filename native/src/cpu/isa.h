/** The instruction set that MYELIN_ISA asks for. */
#ifndef MYELIN_SRC_CPU_ISA_H
#define MYELIN_SRC_CPU_ISA_H

/** What is asked for. */
enum isa_request {
    ISA_BEST,  /* it is not set */
    ISA_NONE,  /* ggml's kernels */
    ISA_NAMED, /* a table of kernels that this CPU can use */
    ISA_WRONG, /* a text that names none of these */
};

typedef struct {
    enum isa_request request;
    const char *name; /* with ISA_NAMED, that of the table */
} isa;

/** Reads a value of MYELIN_ISA: null is none, blanks around it and the case of letters do not matter. */
isa isa_parse(const char *value);

/** That of the environment, read on the first call. */
isa isa_in_use(void);

#endif
