/* The one place that picks kernels by instruction set. */
#include "dispatch.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>

#include "isa.h"
#include "myelin.h"

#define HAS(feature) (UINT64_C(1) << MYELIN_CPU_##feature)

const isa_kernels isa_table[] = {
#if defined(__x86_64__)
    {
        .name = "avx512",
        .features = HAS(AVX512F) | HAS(AVX512BW) | HAS(AVX512DQ) | HAS(AVX512VL) | HAS(AVX512_VBMI) |
                    HAS(AVX512_VNNI) | HAS(F16C) | HAS(FMA),
        .quantized_gemm = &quantized_gemm_avx512,
        .float_gemm = &float_gemm_avx512,
        .attend = attend_avx512,
        .elementwise = &elementwise_avx512,
        .activations = &quantize_activations_avx512,
        .attend_general_features =
            HAS(AVX512F) | HAS(AVX512BW) | HAS(AVX512DQ) | HAS(AVX512VL) | HAS(F16C) | HAS(FMA),
        .attend_general = attend_general_avx512,
        .index_scores = index_scores_avx512,
        .sgemm_features = HAS(AVX512F),
        .sgemm = &sgemm_avx512,
        .weights_features = HAS(AVX512F) | HAS(AVX512BW) | HAS(AVX512DQ) | HAS(AVX512VL) | HAS(F16C),
        .weights = &quantize_weights_avx512,
        .int8_peak_features = HAS(AVX512F) | HAS(AVX512BW) | HAS(AVX512_VNNI),
        .int8_peak = &int8_peak_avx512,
    },
    {
        .name = "avxvnni",
        .features = HAS(AVX_VNNI) | HAS(AVX2) | HAS(F16C) | HAS(FMA),
#if defined(MYELIN_AVXVNNI)
        .quantized_gemm = &quantized_gemm_avxvnni,
        .float_gemm = &float_gemm_avx2,
        .attend = attend_avxvnni,
        .elementwise = &elementwise_avx2,
        .activations = &quantize_activations_avx2,
#endif
        .attend_general_features = HAS(AVX2) | HAS(F16C) | HAS(FMA),
        .attend_general = attend_general_avx2,
        .index_scores = index_scores_avx2,
        .sgemm_features = HAS(AVX2) | HAS(FMA),
        .sgemm = &sgemm_avx2,
#if defined(INT8_PEAK_AVXVNNI)
        .int8_peak_features = HAS(AVX_VNNI) | HAS(AVX2),
        .int8_peak = &int8_peak_avxvnni,
#endif
    },
    {
        .name = "avx2",
        .features = HAS(AVX2) | HAS(F16C) | HAS(FMA),
        .quantized_gemm = &quantized_gemm_avx2,
        .float_gemm = &float_gemm_avx2,
        .attend = attend_avx2,
        .elementwise = &elementwise_avx2,
        .activations = &quantize_activations_avx2,
        .attend_general_features = HAS(AVX2) | HAS(F16C) | HAS(FMA),
        .attend_general = attend_general_avx2,
        .index_scores = index_scores_avx2,
        .sgemm_features = HAS(AVX2) | HAS(FMA),
        .sgemm = &sgemm_avx2,
        .int8_peak_features = HAS(AVX2),
        .int8_peak = &int8_peak_avx2,
    },
#elif defined(__aarch64__)
    /* every aarch64 CPU has NEON, which is all that f32 GEMM needs */
    {
        .name = "i8mm",
        .features = HAS(NEON) | HAS(DOTPROD) | HAS(I8MM),
        .quantized_gemm = &quantized_gemm_i8mm,
        .float_gemm = &float_gemm_neon,
        .attend = attend_neon,
        .elementwise = &elementwise_neon,
        .activations = &quantize_activations_neon,
        .attend_general_features = HAS(NEON),
        .attend_general = attend_general_neon,
        .index_scores = index_scores_neon,
        .sgemm = &sgemm_neon,
        .int8_peak_features = HAS(NEON) | HAS(I8MM),
        .int8_peak = &int8_peak_i8mm,
    },
    {
        .name = "dotprod",
        .features = HAS(NEON) | HAS(DOTPROD),
        .quantized_gemm = &quantized_gemm_dotprod,
        .float_gemm = &float_gemm_neon,
        .attend = attend_neon,
        .elementwise = &elementwise_neon,
        .activations = &quantize_activations_neon,
        .attend_general_features = HAS(NEON),
        .attend_general = attend_general_neon,
        .index_scores = index_scores_neon,
        .sgemm = &sgemm_neon,
        .int8_peak_features = HAS(NEON) | HAS(DOTPROD),
        .int8_peak = &int8_peak_dotprod,
    },
#endif
    {
        .name = "scalar",
        .quantized_gemm = &quantized_gemm_scalar,
        .float_gemm = &float_gemm_scalar,
        .attend = attend_scalar,
        .elementwise = &elementwise_scalar,
        .activations = &quantize_activations_scalar,
        .attend_general = attend_general_scalar,
        .index_scores = index_scores_scalar,
        .sgemm = &sgemm_scalar,
        .weights = &quantize_weights_scalar,
        .int8_peak = &int8_peak_scalar,
    },
};

