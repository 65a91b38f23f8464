/**
 * libmyelin: what Myelin computes or asks of the machine in native code.
 *
 * Rules of this interface:
 *  - plain C ABI, fixed-width types, no structures by value: every function can be bound by the
 *    Foreign Function & Memory API without a shim;
 *  - a function that can fail returns a myelin_status; none exits, aborts or prints;
 *  - all functions may be called from any thread at any time;
 *  - what is declared here never changes its meaning; MYELIN_ABI_VERSION grows when something does.
 */
#ifndef MYELIN_H
#define MYELIN_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if defined(_WIN32)
#if defined(MYELIN_BUILD)
#define MYELIN_API __declspec(dllexport)
#else
#define MYELIN_API __declspec(dllimport)
#endif
#else
#define MYELIN_API __attribute__((visibility("default")))
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* ---- identity -------------------------------------------------------------------------------- */

/** The version of this header; a caller compares it with myelin_abi_version() after loading. */
#define MYELIN_ABI_VERSION 3

/** The ABI version that the loaded library was built with. */
MYELIN_API int32_t myelin_abi_version(void);

/* ---- status ---------------------------------------------------------------------------------- */

/** Outcome of a call; functions return it as an int32_t. */
enum myelin_status {
    MYELIN_OK = 0,
    /** A null pointer, a negative size, or a range that wraps around the address space. */
    MYELIN_ERROR_ARGUMENT = 1,
    /** This platform has no way to do it; the caller goes on without. */
    MYELIN_ERROR_UNSUPPORTED = 2,
    /** The operating system refused. */
    MYELIN_ERROR_SYSTEM = 3,
    /** The environment variable MYELIN_ISA names no instruction set that this CPU has. */
    MYELIN_ERROR_ISA = 4,
    /** A file is no longer what it was when it was mapped. */
    MYELIN_ERROR_CHANGED = 5,
};

/** One line of English for a status; never null, also for numbers that are none. */
MYELIN_API const char *myelin_status_string(int32_t status);

/* ---- CPU ------------------------------------------------------------------------------------- */

/**
 * Instruction set extensions that the kernels choose by. The value is a bit's number in
 * myelin_cpu_features(); new ones are only ever added at the end.
 */
enum myelin_cpu_feature {
    MYELIN_CPU_SSE42 = 0,
    MYELIN_CPU_AVX = 1,
    MYELIN_CPU_F16C = 2,
    MYELIN_CPU_FMA = 3,
    MYELIN_CPU_BMI2 = 4,
    MYELIN_CPU_AVX2 = 5,
    MYELIN_CPU_AVX_VNNI = 6,
    MYELIN_CPU_AVX512F = 7,
    MYELIN_CPU_AVX512BW = 8,
    MYELIN_CPU_AVX512DQ = 9,
    MYELIN_CPU_AVX512VL = 10,
    MYELIN_CPU_AVX512_VBMI = 11,
    MYELIN_CPU_AVX512_VNNI = 12,
    MYELIN_CPU_AVX512_BF16 = 13,
    MYELIN_CPU_AVX512_FP16 = 14,
    /** The three AMX bits say that CPU and OS have it; Linux also wants each process to ask. */
    MYELIN_CPU_AMX_TILE = 15,
    MYELIN_CPU_AMX_INT8 = 16,
    MYELIN_CPU_AMX_BF16 = 17,
    MYELIN_CPU_NEON = 18,
    MYELIN_CPU_FP16 = 19,
    MYELIN_CPU_DOTPROD = 20,
    MYELIN_CPU_I8MM = 21,
    MYELIN_CPU_BF16 = 22,
    MYELIN_CPU_SVE = 23,
    MYELIN_CPU_SVE2 = 24,
    /** How many features this header knows. */
    MYELIN_CPU_FEATURE_COUNT = 25,
};

/**
 * The extensions that may be used here: the CPU has them and the operating system saves their
 * registers (XCR0 on x86, the auxiliary vector on aarch64). Bit i is set for feature i.
 */
