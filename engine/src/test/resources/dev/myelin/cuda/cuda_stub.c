/**
 * A stub with libmyelin-cuda's interface that computes on the CPU, for tests of the Java code without a GPU. It
 * has two devices of 4 MiB, the second one too old, and supports f16 and q8_0 only. It checks device
 * addresses, so that a host pointer in place of a device pointer is an error.
 */
#include "myelin_cuda.h"

#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SLOTS = 256, MEMORY = 4 << 20, STREAM = 0x57, ALIGNMENT = 256 };

struct myelin_cuda_stream {
    int mark;
};

static struct {
    char *address;
    size_t bytes;
} slots[SLOTS];
static int streams;
static int32_t next_failure;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/** Number of allocations and streams that are not freed. */
MYELIN_CUDA_API int32_t cuda_stub_live(void) {
    int32_t live = streams;
    for (int i = 0; i < SLOTS; i++) {
        live += slots[i].address != NULL;
    }
    return live;
}

/** Makes the next matmul fail with a status. */
MYELIN_CUDA_API void cuda_stub_fail(int32_t status) {
    next_failure = status;
}

static int is_device(const void *address, size_t bytes) {
    const char *at = address;
    for (int i = 0; i < SLOTS; i++) {
        if (slots[i].address != NULL && at >= slots[i].address &&
            at + bytes <= slots[i].address + slots[i].bytes) {
            return 1;
        }
    }
    return 0;
}

int32_t myelin_cuda_abi_version(void) {
    return MYELIN_CUDA_ABI_VERSION;
}

const char *myelin_cuda_status_string(int32_t status) {
    switch (status) {
        case MYELIN_CUDA_OK:
            return "ok";
        case MYELIN_CUDA_ERROR_ARGUMENT:
            return "wrong argument";
        case MYELIN_CUDA_ERROR_UNSUPPORTED:
            return "no kernel for this type or this GPU";
        case MYELIN_CUDA_ERROR_MEMORY:
            return "out of memory on the device";
        default:
            return "something else";
    }
}

int32_t myelin_cuda_device_count(int32_t *count) {
    *count = 2;
    return MYELIN_CUDA_OK;
}

int32_t myelin_cuda_device_name(int32_t device, char *buffer, size_t capacity) {
    (void)snprintf(buffer, capacity, "Stub %d", device);
    return MYELIN_CUDA_OK;
}

int32_t myelin_cuda_device_capability(int32_t device, int32_t *capability, int32_t *processors) {
    *capability = device == 0 ? 90 : 75;
    *processors = 132 + device;
    return MYELIN_CUDA_OK;
}

int32_t myelin_cuda_device_memory(int32_t device, uint64_t *free_bytes, uint64_t *total_bytes) {
    (void)device;
    *total_bytes = MEMORY;
    *free_bytes = MEMORY;
    for (int i = 0; i < SLOTS; i++) {
        *free_bytes -= slots[i].bytes;
    }
    return MYELIN_CUDA_OK;
}

