/**
 * libmyelin: the native half of Myelin, its kernels and its queries of the machine.
 *
 * Rules of this interface:
 *  - plain C ABI, fixed-width types, no structures by value: the Foreign Function & Memory API binds
 *    every function without a shim;
 *  - a function that can fail returns a myelin_status; none exits, aborts or prints;
 *  - every function may be called from any thread at any time;
 *  - MYELIN_ABI_VERSION grows with every change of a name or a meaning.
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
#define MYELIN_ABI_VERSION 7

/** The MYELIN_ABI_VERSION that the loaded library was built with. */
MYELIN_API int32_t myelin_abi_version(void);

/* ---- status ---------------------------------------------------------------------------------- */

/** The outcome of a call; functions return it as an int32_t. */
enum myelin_status {
    MYELIN_OK = 0,
    /** A null pointer, a negative size, or a range that wraps around the address space. */
    MYELIN_ERROR_ARGUMENT = 1,
    /** Not available on this platform or for this type; the caller goes on without. */
    MYELIN_ERROR_UNSUPPORTED = 2,
    /** The operating system refused. */
    MYELIN_ERROR_SYSTEM = 3,
    /** MYELIN_ISA, or a request, names no instruction set that this CPU has. */
    MYELIN_ERROR_ISA = 4,
    /** A file has changed since it was mapped. */
    MYELIN_ERROR_CHANGED = 5,
    /** Another instruction set was chosen before. */
    MYELIN_ERROR_IN_USE = 6,
};

/** One line of English for a status; never null, not even for an unknown status. */
MYELIN_API const char *myelin_status_string(int32_t status);

/* ---- CPU ------------------------------------------------------------------------------------- */

/**
 * Instruction set extensions by which kernels are chosen. The value is a bit number in
 * myelin_cpu_features(); new features are added at the end only.
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
    /** The three AMX bits: CPU and OS support it; on Linux each process must request it as well. */
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
    /** The number of features. */
    MYELIN_CPU_FEATURE_COUNT = 25,
};

/**
 * The extensions that programs can use: the CPU has them and the operating system saves their
 * registers (XCR0 on x86, the auxiliary vector on aarch64). Bit i is set for feature i.
 */
MYELIN_API uint64_t myelin_cpu_features(void);

/** The name of a feature ("avx512_vnni"); null unless 0 <= feature < MYELIN_CPU_FEATURE_COUNT. */
MYELIN_API const char *myelin_cpu_feature_name(int32_t feature);

/**
 * Writes the CPU's marketing name, NUL-terminated and cut to fit capacity bytes ("" if unknown).
 * Errors: MYELIN_ERROR_ARGUMENT for a null buffer or a capacity of 0.
 */
MYELIN_API int32_t myelin_cpu_brand(char *buffer, size_t capacity);

/**
 * Physical cores of the logical CPUs that this process may run on; 0 if unknown. CPU quotas of
 * control groups are ignored.
 */
MYELIN_API int32_t myelin_cpu_physical_cores(void);

/** Logical CPUs that this process may run on; 0 if unknown. */
MYELIN_API int32_t myelin_cpu_logical_cores(void);

/**
 * MYELIN_ERROR_ISA if the environment variable MYELIN_ISA has a value that is none of myelin_isa_name(),
 * else MYELIN_OK. The variable chooses the kernels and is read once. Case and surrounding blanks do not
 * matter; unset or empty is the best instruction set. A caller checks this after loading the library and
 * stops on an error. Until then no function uses kernels that were not asked for, and functions that
 * return a status return MYELIN_ERROR_ISA.
 */
MYELIN_API int32_t myelin_isa_status(void);

/**
 * The values of MYELIN_ISA that work on this CPU: the instruction sets with kernels, best first, then
 * "scalar", the reference, and "none", ggml's kernels. Null unless 0 <= index < their count.
 */
MYELIN_API const char *myelin_isa_name(int32_t index);

/**
 * Chooses the kernels by a value of MYELIN_ISA; the variable is then not read. To be called before any
 * function that uses kernels.
 * Errors: MYELIN_ERROR_ISA for a name that is none of myelin_isa_name(); MYELIN_ERROR_IN_USE if the kernels
 * were chosen before, by another value; MYELIN_ERROR_ARGUMENT for null.
 */
MYELIN_API int32_t myelin_isa_request(const char *name);

/** pthread_create() and pthread_join(): passed in, because glibc 2.34 moved them to another library. */
typedef int (*myelin_thread_create)(pthread_t *thread, const pthread_attr_t *attributes,
                                    void *(*start)(void *), void *argument);