MYELIN_API uint64_t myelin_cpu_features(void);

/** Name of feature 0 <= feature < MYELIN_CPU_FEATURE_COUNT ("avx512_vnni"); null beyond. */
MYELIN_API const char *myelin_cpu_feature_name(int32_t feature);

/**
 * Writes the CPU's marketing name, NUL-terminated and cut to fit capacity bytes ("" if unknown).
 * Errors: MYELIN_ERROR_ARGUMENT for a null buffer or a capacity of 0.
 */
MYELIN_API int32_t myelin_cpu_brand(char *buffer, size_t capacity);

/**
 * Physical cores among the logical CPUs that this process may run on; 0 if unknown. Quotas of
 * control groups are not looked at.
 */
MYELIN_API int32_t myelin_cpu_physical_cores(void);

/** Logical CPUs that this process may run on; 0 if unknown. */
MYELIN_API int32_t myelin_cpu_logical_cores(void);

/**
 * MYELIN_ERROR_ISA if the environment variable MYELIN_ISA has a value that is none of
 * myelin_isa_name(), else MYELIN_OK. The variable chooses the kernels and is read once; blanks around
 * the name and the case of its letters do not matter, and no name is the best. A caller asks after
 * loading the library and goes no further with an error: until then no function uses kernels that were
 * not asked for, and those that return a status return this one.
 */
MYELIN_API int32_t myelin_isa_status(void);

/**
 * The values of MYELIN_ISA that this CPU can serve: the instruction sets with kernels, best first, then
 * "scalar", the reference, and "none", ggml's kernels; null for other numbers than 0 to their last.
 */
MYELIN_API const char *myelin_isa_name(int32_t index);

/** pthread_create() and pthread_join(), which moved from one library of glibc to another. */
typedef int (*myelin_thread_create)(pthread_t *thread, const pthread_attr_t *attributes,
                                    void *(*start)(void *), void *argument);
typedef int (*myelin_thread_join)(pthread_t thread, void **result);

/**
 * Starts that many threads, which live at the same time and end, and says how many could be started: the
 * limits of the user, of control groups and of the address space count.
 * Errors: MYELIN_ERROR_ARGUMENT (not 0 to 1024, or a null pointer).
 */
MYELIN_API int32_t myelin_threads_probe(int32_t wanted, myelin_thread_create create, myelin_thread_join join,
                                        int32_t *started);

/* ---- callbacks for ggml ---------------------------------------------------------------------- */

/**
 * Has the type of ggml_abort_callback. flag points to an aligned int32_t that the caller owns and
 * that outlives the computation; a value other than 0 asks for the end. A null flag never does.
 */
MYELIN_API bool myelin_abort_requested(void *flag);

/** Most bytes of text that myelin_log_sink() keeps; older lines go first. */
#define MYELIN_LOG_CAPACITY 8192

/**
 * Has the type of ggml_log_callback: keeps the text of warnings (level 3) and errors (level 4) and of
 * what continues them (level 5, same thread); the rest is dropped. user is not looked at.
 */
MYELIN_API void myelin_log_sink(int32_t level, const char *text, void *user);

/**
 * Moves the text kept so far into buffer, NUL-terminated; its newest part where capacity is less than
 * MYELIN_LOG_CAPACITY + 1. Returns the bytes written without the NUL; 0 for a null buffer or a
 * capacity of 0, and then nothing is cleared.
 */
MYELIN_API size_t myelin_log_take(char *buffer, size_t capacity);

/* ---- memory ---------------------------------------------------------------------------------- */

/**
 * Asks the operating system to read the pages of a mapping ahead, without waiting for them.
 * address need not be aligned; 0 bytes are MYELIN_OK.
 * Errors: MYELIN_ERROR_ARGUMENT, MYELIN_ERROR_UNSUPPORTED, MYELIN_ERROR_SYSTEM (not mapped).
 */
MYELIN_API int32_t myelin_prefetch(const void *address, size_t bytes);