int32_t myelin_cuda_allocate(int32_t device, size_t bytes, void **address) {
    uint64_t free_bytes = 0;
    uint64_t total_bytes = 0;
    *address = NULL;
    if (device != 0 || bytes == 0) {
        return MYELIN_CUDA_ERROR_ARGUMENT;
    }
    int32_t status = MYELIN_CUDA_ERROR_MEMORY;
    pthread_mutex_lock(&lock);
    (void)myelin_cuda_device_memory(device, &free_bytes, &total_bytes);
    for (int i = 0; i < SLOTS && bytes <= free_bytes && status != MYELIN_CUDA_OK; i++) {
        if (slots[i].address == NULL) {
            slots[i].address = aligned_alloc(ALIGNMENT, (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT);
            slots[i].bytes = bytes;
            *address = slots[i].address;
            status = MYELIN_CUDA_OK;
        }
    }
    pthread_mutex_unlock(&lock);
    return status;
}

int32_t myelin_cuda_free(int32_t device, void *address) {
    int32_t status = device != 0 ? MYELIN_CUDA_ERROR_ARGUMENT : MYELIN_CUDA_OK;
    if (address != NULL && status == MYELIN_CUDA_OK) {
        status = MYELIN_CUDA_ERROR_ARGUMENT;
        pthread_mutex_lock(&lock);
        for (int i = 0; i < SLOTS; i++) {
            if (slots[i].address == address) {
                free(address);
                slots[i].address = NULL;
                slots[i].bytes = 0;
                status = MYELIN_CUDA_OK;
            }
        }
        pthread_mutex_unlock(&lock);
    }
    return status;
}

int32_t myelin_cuda_stream_open(int32_t device, myelin_cuda_stream **stream) {
    *stream = NULL;
    if (device != 0) {
        return MYELIN_CUDA_ERROR_UNSUPPORTED;
    }
    *stream = malloc(sizeof **stream);
    (*stream)->mark = STREAM;
    streams++;
    return MYELIN_CUDA_OK;
}

int32_t myelin_cuda_stream_close(myelin_cuda_stream *stream) {
    if (stream->mark != STREAM) {
        return MYELIN_CUDA_ERROR_ARGUMENT;
    }
    stream->mark = 0;
    free(stream);
    streams--;
    return MYELIN_CUDA_OK;
}

int32_t myelin_cuda_stream_synchronize(myelin_cuda_stream *stream) {
    return stream->mark == STREAM ? MYELIN_CUDA_OK : MYELIN_CUDA_ERROR_ARGUMENT;
}

int32_t myelin_cuda_upload(myelin_cuda_stream *stream, void *device, const void *host, size_t bytes) {
    if (stream->mark != STREAM || !is_device(device, bytes) || is_device(host, 1)) {
        return MYELIN_CUDA_ERROR_ARGUMENT;
    }
    memcpy(device, host, bytes);
    return MYELIN_CUDA_OK;
}

int32_t myelin_cuda_download(myelin_cuda_stream *stream, void *host, const void *device, size_t bytes) {
    if (stream->mark != STREAM || !is_device(device, bytes) || is_device(host, 1)) {
        return MYELIN_CUDA_ERROR_ARGUMENT;
    }
    memcpy(host, device, bytes);
    return MYELIN_CUDA_OK;
}

int32_t myelin_cuda_block(int32_t type) {
    return type == MYELIN_CUDA_F16 ? 1 : type == MYELIN_CUDA_Q8_0 ? 32 : 0;
}

int64_t myelin_cuda_row_bytes(int32_t type, int64_t k) {
    const int64_t block = myelin_cuda_block(type);
    if (block == 0 || k < 1 || k > 1 << 30 || k % block != 0) {
        return 0;
    }
    return type == MYELIN_CUDA_F16 ? 2 * k : k / 32 * 34;
}

/** A normal or zero half. */
static double half(const uint8_t *at) {
    const int bits = at[0] | at[1] << 8;
    const int exponent = bits >> 10 & 31;
    const int fraction = bits & 1023;
    const double size = exponent == 0 ? ldexp(fraction, -24) : ldexp(1024 + fraction, exponent - 25);
    return bits >> 15 ? -size : size;
}

static double weight(int32_t type, const uint8_t *row, int64_t i) {
    if (type == MYELIN_CUDA_F16) {
        return half(row + 2 * i);
    }
    const uint8_t *block = row + i / 32 * 34;
    return half(block) * (int8_t)block[2 + i % 32];
}

int32_t myelin_cuda_matmul(myelin_cuda_stream *stream, int32_t type, int64_t k, int64_t n, int64_t m,
                           const void *weights, const float *x, float *y) {
    const int64_t row_bytes = myelin_cuda_row_bytes(type, k);
    if (next_failure != MYELIN_CUDA_OK) {
        const int32_t failure = next_failure;
        next_failure = MYELIN_CUDA_OK;
        return failure;
    }
    if (stream->mark != STREAM || row_bytes == 0 || !is_device(weights, (size_t)(row_bytes * n)) ||
        !is_device(x, (size_t)(k * m) * sizeof *x) || !is_device(y, (size_t)(n * m) * sizeof *y)) {
        return MYELIN_CUDA_ERROR_ARGUMENT;
    }
    for (int64_t position = 0; position < m; position++) {
        for (int64_t r = 0; r < n; r++) {
            const uint8_t *row = (const uint8_t *)weights + r * row_bytes;
            double sum = 0;
            for (int64_t i = 0; i < k; i++) {
                sum += weight(type, row, i) * x[position * k + i];
            }
            y[position * n + r] = (float)sum;
        }
    }
    return MYELIN_CUDA_OK;
}