typedef int (*myelin_thread_join)(pthread_t thread, void **result);

/**
 * Starts up to `wanted` threads that live at the same time, joins them, and writes how many could be
 * started to `started`. Limits of the user, of control groups and of the address space apply.
 * Errors: MYELIN_ERROR_ARGUMENT (wanted is not in 0 to 1024, or a pointer is null).
 */
MYELIN_API int32_t myelin_threads_probe(int32_t wanted, myelin_thread_create create, myelin_thread_join join,
                                        int32_t *started);

typedef void *(*myelin_thread_start)(void *argument);

/**
 * Returns start(argument), during which the calling thread has the name `name`, at most 15 bytes: threads
 * that it starts inherit the name. Only Linux has names that are inherited; elsewhere it just calls.
 */
MYELIN_API void *myelin_thread_named(const char *name, myelin_thread_start start, void *argument);

/* ---- threads of computation ------------------------------------------------------------------ */

/**
 * Starts threads of the process's pool until a graph can be computed by `threads` threads, 1 to 512, the
 * calling thread included. They stay, are named "myelin-compute" and sleep while there is nothing to
 * compute. Writes to `available` how many threads can compute: fewer if the system refuses to start more.
 * Errors: MYELIN_ERROR_ARGUMENT (nothing is started then).
 */
MYELIN_API int32_t myelin_pool_grow(int32_t threads, myelin_thread_create create, int32_t *available);

/** ggml_graph_compute(). */
typedef int32_t (*myelin_graph_compute)(void *graph, void *plan);

/**
 * Returns compute(graph, plan), for a plan with one thread: the ops below (myelin_op_*) spread each node
 * that is worth it over up to `threads` threads of the pool, everything else is computed by the calling
 * thread. Results do not depend on the number of threads. The pool serves one computation at a time;
 * others at the same time have one thread each.
 *
 * lost_nanoseconds, which may be null, is set to the time in which the calling thread did not run: it lost
 * its CPU to other threads of the system, or slept until a thread of the pool that did had ended its part.
 * 0 if unknown, also if pages were read from a disk in the meantime.
 */
MYELIN_API int32_t myelin_compute(myelin_graph_compute compute, void *graph, void *plan, int32_t threads,
                                  int64_t *lost_nanoseconds);

/* ---- callbacks for ggml ---------------------------------------------------------------------- */

/**
 * A ggml_abort_callback. flag points to an aligned int32_t that the caller owns and that outlives the
 * computation; a value other than 0 aborts it. A null flag never does.
 */
MYELIN_API bool myelin_abort_requested(void *flag);

/** The most bytes of text that myelin_log_sink() keeps; the oldest lines are dropped first. */
#define MYELIN_LOG_CAPACITY 8192

/**
 * A ggml_log_callback: keeps the text of warnings (level 3), errors (level 4) and their continuations
 * (level 5, same thread), and drops the rest. user is ignored.
 */
MYELIN_API void myelin_log_sink(int32_t level, const char *text, void *user);

/**
 * Moves the text kept so far to buffer, NUL-terminated; only its newest part if capacity is less than
 * MYELIN_LOG_CAPACITY + 1. Returns the bytes written without the NUL. A null buffer or a capacity of 0
 * returns 0 and clears nothing.
 */
MYELIN_API size_t myelin_log_take(char *buffer, size_t capacity);

/* ---- memory ---------------------------------------------------------------------------------- */

/**
 * Asks the operating system to read the pages of a mapping ahead, and does not wait for them.
 * address need not be aligned; for 0 bytes the result is MYELIN_OK.
 * Errors: MYELIN_ERROR_ARGUMENT, MYELIN_ERROR_UNSUPPORTED, MYELIN_ERROR_SYSTEM (not mapped).
 */
MYELIN_API int32_t myelin_prefetch(const void *address, size_t bytes);

/**
 * Writes to resident how many bytes of a mapping are in memory now, in whole pages clipped to the range.
 * Errors as myelin_prefetch(); resident is 0 then.
 */
MYELIN_API int32_t myelin_resident_bytes(const void *address, size_t bytes, uint64_t *resident);