/**
 * Counts how many of the bytes of a mapping are in memory now, in whole pages cut to the range,
 * and writes that to resident. Errors as myelin_prefetch(); resident is 0 then.
 */
MYELIN_API int32_t myelin_resident_bytes(const void *address, size_t bytes, uint64_t *resident);

/**
 * Watches a mapping of a file: all its bytes, read-only, from its start. Where somebody shortens the file,
 * reading what is missing gives zeros from then on instead of the signal SIGBUS, and the watch is marked;
 * other causes of that signal go to the handler that was there before. path is opened again, to notice
 * that the file is written to; where that fails only missing pages are noticed.
 * *watch gets a number for the two functions below, -1 if the call fails.
 * Errors: MYELIN_ERROR_ARGUMENT, MYELIN_ERROR_CHANGED (it has another size already),
 * MYELIN_ERROR_UNSUPPORTED, MYELIN_ERROR_SYSTEM (more than 1024 at once).
 */
MYELIN_API int32_t myelin_mapping_watch(const char *path, const void *address, size_t bytes, int32_t *watch);

/**
 * MYELIN_ERROR_CHANGED once a page was missing, or the file's size or time of writing changed;
 * from then on always. MYELIN_ERROR_ARGUMENT for what is no watch.
 */
MYELIN_API int32_t myelin_mapping_check(int32_t watch);

/** Ends a watch, before the mapping ends. MYELIN_ERROR_ARGUMENT for what is no watch. */
MYELIN_API int32_t myelin_mapping_unwatch(int32_t watch);

/* ---- kernels --------------------------------------------------------------------------------- */

struct ggml_tensor;

/**
 * Compares the byte offsets of four fields of struct ggml_tensor with those that the operations
 * below were compiled with. MYELIN_ERROR_UNSUPPORTED if one differs: then use none of them.
 */
MYELIN_API int32_t myelin_tensor_layout(size_t ne, size_t nb, size_t src, size_t data);

/**
 * The instruction set whose kernels are in use ("avx512"), "" if this machine has none here that
 * are faster than ggml's, or none are asked for. The environment variable MYELIN_ISA names another
 * one, "scalar" the reference.
 */
MYELIN_API const char *myelin_kernel_name(void);

/** The format of activations that are not quantised: rows of f32, for weights that are floats. */
#define MYELIN_ACTIVATIONS_F32 3

/**
 * How activations must be quantised to be multiplied with weights of this ggml_type: a number for
 * the two functions below and, but for MYELIN_ACTIVATIONS_F32, for myelin_op_quantize(); 0 if no kernel
 * serves the type.
 */
MYELIN_API int32_t myelin_kernel_format(int32_t type);

/** Values that share a scale; rows must be a multiple of it. 0 for what is no format. */
MYELIN_API int32_t myelin_activation_block(int32_t format);

/** Bytes of a row of k values in a format; 0 if k is not positive or no multiple of the block. */
MYELIN_API int64_t myelin_activation_bytes(int32_t format, int64_t k);

/**
 * A ggml_custom_op_t: quantises the rows of src[0], f32 [k, m] with contiguous rows, into dst, i8
 * [myelin_activation_bytes(format, k), m]. The last parameter is the format.
 */
MYELIN_API void myelin_op_quantize(struct ggml_tensor *dst, int32_t thread, int32_t threads, void *format);

/**
 * A ggml_custom_op_t: likewise silu(src[0]) * src[1], of two f32 [k, m] with contiguous rows, without
 * that it is stored; silu(x) = x / (1 + exp(-x)).
 */
MYELIN_API void myelin_op_quantize_gated(struct ggml_tensor *dst, int32_t thread, int32_t threads,
                                         void *format);

/** Bytes of what the next operation's last parameter points to: the format, an int32, and epsilon, a float.
 */
#define MYELIN_NORMED_BYTES 8

/**
 * A ggml_custom_op_t: likewise the rows of src[0], f32 [k, m], each divided by the root of the mean of its
 * squares and epsilon, times src[1], f32 [k].
 */
