/** The kernels of every instruction set, and those in use. */
#ifndef MYELIN_SRC_CPU_DISPATCH_H
#define MYELIN_SRC_CPU_DISPATCH_H

#include <stdint.h>

#include "attention/attention.h"
#include "cpu/int8_peak.h"
#include "elementwise/elementwise.h"
#include "gemm/float/float_gemm.h"
#include "gemm/gemm.h"
#include "gemm/sgemm/sgemm.h"
#include "quantize/activations.h"
#include "quantize/weights.h"

/**
 * One instruction set. The kernels of inference are used together, where the CPU has all features that
 * they need; each other family needs its own features. Features are bits by enum myelin_cpu_feature.
 */
typedef struct isa_kernels {
    const char *name; /* as in MYELIN_ISA */

    /* inference; all null where the compiler could not build them */
    uint64_t features;
    const quantized_gemm_table *quantized_gemm;
    const float_gemm_table *float_gemm;
    attend_fn attend;
    const elementwise_table *elementwise;
    const activation_quantizer *activations;

    uint64_t sgemm_features;
    const sgemm_table *sgemm;

    uint64_t weights_features;
    const weight_quantizer *weights; /* quantises them; null if this set has no functions of its own */

    uint64_t int8_peak_features;
    const int8_peak *int8_peak; /* null where the compiler could not build it */
} isa_kernels;

/** All instruction sets of this CPU family, best first; the last is the scalar reference. */
extern const isa_kernels isa_table[];
extern const int isa_count;

/** Whether this CPU can run the kernels of inference, of f32 GEMM, of the int8 peak. */
int isa_usable(const isa_kernels *isa);
int sgemm_usable(const isa_kernels *isa);
int int8_peak_usable(const isa_kernels *isa);

/**
 * The kernels of inference of this name; null if this CPU cannot run them. A null name is the best that is
 * faster than ggml; null if there is none.
 */
const isa_kernels *kernels_named(const char *name);

/** The f32 GEMM of the instruction set of this name; the best one for another name or null. */
const sgemm_table *sgemm_named(const char *name);

/** The int8 peak of the instruction set of this name; the best one for another name or null. */
const int8_peak *int8_peak_named(const char *name);

/** The kernels of inference that MYELIN_ISA asks for; null for none, and for a name that is unknown. */
const isa_kernels *kernels_in_use(void);

/** The f32 GEMM, also with MYELIN_ISA=none. */
const sgemm_table *sgemm_in_use(void);

/** What quantises weights; the scalar one, which converts only, where MYELIN_ISA leaves that to ggml. */
const weight_quantizer *weights_in_use(void);

#endif
