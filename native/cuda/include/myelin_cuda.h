/**
 * libmyelin-cuda: matmul of quantised weights, in the file's layout, and activations on NVIDIA GPUs.
 *
 * Rules of this interface:
 *  - plain C ABI, fixed-width types, no structures by value: every function can be bound by the
 *    Foreign Function & Memory API without a shim;
 *  - a function that can fail returns a status; none exits, aborts or prints;
 *  - all functions may be called from any thread at any time; calls on the same stream are
 *    serialised;
 *  - a call sets its device as the calling thread's current device of the CUDA runtime;
 *  - the library loads without a GPU and without a driver, and then returns MYELIN_CUDA_ERROR_NO_DEVICE;
 *  - MYELIN_CUDA_ABI_VERSION is incremented when the meaning of any declaration changes.
 */
#ifndef MYELIN_CUDA_H
#define MYELIN_CUDA_H

#include <stddef.h>
#include <stdint.h>

#if defined(_WIN32)
#if defined(MYELIN_CUDA_BUILD)
#define MYELIN_CUDA_API __declspec(dllexport)
#else
#define MYELIN_CUDA_API __declspec(dllimport)
#endif
#else
#define MYELIN_CUDA_API __attribute__((visibility("default")))
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* ---- identity -------------------------------------------------------------------------------- */

/** The version of this header; a caller compares it with myelin_cuda_abi_version() after loading. */
#define MYELIN_CUDA_ABI_VERSION 1

/** The ABI version that the loaded library was built with. */
MYELIN_CUDA_API int32_t myelin_cuda_abi_version(void);

/* ---- status ---------------------------------------------------------------------------------- */

/** The status of a call, returned as an int32_t. The first three have the values of myelin_status. */
enum myelin_cuda_status {
    MYELIN_CUDA_OK = 0,
    /** A null or misaligned pointer, a size out of range, no such device or stream. */
    MYELIN_CUDA_ERROR_ARGUMENT = 1,
    /** A type without a kernel, or a GPU older than compute capability 8.0. */
    MYELIN_CUDA_ERROR_UNSUPPORTED = 2,
    /** No GPU, no driver, or a driver older than the CUDA runtime of this library. */
    MYELIN_CUDA_ERROR_NO_DEVICE = 3,
    /** Not enough free memory on the device or the host. */
    MYELIN_CUDA_ERROR_MEMORY = 4,
    /** Any other CUDA error: this plus the cudaError_t, which is positive. */
    MYELIN_CUDA_ERROR_CUDA = 0x10000,
};

/**
 * A one-line description of a status, CUDA's own for MYELIN_CUDA_ERROR_CUDA and above; never null,
 * also for unknown statuses.
 */
MYELIN_CUDA_API const char *myelin_cuda_status_string(int32_t status);

/* ---- devices --------------------------------------------------------------------------------- */

/**
 * Writes the number of GPUs; 0 on error.
 * Errors: MYELIN_CUDA_ERROR_ARGUMENT for a null count, MYELIN_CUDA_ERROR_NO_DEVICE if there are none.
 */
MYELIN_CUDA_API int32_t myelin_cuda_device_count(int32_t *count);

/**
 * Writes the name of device 0 <= device < count, NUL-terminated and truncated to capacity bytes.
 * Errors: MYELIN_CUDA_ERROR_ARGUMENT, MYELIN_CUDA_ERROR_NO_DEVICE.
 */
MYELIN_CUDA_API int32_t myelin_cuda_device_name(int32_t device, char *buffer, size_t capacity);

/**
 * Writes the compute capability as 10 * major + minor (80, 90) and the number of multiprocessors.
 * Errors: MYELIN_CUDA_ERROR_ARGUMENT, MYELIN_CUDA_ERROR_NO_DEVICE.
 */
MYELIN_CUDA_API int32_t myelin_cuda_device_capability(int32_t device, int32_t *capability,
                                                      int32_t *processors);

/**
 * Writes the free and the total bytes of device memory.
 * Errors: MYELIN_CUDA_ERROR_ARGUMENT, MYELIN_CUDA_ERROR_NO_DEVICE.
 */
MYELIN_CUDA_API int32_t myelin_cuda_device_memory(int32_t device, uint64_t *free_bytes,
                                                  uint64_t *total_bytes);

/* ---- memory ---------------------------------------------------------------------------------- */