/**
 * Watches a read-only mapping of a whole file. If the file is truncated, reads of missing pages give zeros
 * instead of raising SIGBUS, and the watch is marked as changed; other causes of SIGBUS go to the previous
 * handler. path is opened again, to notice writes to the file; if that fails, only missing pages are
 * noticed. *watch is an id for the two functions below, -1 if the call fails.
 * Errors: MYELIN_ERROR_ARGUMENT, MYELIN_ERROR_CHANGED (the file has another size already),
 * MYELIN_ERROR_UNSUPPORTED, MYELIN_ERROR_SYSTEM (among others: more than 1024 watches).
 */
MYELIN_API int32_t myelin_mapping_watch(const char *path, const void *address, size_t bytes, int32_t *watch);

/**
 * MYELIN_ERROR_CHANGED once a page was missing, or the size or modification time of the file changed, and
 * at every call after that. MYELIN_ERROR_ARGUMENT if watch is not the id of a watch.
 */
MYELIN_API int32_t myelin_mapping_check(int32_t watch);

/**
 * For weights that do not fit into memory: keeps about resident bytes of a watched mapping in memory. The
 * rest is read ahead by the nodes of myelin_op_matmul(), and dropped after its use. No effect if resident is
 * at least the size of the file. Do not call it while a graph uses the mapping. Errors: MYELIN_ERROR_ARGUMENT
 * (not the id of a watch), MYELIN_ERROR_UNSUPPORTED, MYELIN_ERROR_SYSTEM.
 */
MYELIN_API int32_t myelin_mapping_keep(int32_t watch, uint64_t resident);

/** Ends a watch; call it before unmapping. MYELIN_ERROR_ARGUMENT if watch is not the id of a watch. */
MYELIN_API int32_t myelin_mapping_unwatch(int32_t watch);

/* ---- kernels --------------------------------------------------------------------------------- */

/*
 * Names of shapes: W [n_rows, k] weights of a layer, X [n, k] activations (n tokens), Y [n, n_rows] =
 * X times W transposed. Tensors are in ggml's order, innermost dimension first: W is [k, n_rows].
 * Functions myelin_op_* have the type ggml_custom_op_t; the last argument is the user data of the node.
 * With one thread, within myelin_compute(), they use its threads.
 */

struct ggml_tensor;

/**
 * Compares the byte offsets of four fields of struct ggml_tensor with those that the library was compiled
 * with. MYELIN_ERROR_UNSUPPORTED if one differs: do not use the myelin_op_* functions then.
 */
MYELIN_API int32_t myelin_check_tensor_layout(size_t ne, size_t nb, size_t src, size_t data);

/**
 * The instruction set of the kernels in use ("avx512"); "" if ggml's kernels are used, because this CPU
 * has no instruction set with faster ones or because MYELIN_ISA says so.
 */
MYELIN_API const char *myelin_kernel_isa(void);

/** The format of activations that are not quantised: rows of f32, for weights in f16, bf16 and f32. */
#define MYELIN_ACTIVATIONS_F32 3

/**
 * The format of activations for weights of this ggml_type: an argument of the two functions below and,
 * except for MYELIN_ACTIVATIONS_F32, of myelin_op_quantize(). 0 if no kernel supports the type.
 */
MYELIN_API int32_t myelin_activation_format(int32_t type);

/** Values that share a scale; k must be a multiple of it. 0 for an unknown format. */
MYELIN_API int32_t myelin_activation_block_size(int32_t format);

/** Bytes of a row of k activations in a format; 0 unless k is a positive multiple of the block size. */
MYELIN_API int64_t myelin_activation_row_bytes(int32_t format, int64_t k);

/**
 * Quantises activations: src[0], f32 [k, n] with contiguous rows, to dst, i8
 * [myelin_activation_row_bytes(format, k), n]. format is the user data.
 */
MYELIN_API void myelin_op_quantize(struct ggml_tensor *dst, int32_t thread, int32_t threads, void *format);

/**
 * SwiGLU, then myelin_op_quantize(): silu(src[0]) * src[1], both f32 [k, n] with contiguous rows, where
 * silu(x) = x / (1 + exp(-x)). The f32 result is not stored.
 */
MYELIN_API void myelin_op_quantize_swiglu(struct ggml_tensor *dst, int32_t thread, int32_t threads,
                                          void *format);

/** Bytes of the parameters of myelin_op_quantize_rms_norm(): int32_t format, float epsilon. */
#define MYELIN_RMS_NORM_PARAMS_BYTES 8

/**
 * RMS norm, then myelin_op_quantize(): each row of src[0], f32 [k, n], divided by the root of the mean of
 * its squares and epsilon, times the weight src[1], f32 [k]. The f32 result is not stored.
 */