const int isa_count = sizeof isa_table / sizeof *isa_table;

static const isa_kernels *const scalar = isa_table + sizeof isa_table / sizeof *isa_table - 1;

static bool cpu_has(uint64_t features) {
    return (myelin_cpu_features() & features) == features;
}

int isa_usable(const isa_kernels *isa) {
    return isa->quantized_gemm != NULL && cpu_has(isa->features);
}

int attend_general_usable(const isa_kernels *isa) {
    return cpu_has(isa->attend_general_features);
}

int sgemm_usable(const isa_kernels *isa) {
    return cpu_has(isa->sgemm_features);
}

int int8_peak_usable(const isa_kernels *isa) {
    return isa->int8_peak != NULL && cpu_has(isa->int8_peak_features);
}

/** The first instruction set of this name, or of any for null, that is usable; null if there is none. */
static const isa_kernels *first_usable(const char *name, int (*usable)(const isa_kernels *isa)) {
    for (const isa_kernels *isa = isa_table; isa < isa_table + isa_count; isa++) {
        if ((name == NULL || strcmp(name, isa->name) == 0) && usable(isa)) {
            return isa;
        }
    }
    return NULL;
}

const isa_kernels *kernels_named(const char *name) {
    const isa_kernels *isa = first_usable(name, isa_usable);
    /* the reference is slower than ggml: used only by name */
    return name == NULL && isa == scalar ? NULL : isa;
}

const sgemm_table *sgemm_named(const char *name) {
    const isa_kernels *isa = name == NULL ? NULL : first_usable(name, sgemm_usable);
    return isa != NULL ? isa->sgemm : first_usable(NULL, sgemm_usable)->sgemm;
}

const int8_peak *int8_peak_named(const char *name) {
    const isa_kernels *isa = name == NULL ? NULL : first_usable(name, int8_peak_usable);
    return isa != NULL ? isa->int8_peak : first_usable(NULL, int8_peak_usable)->int8_peak;
}

static int weights_usable(const isa_kernels *isa) {
    return isa->weights != NULL && cpu_has(isa->weights_features);
}

/* Each is found on the first call; every thread finds the same. */

const isa_kernels *kernels_in_use(void) {
    static _Atomic(const isa_kernels *) found;
    static atomic_bool looked;
    if (!atomic_load_explicit(&looked, memory_order_acquire)) {
        const isa_request request = isa_requested();
        const bool use_ggml = request.kind == ISA_NONE || request.kind == ISA_UNKNOWN;
        atomic_store_explicit(&found, use_ggml ? NULL : kernels_named(request.name), memory_order_relaxed);
        atomic_store_explicit(&looked, true, memory_order_release);
    }
    return atomic_load_explicit(&found, memory_order_relaxed);
}

static const isa_kernels *general_in_use(void) {
    static _Atomic(const isa_kernels *) found;
    const isa_kernels *isa = atomic_load_explicit(&found, memory_order_relaxed);
    if (isa == NULL) {
        isa = first_usable(isa_requested().name, attend_general_usable);
        isa = isa != NULL ? isa : first_usable(NULL, attend_general_usable);
        atomic_store_explicit(&found, isa, memory_order_relaxed);
    }
    return isa;
}

attend_general_fn attend_general_in_use(void) {
    return general_in_use()->attend_general;
}

index_scores_fn index_scores_in_use(void) {
    return general_in_use()->index_scores;
}

const sgemm_table *sgemm_in_use(void) {
    static _Atomic(const sgemm_table *) found;
    const sgemm_table *table = atomic_load_explicit(&found, memory_order_relaxed);
    if (table == NULL) {
        table = sgemm_named(isa_requested().name);
        atomic_store_explicit(&found, table, memory_order_relaxed);
    }
    return table;
}

const weight_quantizer *weights_in_use(void) {
    static _Atomic(const weight_quantizer *) found;
    const weight_quantizer *table = atomic_load_explicit(&found, memory_order_acquire);
    if (table == NULL) {
        const isa_request request = isa_requested();
        const bool allowed = request.kind == ISA_BEST || request.kind == ISA_NAMED;
        const isa_kernels *isa = allowed ? first_usable(request.name, weights_usable) : NULL;
        table = isa != NULL ? isa->weights : scalar->weights;
        atomic_store_explicit(&found, table, memory_order_release);
    }
    return table;
}

const char *myelin_kernel_isa(void) {
    return kernels_in_use() == NULL ? "" : kernels_in_use()->name;
}

const char *myelin_sgemm_isa(void) {
    return sgemm_in_use()->name;
}