/**
 * Allocates bytes > 0 of device memory, aligned to 256; the contents are undefined.
 * *address is null on error: MYELIN_CUDA_ERROR_ARGUMENT, MYELIN_CUDA_ERROR_MEMORY,
 * MYELIN_CUDA_ERROR_NO_DEVICE.
 */
MYELIN_CUDA_API int32_t myelin_cuda_allocate(int32_t device, size_t bytes, void **address);

/** Frees memory of myelin_cuda_allocate() once the device no longer uses it; null is MYELIN_CUDA_OK. */
MYELIN_CUDA_API int32_t myelin_cuda_free(int32_t device, void *address);

/* ---- streams --------------------------------------------------------------------------------- */

/** A CUDA stream, whose work runs in the order of the calls, with its scratch memory. */
typedef struct myelin_cuda_stream myelin_cuda_stream;

/**
 * Opens a stream. *stream is null on error: MYELIN_CUDA_ERROR_ARGUMENT,
 * MYELIN_CUDA_ERROR_UNSUPPORTED (an older GPU), MYELIN_CUDA_ERROR_NO_DEVICE.
 */
MYELIN_CUDA_API int32_t myelin_cuda_stream_open(int32_t device, myelin_cuda_stream **stream);

/** Waits for a stream's work and closes it; no other thread may be using it. Null is MYELIN_CUDA_OK. */
MYELIN_CUDA_API int32_t myelin_cuda_stream_close(myelin_cuda_stream *stream);

/** Waits for a stream's work and returns its status. */
MYELIN_CUDA_API int32_t myelin_cuda_stream_synchronize(myelin_cuda_stream *stream);

/**
 * Copies bytes of host memory to the device, after the stream's earlier work; host may be reused on
 * return. 0 bytes are MYELIN_CUDA_OK. Errors: MYELIN_CUDA_ERROR_ARGUMENT.
 */
MYELIN_CUDA_API int32_t myelin_cuda_upload(myelin_cuda_stream *stream, void *device, const void *host,
                                           size_t bytes);

/** Copies bytes of device memory to the host, after the stream's earlier work; complete on return. */
MYELIN_CUDA_API int32_t myelin_cuda_download(myelin_cuda_stream *stream, void *host, const void *device,
                                             size_t bytes);

/* ---- matmul ---------------------------------------------------------------------------------- */

/** Values of ggml_type that myelin_cuda_matmul() supports. */
enum myelin_cuda_type {
    MYELIN_CUDA_F16 = 1,
    MYELIN_CUDA_Q4_0 = 2,
    MYELIN_CUDA_Q8_0 = 8,
    MYELIN_CUDA_Q4_K = 12,
    MYELIN_CUDA_Q6_K = 14,
};

/** Maximum number of positions of the decode kernels, which use int8 activations. */
#define MYELIN_CUDA_DECODE_POSITIONS 8

/** Weights per block of a type; k must be a multiple. 0 for a type without a kernel. */
MYELIN_CUDA_API int32_t myelin_cuda_block(int32_t type);

/** Bytes of a row of k weights; 0 for a type without a kernel or if k is not a positive multiple. */
MYELIN_CUDA_API int64_t myelin_cuda_row_bytes(int32_t type, int64_t k);

/**
 * y, f32 [n, m] = weights [k, n] of a type, in the file's layout, times x, f32 [k, m]; all three in
 * device memory, aligned to 16, rows without gaps, k contiguous in weights and x, n in y. Does
 * not wait for the result; memory must not be freed before the result is complete.
 *
 * m <= MYELIN_CUDA_DECODE_POSITIONS: x is quantised to int8 with a scale per 32 values, summed in
 * int32 within a block and in f32 across blocks; for F16 weights x stays f32. The result of a position
 * does not depend on the others. Larger m: weights and x are rounded to f16 (x scaled by a power of two
 * per position), summed in f32 by the tensor cores. n = 0 or m = 0 is MYELIN_CUDA_OK.
 *
 * Errors: MYELIN_CUDA_ERROR_ARGUMENT (also for k, n or m above 2^30), MYELIN_CUDA_ERROR_UNSUPPORTED,
 * MYELIN_CUDA_ERROR_MEMORY (for the quantised activations).
 */
MYELIN_CUDA_API int32_t myelin_cuda_matmul(myelin_cuda_stream *stream, int32_t type, int64_t k, int64_t n,
                                           int64_t m, const void *weights, const float *x, float *y);

#ifdef __cplusplus
}
#endif

#endif