MYELIN_API void myelin_op_quantize_rms_norm(struct ggml_tensor *dst, int32_t thread, int32_t threads,
                                            void *params);

/** Bytes of the work queue of a matmul node: zeros, aligned to 8, not shared with other nodes. */
#define MYELIN_WORK_QUEUE_BYTES 64

/** The most weight matrices of one node of myelin_op_matmul(). */
#define MYELIN_MAX_MATRICES 4

/**
 * Matmul: dst, f32 [n_rows, n] = weights [k, n_rows] of a supported type times activations from
 * myelin_op_quantize() of [k, n] in the format of that type; for MYELIN_ACTIVATIONS_F32, f32 [k, n] with
 * contiguous rows. The last source is the activations, the sources before it are 1 to MYELIN_MAX_MATRICES
 * weights of one format, whose results lie one after the other in dst. Threads take rows of all weights
 * from the queue, MYELIN_WORK_QUEUE_BYTES of zeros that are zeros again at the end.
 */
MYELIN_API void myelin_op_matmul(struct ggml_tensor *dst, int32_t thread, int32_t threads, void *queue);

/**
 * Groups the choices of a router by expert: src[0] is i32 [used, tokens], the expert ids, each less than
 * n_experts, the user data. dst, i32 [2 + n_experts + used * tokens], is the routing for the next two.
 */
MYELIN_API void myelin_op_group_by_expert(struct ggml_tensor *dst, int32_t thread, int32_t threads,
                                          void *n_experts);

/**
 * Quantises activations for experts: src[0], f32 [k, 1 or used, tokens] with contiguous rows, once for
 * each expert of a token, in the order of the routing src[1]. dst is i8
 * [myelin_activation_row_bytes(format, k), used * tokens]. format is the user data.
 */
MYELIN_API void myelin_op_quantize_by_expert(struct ggml_tensor *dst, int32_t thread, int32_t threads,
                                             void *format);

/**
 * Matmul by expert, as ggml_mul_mat_id: dst, f32 [n_rows, used, tokens] = weights src[0]
 * [k, n_rows, n_experts] of a supported type, each expert times its activations src[1] from
 * myelin_op_quantize_by_expert(); for MYELIN_ACTIVATIONS_F32, src[1] is f32 [k, 1 or used, tokens] with
 * contiguous rows. src[2] is the routing. The queue is that of myelin_op_matmul().
 */
MYELIN_API void myelin_op_matmul_by_expert(struct ggml_tensor *dst, int32_t thread, int32_t threads,
                                           void *queue);

/** Whether myelin_op_attention() supports a cache of this ggml_type and head size on this machine. */
MYELIN_API bool myelin_attention_supported(int32_t type, int64_t head_size);

/** Positions of a page of a KV cache. */
#define MYELIN_PAGE_CELLS 64

/** The optional sources of a node of myelin_op_attention_general(), in this order after the others. */
enum myelin_attention_source {
    /** i32 [tokens]: the position of each token, for slopes and relative biases. */
    MYELIN_ATTENTION_POSITIONS = 1,
    /** f32 [heads]: a score of each head that takes part in the softmax, without a value. */
    MYELIN_ATTENTION_SINKS = 2,
    /** f32 [heads, buckets]: a bias by the bucket of the distance of a position. */
    MYELIN_ATTENTION_RELATIVE = 4,
    /** i32 [top_k, tokens]: of its range, a token sees only these positions. Others are ignored. */
    MYELIN_ATTENTION_SELECTED = 8,
};

/** The parameters of a node of the two attention ops, not shared with other nodes. */
struct myelin_attention_params {
    /** Of the scores QKt. */
    float scale;

    /* the rest is for myelin_op_attention_general() only */

    /** Scores become soft_cap * tanh(score / soft_cap), before biases; 0 for none. */
    float soft_cap;
    /** Bits of enum myelin_attention_source. */
    int32_t sources;
    /** The longest distance that has a bucket of its own, at most 65536. */
    int32_t distance;
    /** f32 [heads]: scores decrease by this times the distance of the position (ALiBi); null for none. */
    const float *slopes;
    /** i32 [2 * distance + 1]: the bucket of position minus token's position, from -distance to distance. */
    const int32_t *buckets;
    /** Zeros, which are zeros again at the end. */
    int64_t queue[2];
    /** A myelin_status: set if the node could not be computed, dst is NaN then. */
    int32_t status;
};