MYELIN_API void myelin_op_quantize_normed(struct ggml_tensor *dst, int32_t thread, int32_t threads, void *of);

/** Bytes of zeroes, at a multiple of 8, that each node of myelin_op_matmul() needs to itself. */
#define MYELIN_PROGRESS_BYTES 64

/** Most matrices that one node of myelin_op_matmul() multiplies. */
#define MYELIN_MOST_MATRICES 4

/**
 * A ggml_custom_op_t: f32 [n, m] = weights [k, n] of a type with a kernel, times rows that
 * myelin_op_quantize() made of [k, m] in that type's format; with MYELIN_ACTIVATIONS_F32, f32 [k, m] with
 * contiguous rows. Of the sources the last are the rows, the others 1 to MYELIN_MOST_MATRICES weights of
 * one format: what they give lies one after the other in dst. The threads share the rows of all W as they
 * come: shared points to MYELIN_PROGRESS_BYTES zeroes, which are zero again when the operation is done.
 */
MYELIN_API void myelin_op_matmul(struct ggml_tensor *dst, int32_t thread, int32_t threads, void *shared);

/**
 * A ggml_custom_op_t: sorts what a router chose by expert. src[0] is i32 [used, tokens], each less than
 * experts, the last parameter; dst i32 [2 + experts + used * tokens] is for the two below.
 */
MYELIN_API void myelin_op_group(struct ggml_tensor *dst, int32_t thread, int32_t threads, void *experts);

/**
 * A ggml_custom_op_t: quantises the rows of src[0], f32 [k, 1 or used, tokens], once for each expert that
 * answers them, in the order of src[1], which myelin_op_group() made. dst is i8
 * [myelin_activation_bytes(format, k), used * tokens], the last parameter the format.
 */
MYELIN_API void myelin_op_quantize_groups(struct ggml_tensor *dst, int32_t thread, int32_t threads,
                                          void *format);

/**
 * A ggml_custom_op_t: dst, f32 [n, used, tokens] = weights src[0] [k, n, experts], of a type with a kernel,
 * times the rows src[1] of myelin_op_quantize_groups(), each by its expert; with MYELIN_ACTIVATIONS_F32,
 * src[1] is f32 [k, 1 or used, tokens] with contiguous rows. src[2] is the groups. shared as for
 * myelin_op_matmul().
 */
MYELIN_API void myelin_op_matmul_groups(struct ggml_tensor *dst, int32_t thread, int32_t threads,
                                        void *shared);

/**
 * Whether myelin_op_attention() reads caches of this ggml_type with so many values a head, on this
 * machine.
 */
MYELIN_API bool myelin_attention_serves(int32_t type, int64_t head);

/** Bytes, at a multiple of 8, that each node of myelin_op_attention() needs to itself. */
#define MYELIN_ATTENTION_BYTES 64

/**
 * A ggml_custom_op_t: dst, f32 [head, heads, tokens] = softmax(scale * QKt) V of queries src[0], f32
 * [head, heads, tokens], and keys src[1] and values src[2], both [head, cells, kv_heads] of one type
 * that is served; kv_heads divides heads. src[3] is i32 [tokens]: a token sees cells 0 to its number,
 * which is less than cells. Rows of each are contiguous, dst is. shared points to the scale, a float,
 * followed by zeroes, MYELIN_ATTENTION_BYTES in all, which are as they were when the operation is done.
 */
MYELIN_API void myelin_op_attention(struct ggml_tensor *dst, int32_t thread, int32_t threads, void *shared);

/**
 * A ggml_custom_op_t in place, with src[0], f32 [n, m, a, b] with contiguous rows, as dst: makes a row NaN
 * where the row of src[1], f32 [k, l, a, b] with contiguous rows, has a value that is not finite. l
 * divides m: the rows of src[1] take turns. For what ggml multiplies with quantised weights: it quantises
 * src[1], and drops NaN.
 */
MYELIN_API void myelin_op_carry(struct ggml_tensor *dst, int32_t thread, int32_t threads, void *unused);

