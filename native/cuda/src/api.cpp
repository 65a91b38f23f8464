/** The C interface: checks arguments, converts errors to statuses, owns the streams. */
#include "myelin_cuda.h"

#include <cuda_runtime_api.h>

#include <climits>
#include <cstdio>
#include <initializer_list>
#include <mutex>
#include <new>

#include "kernels.h"

struct myelin_cuda_stream {
    int device;
    int processors;
    cudaStream_t stream;
    /** Converted activations; grows, and is used in stream order. */
    void *scratch;
    size_t scratch_bytes;
    std::mutex mutex;
};

namespace {

constexpr int64_t MAX_DIMENSION = int64_t{1} << 30;
constexpr int MIN_CAPABILITY = 80;
/** Alignment of device memory, and of tensors in a file. */
constexpr uintptr_t ALIGNMENT = 16;

static_assert(myelin::DECODE_POSITIONS == MYELIN_CUDA_DECODE_POSITIONS, "defined in two headers");
static_assert(myelin::TYPE_F16 == (int)MYELIN_CUDA_F16 && (int)TYPE_Q4_0 == (int)MYELIN_CUDA_Q4_0 &&
                  (int)TYPE_Q8_0 == (int)MYELIN_CUDA_Q8_0 && (int)TYPE_Q4_K == (int)MYELIN_CUDA_Q4_K &&
                  (int)TYPE_Q6_K == (int)MYELIN_CUDA_Q6_K,
              "values of ggml_type");

int32_t status_of(cudaError_t error) {
    if (error == cudaSuccess) {
        return MYELIN_CUDA_OK;
    }
    /* Clears CUDA's last error, which another caller would take for its own. */
    (void)cudaGetLastError();
    switch (error) {
        case cudaErrorNoDevice:
        case cudaErrorInsufficientDriver:
        case cudaErrorStubLibrary:
        case cudaErrorSystemDriverMismatch:
        case cudaErrorSystemNotReady:
            return MYELIN_CUDA_ERROR_NO_DEVICE;
        case cudaErrorMemoryAllocation:
            return MYELIN_CUDA_ERROR_MEMORY;
        case cudaErrorInvalidDevice:
        case cudaErrorInvalidValue:
            return MYELIN_CUDA_ERROR_ARGUMENT;
        case cudaErrorNoKernelImageForDevice:
        case cudaErrorInvalidDeviceFunction:
        case cudaErrorUnsupportedPtxVersion:
            return MYELIN_CUDA_ERROR_UNSUPPORTED;
        default:
            return MYELIN_CUDA_ERROR_CUDA + (int32_t)error;
    }
}

/** MYELIN_CUDA_OK if the device exists; ERROR_ARGUMENT only if there are other devices. */
int32_t check_device(int32_t device) {
    int32_t count = 0;
    const int32_t status = myelin_cuda_device_count(&count);
    if (status != MYELIN_CUDA_OK) {
        return status;
    }
    return device >= 0 && device < count ? MYELIN_CUDA_OK : MYELIN_CUDA_ERROR_ARGUMENT;
}

/** Checks a device and makes it the thread's current one. */
int32_t use_device(int32_t device) {
    const int32_t status = check_device(device);
    return status != MYELIN_CUDA_OK ? status : status_of(cudaSetDevice(device));
}

bool is_misaligned(const void *address) {
    return (uintptr_t)address % ALIGNMENT != 0;
}

int64_t block_bytes(int32_t type) {
    switch (type) {
        case MYELIN_CUDA_F16:
            return 2;
        case MYELIN_CUDA_Q4_0:
            return sizeof(block_q4_0);
        case MYELIN_CUDA_Q8_0:
            return sizeof(block_q8_0);
        case MYELIN_CUDA_Q4_K:
            return sizeof(block_q4_k);
        case MYELIN_CUDA_Q6_K:
            return sizeof(block_q6_k);
        default:
            return 0;
    }
}

/** Grows the scratch memory of a stream to at least so many bytes. */
cudaError_t reserve(myelin_cuda_stream &s, size_t bytes) {
    if (bytes <= s.scratch_bytes) {
        return cudaSuccess;
    }
    /* Running work may still read the old memory. */
    cudaError_t error = cudaStreamSynchronize(s.stream);
    if (error != cudaSuccess) {
        return error;
    }
    error = cudaFree(s.scratch);
    s.scratch = nullptr;
    s.scratch_bytes = 0;
    if (error == cudaSuccess) {
        error = cudaMalloc(&s.scratch, bytes);
    }
    if (error == cudaSuccess) {
        s.scratch_bytes = bytes;
    } else {
        s.scratch = nullptr;
    }
    return error;
}

cudaError_t decode(myelin_cuda_stream &s, int32_t type, int64_t k, int64_t n, int64_t m,
                   const uint8_t *weights, const float *x, float *y) {
    if (type == MYELIN_CUDA_F16) {
        return myelin::decode_f16(s.processors, k, n, (int)m, weights, x, y, s.stream);
    }
    /* k is a multiple of 32, so the scales after the quants are aligned. */
    const size_t quants = (size_t)(k * m);
    cudaError_t error = reserve(s, quants + quants / 32 * sizeof(myelin::scale_and_sum));
    if (error != cudaSuccess) {
        return error;
    }
    auto *q = static_cast<uint8_t *>(s.scratch);
    auto *scales = reinterpret_cast<myelin::scale_and_sum *>(q + quants);
    error = myelin::quantize_activations(x, k, m, q, scales, s.stream);
    if (error != cudaSuccess) {
        return error;
    }
    return myelin::decode_quantized(type, s.processors, k, n, (int)m, weights, q, scales, y, s.stream);
}

cudaError_t prefill(myelin_cuda_stream &s, int32_t type, int64_t k, int64_t n, int64_t m,
                    const uint8_t *weights, const float *x, float *y) {
    const int64_t padded = myelin::padded_k(k);
    const size_t halves = (size_t)(padded * m) * 2;
    cudaError_t error = reserve(s, halves + (size_t)m * sizeof(float));
    if (error != cudaSuccess) {
        return error;
    }
    auto *x16 = static_cast<uint8_t *>(s.scratch);
    auto *inverse = reinterpret_cast<float *>(x16 + halves);
    error = myelin::convert_activations_to_f16(x, k, padded, m, x16, inverse, s.stream);
    if (error != cudaSuccess) {
        return error;
    }
    const myelin::prefill_problem problem = {weights, x16, myelin_cuda_row_bytes(type, k), k, padded, n, m};
    return myelin::prefill(type, problem, inverse, y, s.stream);
}

}  // namespace