/**
 * Attention over pages: dst, f32 [head_size, heads, tokens] = softmax(scale * QKt) V of queries src[0], f32
 * [head_size, heads, tokens], and of keys src[1] and values src[2], both [head_size, cells, kv_heads] of
 * one supported type; kv_heads divides heads. src[3], i32 [pages], is the page table: positions 64 i to
 * 64 i + 63 are in 64 cells from table[i] on. src[4], i32 [2, tokens], is the range of positions [begin, end)
 * that each token sees; the output of an empty range is 0. Entries of pages that no token sees may have any
 * value; a page outside the cells gives NaN. Rows of every source are contiguous, dst is contiguous. The
 * user data is a struct myelin_attention_params.
 */
MYELIN_API void myelin_op_attention(struct ggml_tensor *dst, int32_t thread, int32_t threads, void *params);

/**
 * Whether myelin_op_attention_general() supports keys and values of these ggml_types with rows of so many
 * values: MYELIN_OK or MYELIN_ERROR_UNSUPPORTED. The types are f32, f16, bf16, q8_0, q5_1, q5_0, q4_1, q4_0
 * and iq4_nl; rows have at most 4096 values, whole blocks of the type. Every CPU is supported.
 */
MYELIN_API int32_t myelin_attention_general_status(int32_t key_type, int64_t key_width, int32_t value_type,
                                                   int64_t value_width);

/**
 * The same as myelin_op_attention() in f32 arithmetic: keys [key_width, cells, kv_heads] and values
 * [value_width, cells, kv_heads] may differ in type and width, and share memory; dst is f32 [value_width,
 * heads, tokens]. More sources follow src[4] (enum myelin_attention_source). Slopes and relative biases need
 * positions and do not combine with selected positions. With MYELIN_ISA=none, the best instruction set.
 */
MYELIN_API void myelin_op_attention_general(struct ggml_tensor *dst, int32_t thread, int32_t threads,
                                            void *params);

/**
 * The scores of an indexer (DeepSeek-V3.2): of a position, the sum over heads of weight * max(q k, 0), each
 * sum in a fixed order. src[0] is q, f32 [width, heads, tokens], src[1] the keys [width, cells, 1] of a type
 * that myelin_attention_general_status() allows, src[2] the weights, f32 [heads, tokens], src[3] and src[4]
 * pages and ranges as for attention. dst is f32 [pages * 64, tokens]; scores of positions outside of a
 * token's range are not written. The user data is myelin_work_queue_bytes() of zeroed memory.
 */
MYELIN_API void myelin_op_indexer_scores(struct ggml_tensor *dst, int32_t thread, int32_t threads,
                                         void *queue);

/**
 * The positions with the largest scores: src[0] are scores as above, src[1] the ranges, dst is i32 [top_k,
 * tokens]. The positions of a token ascend; -1 follows if it sees fewer.
 */
MYELIN_API void myelin_op_indexer_select(struct ggml_tensor *dst, int32_t thread, int32_t threads,
                                         void *unused);

/**
 * Restores NaN that ggml's quantisation of activations drops. In place on src[0], f32 [n_rows, n, a, b]
 * with contiguous rows, which is dst: a row becomes NaN if the row of src[1], f32 [k, m, a, b] with
 * contiguous rows, has a value that is not finite. m divides n: row i belongs to row i % m of src[1].
 */
MYELIN_API void myelin_op_propagate_nan(struct ggml_tensor *dst, int32_t thread, int32_t threads,
                                        void *unused);

/**
 * The same for a cache of q8_0, q5_1, q5_0, q4_1, q4_0 or iq4_nl. In place on src[0], [k, cells, a], which is
 * dst: a block of 32 becomes NaN if the values written to it are not all finite. src[1], f32 [k, n, a], are
 * the rows that were written, src[2], i64 [n], the cells they were written to.
 */
MYELIN_API void myelin_op_propagate_nan_blocks(struct ggml_tensor *dst, int32_t thread, int32_t threads,
                                               void *unused);

/** The sum of two f32 tensors of the same shape, src[0] and src[1], both contiguous. */
MYELIN_API void myelin_op_add(struct ggml_tensor *dst, int32_t thread, int32_t threads, void *unused);

/**
 * GELU by the tanh approximation, to f16 precision as in ggml: of src[0], times src[1] unless that is NULL.
 * f32 tensors of the same shape, contiguous.
 */
MYELIN_API void myelin_op_gelu(struct ggml_tensor *dst, int32_t thread, int32_t threads, void *unused);