/**
 * A ggml_custom_op_t in place, with src[0], q8_0 [n, cells, a], as dst: makes a block of 32 NaN where the
 * one that was written there, by rows of src[1], f32 [n, m, a], to the numbers src[2], i64 [m], has a
 * value that is not finite.
 */
MYELIN_API void myelin_op_carry_q8_0(struct ggml_tensor *dst, int32_t thread, int32_t threads, void *unused);

/* ---- quantising ------------------------------------------------------------------------------- */

/** Values of a block of this ggml_type if myelin_encode() writes it on this machine, else 0. */
MYELIN_API int32_t myelin_encode_block(int32_t type);

/**
 * Writes n finite values of x, rows of whole blocks one after the other, as blocks of a ggml_type:
 * the bytes that ggml's reference writes without importances. x and out need no alignment beyond
 * their elements'.
 * Errors: MYELIN_ERROR_ISA, MYELIN_ERROR_UNSUPPORTED for a type without a kernel, MYELIN_ERROR_ARGUMENT.
 */
MYELIN_API int32_t myelin_encode(int32_t type, const float *x, int64_t n, void *out);

/**
 * Writes n values of x, of ggml's types f16 or bf16, to out as floats; f32 are only looked at. largest
 * gets the largest of their bits without the sign: 0x7f800000 or more if one is not finite.
 * Errors: MYELIN_ERROR_ISA, MYELIN_ERROR_UNSUPPORTED for another type, MYELIN_ERROR_ARGUMENT.
 */
MYELIN_API int32_t myelin_widen(int32_t type, const void *x, int64_t n, float *out, uint32_t *largest);

/* ---- single precision, for training ---------------------------------------------------------- */

/** What myelin_op_product() computes; the number is its last parameter. */
enum myelin_product {
    /** As ggml_mul_mat: dst [n, m, a, b] = src[0] [k, n, a0, b0] times src[1] [k, m, a, b]. */
    MYELIN_PRODUCT_MUL_MAT = 0,
    /** As ggml_out_prod: dst [n, m, a, b] = src[0] [n, k, a0, b0] times src[1] [m, k, a, b]. */
    MYELIN_PRODUCT_OUT_PROD = 1,
};

/**
 * The instruction set whose products of f32 are in use ("avx512", "avx2", "neon", "scalar"), never null:
 * of what MYELIN_ISA names, the best if that is "none".
 */
MYELIN_API const char *myelin_product_name(void);

/**
 * A ggml_custom_op_t: a product of f32 matrices, kind a number of enum myelin_product. Any strides
 * of src[0] and src[1], transposed ones too; rows of dst are contiguous. a0 divides a, b0 divides b:
 * matrices of src[0] are used by a / a0 of src[1] each. Every element of dst is summed in the same
 * order whatever the number of threads.
 */
MYELIN_API void myelin_op_product(struct ggml_tensor *dst, int32_t thread, int32_t threads, void *kind);

/* ---- what the machine can do, measured ------------------------------------------------------- */

/**
 * Does so many rounds of independent multiply-adds of f32 in registers, by the widest instructions
 * of myelin_product_name(), and returns how many operations those were (an FMA counts two): the
 * caller takes the time. 0 for rounds below 1.
 */
MYELIN_API uint64_t myelin_fma_flops(int64_t rounds);

/**
 * Does so many rounds of independent products of int8, summed as int32 in registers, by the widest
 * instructions of this machine or those of the kernels that MYELIN_ISA names, "none" aside, and returns how
 * many operations those were (a product and its sum count two): the caller takes the time. 0 for rounds
 * below 1.
 */
MYELIN_API uint64_t myelin_int8_ops(int64_t rounds);

/**
 * Reads every byte in order and returns the sum of its 64-bit words, the rest left out: the caller
 * takes the time. 0 for null.
 */
MYELIN_API uint64_t myelin_read(const void *address, size_t bytes);

#ifdef __cplusplus
}
#endif

#endif