extern "C" {

int32_t myelin_cuda_abi_version(void) {
    return MYELIN_CUDA_ABI_VERSION;
}

const char *myelin_cuda_status_string(int32_t status) {
    switch (status) {
        case MYELIN_CUDA_OK:
            return "ok";
        case MYELIN_CUDA_ERROR_ARGUMENT:
            return "a null or misaligned pointer, a size out of range, or no such device";
        case MYELIN_CUDA_ERROR_UNSUPPORTED:
            return "no kernel for this type or this GPU";
        case MYELIN_CUDA_ERROR_NO_DEVICE:
            return "no CUDA device, or no driver for it that is new enough";
        case MYELIN_CUDA_ERROR_MEMORY:
            return "out of memory on the device";
        default:
            return status > MYELIN_CUDA_ERROR_CUDA
                       ? cudaGetErrorString((cudaError_t)(status - MYELIN_CUDA_ERROR_CUDA))
                       : "unknown status";
    }
}

int32_t myelin_cuda_device_count(int32_t *count) {
    if (count == nullptr) {
        return MYELIN_CUDA_ERROR_ARGUMENT;
    }
    *count = 0;
    int devices = 0;
    const cudaError_t error = cudaGetDeviceCount(&devices);
    if (error != cudaSuccess) {
        return status_of(error);
    }
    *count = devices;
    return devices > 0 ? MYELIN_CUDA_OK : MYELIN_CUDA_ERROR_NO_DEVICE;
}

int32_t myelin_cuda_device_name(int32_t device, char *buffer, size_t capacity) {
    if (buffer == nullptr || capacity == 0) {
        return MYELIN_CUDA_ERROR_ARGUMENT;
    }
    buffer[0] = '\0';
    int32_t status = check_device(device);
    if (status == MYELIN_CUDA_OK) {
        cudaDeviceProp properties;
        status = status_of(cudaGetDeviceProperties(&properties, device));
        if (status == MYELIN_CUDA_OK) {
            (void)snprintf(buffer, capacity, "%s", properties.name);
        }
    }
    return status;
}

int32_t myelin_cuda_device_capability(int32_t device, int32_t *capability, int32_t *processors) {
    if (capability == nullptr || processors == nullptr) {
        return MYELIN_CUDA_ERROR_ARGUMENT;
    }
    *capability = 0;
    *processors = 0;
    const int32_t status = check_device(device);
    if (status != MYELIN_CUDA_OK) {
        return status;
    }
    int major = 0;
    int minor = 0;
    int multiprocessors = 0;
    cudaError_t error = cudaDeviceGetAttribute(&major, cudaDevAttrComputeCapabilityMajor, device);
    if (error == cudaSuccess) {
        error = cudaDeviceGetAttribute(&minor, cudaDevAttrComputeCapabilityMinor, device);
    }
    if (error == cudaSuccess) {
        error = cudaDeviceGetAttribute(&multiprocessors, cudaDevAttrMultiProcessorCount, device);
    }
    if (error == cudaSuccess) {
        *capability = 10 * major + minor;
        *processors = multiprocessors;
    }
    return status_of(error);
}

int32_t myelin_cuda_device_memory(int32_t device, uint64_t *free_bytes, uint64_t *total_bytes) {
    if (free_bytes == nullptr || total_bytes == nullptr) {
        return MYELIN_CUDA_ERROR_ARGUMENT;
    }
    *free_bytes = 0;
    *total_bytes = 0;
    int32_t status = use_device(device);
    if (status == MYELIN_CUDA_OK) {
        size_t free = 0;
        size_t total = 0;
        status = status_of(cudaMemGetInfo(&free, &total));
        if (status == MYELIN_CUDA_OK) {
            *free_bytes = free;
            *total_bytes = total;
        }
    }
    return status;
}

int32_t myelin_cuda_allocate(int32_t device, size_t bytes, void **address) {
    if (address == nullptr) {
        return MYELIN_CUDA_ERROR_ARGUMENT;
    }
    *address = nullptr;
    if (bytes == 0) {
        return MYELIN_CUDA_ERROR_ARGUMENT;
    }
    int32_t status = use_device(device);
    if (status == MYELIN_CUDA_OK) {
        void *memory = nullptr;
        status = status_of(cudaMalloc(&memory, bytes));
        if (status == MYELIN_CUDA_OK) {
            *address = memory;
        }
    }
    return status;
}

int32_t myelin_cuda_free(int32_t device, void *address) {
    if (address == nullptr) {
        return MYELIN_CUDA_OK;
    }
    const int32_t status = use_device(device);
    return status != MYELIN_CUDA_OK ? status : status_of(cudaFree(address));
}

int32_t myelin_cuda_stream_open(int32_t device, myelin_cuda_stream **stream) {
    if (stream == nullptr) {
        return MYELIN_CUDA_ERROR_ARGUMENT;
    }
    *stream = nullptr;
    int32_t capability = 0;
    int32_t processors = 0;
    int32_t status = myelin_cuda_device_capability(device, &capability, &processors);
    if (status != MYELIN_CUDA_OK) {
        return status;
    }
    if (capability < MIN_CAPABILITY) {
        return MYELIN_CUDA_ERROR_UNSUPPORTED;
    }
    status = use_device(device);
    if (status != MYELIN_CUDA_OK) {
        return status;
    }
    auto *s = new (std::nothrow) myelin_cuda_stream{};
    if (s == nullptr) {
        return MYELIN_CUDA_ERROR_MEMORY;
    }
    s->device = device;
    s->processors = processors;
    status = status_of(cudaStreamCreateWithFlags(&s->stream, cudaStreamNonBlocking));
    if (status != MYELIN_CUDA_OK) {
        delete s;
        return status;
    }
    *stream = s;
    return MYELIN_CUDA_OK;
}

int32_t myelin_cuda_stream_close(myelin_cuda_stream *stream) {
    if (stream == nullptr) {
        return MYELIN_CUDA_OK;
    }
    /* Everything is released in any case; the first error is returned. */
    cudaError_t error = cudaSetDevice(stream->device);
    const cudaError_t waited = cudaStreamSynchronize(stream->stream);
    const cudaError_t freed = cudaFree(stream->scratch);
    const cudaError_t destroyed = cudaStreamDestroy(stream->stream);
    delete stream;
    for (const cudaError_t next : {waited, freed, destroyed}) {
        error = error == cudaSuccess ? next : error;
    }
    return status_of(error);
}

int32_t myelin_cuda_stream_synchronize(myelin_cuda_stream *stream) {
    if (stream == nullptr) {
        return MYELIN_CUDA_ERROR_ARGUMENT;
    }
    /* Without the lock: other threads may add work meanwhile. */
    const cudaError_t error = cudaSetDevice(stream->device);
    return status_of(error == cudaSuccess ? cudaStreamSynchronize(stream->stream) : error);
}

static int32_t copy(myelin_cuda_stream *stream, void *to, const void *from, size_t bytes,
                    cudaMemcpyKind kind) {
    if (stream == nullptr || (bytes > 0 && (to == nullptr || from == nullptr))) {
        return MYELIN_CUDA_ERROR_ARGUMENT;
    }
    if (bytes == 0) {
        return MYELIN_CUDA_OK;
    }
    cudaError_t error = cudaSetDevice(stream->device);
    if (error == cudaSuccess) {
        const std::lock_guard<std::mutex> lock(stream->mutex);
        error = cudaMemcpyAsync(to, from, bytes, kind, stream->stream);
    }
    if (error == cudaSuccess) {
        error = cudaStreamSynchronize(stream->stream);
    }
    return status_of(error);
}

int32_t myelin_cuda_upload(myelin_cuda_stream *stream, void *device, const void *host, size_t bytes) {
    return copy(stream, device, host, bytes, cudaMemcpyHostToDevice);
}

int32_t myelin_cuda_download(myelin_cuda_stream *stream, void *host, const void *device, size_t bytes) {
    return copy(stream, host, device, bytes, cudaMemcpyDeviceToHost);
}

int32_t myelin_cuda_block(int32_t type) {
    switch (type) {
        case MYELIN_CUDA_F16:
            return 1;
        case MYELIN_CUDA_Q4_0:
        case MYELIN_CUDA_Q8_0:
            return 32;
        case MYELIN_CUDA_Q4_K:
        case MYELIN_CUDA_Q6_K:
            return 256;
        default:
            return 0;
    }
}

int64_t myelin_cuda_row_bytes(int32_t type, int64_t k) {
    const int64_t block = myelin_cuda_block(type);
    if (block == 0 || k < 1 || k > MAX_DIMENSION || k % block != 0) {
        return 0;
    }
    return k / block * block_bytes(type);
}

int32_t myelin_cuda_matmul(myelin_cuda_stream *stream, int32_t type, int64_t k, int64_t n, int64_t m,
                           const void *weights, const float *x, float *y) {
    /* The type first: its check needs no device. */
    if (myelin_cuda_block(type) == 0) {
        return MYELIN_CUDA_ERROR_UNSUPPORTED;
    }
    if (myelin_cuda_row_bytes(type, k) == 0 || n < 0 || n > MAX_DIMENSION || m < 0 || m > MAX_DIMENSION) {
        return MYELIN_CUDA_ERROR_ARGUMENT;
    }
    if (weights == nullptr || x == nullptr || y == nullptr || is_misaligned(weights) || is_misaligned(x) ||
        is_misaligned(y) || stream == nullptr) {
        return MYELIN_CUDA_ERROR_ARGUMENT;
    }
    if (n == 0 || m == 0) {
        return MYELIN_CUDA_OK;
    }
    cudaError_t error = cudaSetDevice(stream->device);
    if (error == cudaSuccess) {
        const std::lock_guard<std::mutex> lock(stream->mutex);
        const auto matmul = m <= MYELIN_CUDA_DECODE_POSITIONS ? decode : prefill;
        error = matmul(*stream, type, k, n, m, static_cast<const uint8_t *>(weights), x, y);
    }
    return status_of(error);
}

}  // extern "C"