/** The parameters of a node of myelin_op_rope(); those of ggml_rope_ext(). */
struct myelin_rope_params {
    /** Values of a head that are rotated, an even number. */
    int32_t dimensions;
    /** The first of them. */
    int32_t offset;
    /** 0: the values of a pair are adjacent (NORMAL); 1: they are dimensions / 2 apart (NEOX). */
    int32_t halves;
    float freq_base;
    float freq_scale;
    float attention_factor;
};

/**
 * Rotary position embedding, as ggml_rope_ext() with an ext_factor of 0: dst, f32 [head_size, heads,
 * tokens], from src[0] of the same shape with contiguous rows, and positions src[1], i32 [tokens]. src[2],
 * if there is one, are divisors of the frequencies, f32 [dimensions / 2] or longer. The user data is a
 * struct myelin_rope_params. Values of a head that are not rotated are copied.
 */
MYELIN_API void myelin_op_rope(struct ggml_tensor *dst, int32_t thread, int32_t threads, void *params);

/* ---- quantising weights ----------------------------------------------------------------------- */

/** Values of a block of this ggml_type if myelin_quantize() supports it on this machine, else 0. */
MYELIN_API int32_t myelin_quantize_block_size(int32_t type);

/**
 * Quantises n finite values of x, whole blocks, to a ggml_type, with the same bytes as ggml's reference
 * without an importance matrix. x and out need the alignment of their elements only.
 * Errors: MYELIN_ERROR_ISA, MYELIN_ERROR_UNSUPPORTED for a type without a kernel, MYELIN_ERROR_ARGUMENT.
 */
MYELIN_API int32_t myelin_quantize(int32_t type, const float *x, int64_t n, void *out);

/**
 * Converts n values of x, f16 or bf16, to f32; f32 is not copied. max_bits is the largest bit pattern
 * without the sign: 0x7f800000 or more if a value is not finite.
 * Errors: MYELIN_ERROR_ISA, MYELIN_ERROR_UNSUPPORTED for another type, MYELIN_ERROR_ARGUMENT.
 */
MYELIN_API int32_t myelin_to_f32(int32_t type, const void *x, int64_t n, float *out, uint32_t *max_bits);

/* ---- f32 GEMM, for training ------------------------------------------------------------------ */

/** What myelin_op_sgemm() computes; the user data of a node. */
enum myelin_sgemm_kind {
    /** As ggml_mul_mat: dst [n, m, a, b] = src[0] [k, n, a0, b0] times src[1] [k, m, a, b]. */
    MYELIN_SGEMM_MUL_MAT = 0,
    /** As ggml_out_prod: dst [n, m, a, b] = src[0] [n, k, a0, b0] times src[1] [m, k, a, b]. */
    MYELIN_SGEMM_OUT_PROD = 1,
};

/**
 * The instruction set of the f32 GEMM in use ("avx512", "avx2", "neon", "scalar"), never null: that of
 * MYELIN_ISA, the best one if MYELIN_ISA is "none".
 */
MYELIN_API const char *myelin_sgemm_isa(void);

/**
 * Matmul of f32 matrices; kind is an enum myelin_sgemm_kind. src[0] and src[1] may have any strides,
 * transposed ones too; rows of dst are contiguous. a0 divides a, b0 divides b: each matrix of src[0] is
 * used by a / a0 times b / b0 of src[1]. Every element of dst is summed in the same order for any number
 * of threads.
 */
MYELIN_API void myelin_op_sgemm(struct ggml_tensor *dst, int32_t thread, int32_t threads, void *kind);

/* ---- peak speed of the machine --------------------------------------------------------------- */

/**
 * Runs rounds of independent f32 multiply-adds in registers with the widest instructions of
 * myelin_sgemm_isa() and returns the number of operations (an FMA is two); the caller measures the time.
 * 0 if rounds < 1.
 */
MYELIN_API uint64_t myelin_fma_flops(int64_t rounds);

/**
 * Runs rounds of independent int8 dot products, summed as int32 in registers, with the widest instructions
 * of this machine, or those of MYELIN_ISA unless it is "none", and returns the number of operations (a
 * product and its sum are two); the caller measures the time. 0 if rounds < 1.
 */
MYELIN_API uint64_t myelin_int8_ops(int64_t rounds);

/**
 * Reads every byte in order and returns the sum of the 64-bit words, without the remainder; the caller
 * measures the time. 0 for null.
 */
MYELIN_API uint64_t myelin_read_memory(const void *address, size_t bytes);

#ifdef __cplusplus
}
#endif

#endif
