/** The kernels of every instruction set, and those in use. */
#ifndef MYELIN_SRC_CPU_DISPATCH_H
#define MYELIN_SRC_CPU_DISPATCH_H

#include <stdint.h>

#include "attention/attention.h"
#include "attention/indexer.h"
#include "cpu/int8_peak.h"
#include "elementwise/elementwise.h"
#include "gemm/float/float_gemm.h"
#include "gemm/gemm.h"
#include "gemm/sgemm/sgemm.h"
#include "quantize/activations.h"
#include "quantize/weights.h"

/**
 * One instruction set. The inference kernels are used together, if the CPU has all features that they
 * need; each other family has its own requirements. Features are bits by enum myelin_cpu_feature.
 */
typedef struct isa_kernels {
    const char *name; /* as in MYELIN_ISA */

    /* inference; all null if the compiler could not build them */
    uint64_t features;
    const quantized_gemm_table *quantized_gemm;
    const float_gemm_table *float_gemm;
    attend_fn attend;
    const elementwise_table *elementwise;
    const activation_quantizer *activations;

    uint64_t attend_general_features;
    attend_general_fn attend_general;
    index_scores_fn index_scores;

    uint64_t sgemm_features;
    const sgemm_table *sgemm;

    uint64_t weights_features;
    const weight_quantizer *weights; /* null if there are none for this instruction set */

    uint64_t int8_peak_features;
    const int8_peak *int8_peak; /* null if the compiler could not build it */
} isa_kernels;

/** All instruction sets of this CPU family, best first; the last is the scalar reference. */
extern const isa_kernels isa_table[];
extern const int isa_count;

/** Whether this CPU can run the inference kernels, general attention, the f32 GEMM, the int8 peak. */
int isa_usable(const isa_kernels *isa);
int attend_general_usable(const isa_kernels *isa);
int sgemm_usable(const isa_kernels *isa);
int int8_peak_usable(const isa_kernels *isa);

/**
 * The inference kernels of this name; null if this CPU cannot run them. A null name selects the best kernels
 * that are faster than ggml; null if there are none.
 */
const isa_kernels *kernels_named(const char *name);

/** The f32 GEMM of the instruction set of this name; the best one for another name or null. */
const sgemm_table *sgemm_named(const char *name);

/** The int8 peak of the instruction set of this name; the best one for another name or null. */
const int8_peak *int8_peak_named(const char *name);

/** The inference kernels that MYELIN_ISA selects; null for "none" and for an unknown name. */
const isa_kernels *kernels_in_use(void);

/** General attention, also with MYELIN_ISA=none. */
attend_general_fn attend_general_in_use(void);

/** Scores of an indexer, also with MYELIN_ISA=none. */
index_scores_fn index_scores_in_use(void);

/** The f32 GEMM, also with MYELIN_ISA=none. */
const sgemm_table *sgemm_in_use(void);

/** Quantisation of weights; the scalar table, which only converts to f32, if ggml is to quantise. */
const weight_quantizer *weights_in_use(void);

#endif
