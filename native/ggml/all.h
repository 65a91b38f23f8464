/* What `make bindings` hands to jextract: the parts of ggml's interface that the allow-list names. */
#include "ggml.h"

#include "ggml-alloc.h"
#include "ggml-backend.h"
#include "ggml-cpu.h"
