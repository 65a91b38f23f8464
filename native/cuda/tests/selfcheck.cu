/*
 * Runs every kernel on the first GPU: compares it with the reference over shapes with edges, then times
 * it and a plain read of the same bytes (decode) or prints the fraction of the tensor cores' peak (prefill).
 * Exits with 77, automake's status of skipped tests, if there is no device.
 */
#include <cuda_runtime.h>

#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>

#include "myelin_cuda.h"
#include "reference.h"

using namespace reference;

namespace {

constexpr int SKIPPED = 77;

void check(int32_t status, const char *what) {
    if (status != MYELIN_CUDA_OK) {
        fprintf(stderr, "%s: %s\n", what, myelin_cuda_status_string(status));
        exit(1);
    }
}

void check_cuda(cudaError_t error, const char *what) {
    if (error != cudaSuccess) {
        fprintf(stderr, "%s: %s\n", what, cudaGetErrorString(error));
        exit(1);
    }
}

/** Device memory of device 0. */
class buffer {
   public:
    explicit buffer(size_t bytes) {
        check(myelin_cuda_allocate(0, bytes, &address), "allocate");
    }

    ~buffer() {
        check(myelin_cuda_free(0, address), "free");
    }

    buffer(const buffer &) = delete;
    buffer &operator=(const buffer &) = delete;

    void *address = nullptr;
};

/* ---- correctness ----------------------------------------------------------------------------- */

struct tally {
    long compared = 0;
    long wrong = 0;
    /** The largest error relative to its bound. */
    double worst = 0;

    void add(const type_info &t, const expected &e, double y, int64_t k, int64_t row, int64_t position,
             int64_t m) {
        compared++;
        worst = std::max(worst, std::fabs(y - e.rounded) / e.rounded_bound);
        if (!e.accepts(y) && wrong++ < 5) {
            fprintf(stderr, "%s k %lld row %lld position %lld of %lld: %g, not %g or %g\n", t.name,
                    (long long)k, (long long)row, (long long)position, (long long)m, y, e.exact, e.rounded);
        }
    }
};

std::vector<float> matmul(myelin_cuda_stream *stream, const matrix &w, const std::vector<float> &x,
                          int64_t m) {
    const size_t results = (size_t)(w.n * m);
    buffer weights(w.bytes());
    buffer input(x.size() * sizeof(float));
    buffer output(results * sizeof(float));
    /* Results that are not written stay NaN. */
    std::vector<float> y(results, NAN);
    check(myelin_cuda_upload(stream, weights.address, w.data.get(), w.bytes()), "upload");
    check(myelin_cuda_upload(stream, input.address, x.data(), x.size() * sizeof(float)), "upload");
    check(myelin_cuda_upload(stream, output.address, y.data(), results * sizeof(float)), "upload");
    check(myelin_cuda_matmul(stream, w.info.type, w.k, w.n, m, weights.address,
                             static_cast<const float *>(input.address), static_cast<float *>(output.address)),
          "matmul");
    check(myelin_cuda_download(stream, y.data(), output.address, results * sizeof(float)), "download");
    return y;
}

void compare(myelin_cuda_stream *stream, const type_info &t, int64_t k, int64_t n, int64_t m, tally &out) {
    generator r((uint32_t)(k * 31 + n * 7 + m));
    const matrix w = random_matrix(t, k, n, r);
    const auto x = random_activations(k, m, r);
    const auto y = matmul(stream, w, x, m);
    const bool decode = m <= MYELIN_CUDA_DECODE_POSITIONS;
    const quants q = decode && t.type != myelin::TYPE_F16 ? quantized(x) : quants{};
    const int64_t padded = myelin::padded_k(k);
    std::vector<uint16_t> halves((size_t)(padded * m));
    std::vector<float> inverse((size_t)m);
    for (int64_t p = 0; p < m; p++) {
        inverse[(size_t)p] = converted_to_f16(x, k, p, halves.data() + p * padded, padded);
    }
    for (int64_t row = 0; row < n; row++) {
        const auto weights = weights_of(w, row);
        const auto f16_weights = rounded_to_f16(weights);
        for (int64_t p = 0; p < m; p++) {
            const expected e =
                decode ? expected_decode(t, weights, x, t.type == myelin::TYPE_F16 ? nullptr : &q, p)
                       : expected_prefill(t, weights, f16_weights, x, halves.data() + p * padded,
                                          inverse[(size_t)p], p);
            out.add(t, e, y[(size_t)(p * n + row)], k, row, p, m);
        }
    }
    if (decode && m > 1) {
        /* The result of a position does not depend on the others. */
        const std::vector<float> last(x.end() - k, x.end());
        const auto alone = matmul(stream, w, last, 1);
        for (int64_t row = 0; row < n; row++) {
            if (alone[(size_t)row] != y[(size_t)((m - 1) * n + row)] && out.wrong++ < 5) {
                fprintf(stderr, "%s k %lld row %lld: differs alone and among %lld\n", t.name, (long long)k,
                        (long long)row, (long long)m);
            }
        }
    }
}

bool compare_all(myelin_cuda_stream *stream) {
    bool right = true;
    printf("\n%-6s %-8s %10s %8s %10s %16s\n", "type", "kernel", "results", "wrong", "bound",
           "worst / bound");
    for (const type_info &t : TYPES) {
        const int64_t block = t.block;
        const int64_t odd = t.type == myelin::TYPE_F16 ? 37 : block;
        tally decode;
        for (const int64_t k : {odd, 3 * odd, 1024 + odd, int64_t{2048}, 8192 + 3 * block, int64_t{16384}}) {
            for (const int64_t m : {1, 2, 3, 4, 5, 7, 8}) {
                for (const int64_t n : {1, 5, 130}) {
                    compare(stream, t, k, n, m, decode);
                }
            }
        }
        compare(stream, t, 1024, 40000, 1, decode);
        tally prefill;
        for (const int64_t k : {odd, 3 * odd, 256 + 5 * odd, int64_t{2048}, int64_t{8192}}) {
            for (const int64_t m : {9, 31, 32, 33, 127, 129}) {
                for (const int64_t n : {1, 127, 130}) {
                    compare(stream, t, k, n, m, prefill);
                }
            }
        }
        compare(stream, t, 512, 1000, 520, prefill);
        printf("%-6s %-8s %10ld %8ld %10.0e %16.3f\n", t.name, "decode", decode.compared, decode.wrong,
               t.decode_bound, decode.worst);
        printf("%-6s %-8s %10ld %8ld %10.0e %16.3f\n", t.name, "prefill", prefill.compared, prefill.wrong,
               t.prefill_bound, prefill.worst);
        right = right && decode.wrong == 0 && prefill.wrong == 0;
    }
    return right;
}

/* ---- time ------------------------------------------------------------------------------------ */

/** Reads every 16 bytes once: the upper bound of decode. */
__global__ void __launch_bounds__(256)
    read_kernel(const uint4 *__restrict__ from, size_t count, uint32_t *out) {
    uint32_t sum = 0;
    const size_t stride = (size_t)gridDim.x * blockDim.x;
#pragma unroll 8
    for (size_t i = (size_t)blockIdx.x * blockDim.x + threadIdx.x; i < count; i += stride) {
        const uint4 v = from[i];
        sum ^= v.x ^ v.y ^ v.z ^ v.w;
    }
    /* Keeps the compiler from removing the reads. */
    if (sum == 0x9e3779b9u) {
        *out = sum;
    }
}

/**
 * The median time of a run in seconds. The library has its own stream, so the host's clock measures
 * several runs in a row, which hides the cost of launching.
 */
template <typename F>
double median_seconds(F run) {
    constexpr int RUNS = 9;
    constexpr int RUNS_PER_SAMPLE = 10;
    run(3);
    std::vector<double> times;
    for (int i = 0; i < RUNS; i++) {
        timespec start;
        timespec end;
        clock_gettime(CLOCK_MONOTONIC, &start);
        run(RUNS_PER_SAMPLE);
        clock_gettime(CLOCK_MONOTONIC, &end);
        times.push_back(((double)(end.tv_sec - start.tv_sec) + 1e-9 * (double)(end.tv_nsec - start.tv_nsec)) /
                        RUNS_PER_SAMPLE);
    }
    std::sort(times.begin(), times.end());
    return times[RUNS / 2];
}

double matmul_seconds(myelin_cuda_stream *stream, const type_info &t, int64_t k, int64_t n, int64_t m,
                      const buffer &weights, const buffer &x, const buffer &y) {
    return median_seconds([&](int runs) {
        for (int i = 0; i < runs; i++) {
            check(myelin_cuda_matmul(stream, t.type, k, n, m, weights.address,
                                     static_cast<const float *>(x.address), static_cast<float *>(y.address)),
                  "matmul");
        }
        check(myelin_cuda_stream_synchronize(stream), "synchronize");
    });
}

/** Dense f16 multiply-adds with f32 accumulation per multiprocessor and cycle; 0 if unknown. */
int tensor_rate(int capability) {
    switch (capability) {
        case 80:
            return 1024;
        case 86:
        case 87:
        case 89:
            return 512;
        case 90:
        case 100:
            return 2048;
        default:
            return 0;
    }
}

void time_all(myelin_cuda_stream *stream, int capability, int processors) {
    constexpr int64_t K = 8192;
    constexpr int64_t DECODE_ROWS = 32768;
    constexpr int64_t PREFILL_ROWS = 8192;
    constexpr int64_t MAX_POSITIONS = 2048;
    int kilohertz = 0;
    check_cuda(cudaDeviceGetAttribute(&kilohertz, cudaDevAttrClockRate, 0), "clock");
    const double peak = 2e3 * kilohertz * processors * tensor_rate(capability);
    generator r(3);
    const auto activations = random_activations(K, MAX_POSITIONS, r);
    buffer x(activations.size() * sizeof(float));
    buffer y((size_t)(std::max(DECODE_ROWS * 8, PREFILL_ROWS * MAX_POSITIONS)) * sizeof(float));
    buffer sink(4);
    check(myelin_cuda_upload(stream, x.address, activations.data(), activations.size() * sizeof(float)),
          "upload");

    printf("\ndecode, k %lld, n %lld: GB/s of weights, and the fraction of a plain read of the same bytes\n",
           (long long)K, (long long)DECODE_ROWS);
    printf("%-6s %8s %16s %16s %16s %16s\n", "type", "read", "1 position", "2", "4", "8");
    std::string prefills;
    for (const type_info &t : TYPES) {
        const matrix w = random_matrix(t, K, DECODE_ROWS, r);
        buffer weights(w.bytes());
        check(myelin_cuda_upload(stream, weights.address, w.data.get(), w.bytes()), "upload");
        const double bytes = (double)w.bytes();
        const double read = median_seconds([&](int runs) {
            for (int i = 0; i < runs; i++) {
                read_kernel<<<processors * 8, 256>>>(static_cast<const uint4 *>(weights.address),
                                                     w.bytes() / 16, static_cast<uint32_t *>(sink.address));
            }
            check_cuda(cudaGetLastError(), "read");
            check_cuda(cudaDeviceSynchronize(), "read");
        });
        printf("%-6s %8.0f", t.name, bytes / read / 1e9);
        for (const int64_t m : {1, 2, 4, 8}) {
            const double s = matmul_seconds(stream, t, K, DECODE_ROWS, m, weights, x, y);
            printf(" %8.0f (%5.2f)", bytes / s / 1e9, read / s);
        }
        printf("\n");
        prefills += t.name + std::string(7 - std::string(t.name).size(), ' ');
        for (const int64_t m : {16L, 128L, 512L, 2048L}) {
            const double s = matmul_seconds(stream, t, K, PREFILL_ROWS, m, weights, x, y);
            const double rate = 2.0 * K * PREFILL_ROWS * (double)m / s;
            char cell[40];
            snprintf(cell, sizeof cell, peak > 0 ? " %7.1f (%4.2f)" : " %7.1f", rate / 1e12, rate / peak);
            prefills += cell;
        }
        prefills += "\n";
    }
    printf(
        "\nprefill, k %lld, n %lld: TFLOP/s, and the fraction of %.0f TFLOP/s, multiprocessors times clock "
        "times rate\n",
        (long long)K, (long long)PREFILL_ROWS, peak / 1e12);
    printf("%-6s %15s %14s %14s %14s\n%s", "type", "16 positions", "128", "512", "2048", prefills.c_str());
}

}  // namespace

int main() {
    int32_t count = 0;
    const int32_t status = myelin_cuda_device_count(&count);
    if (status == MYELIN_CUDA_ERROR_NO_DEVICE) {
        printf("skipped: %s\n", myelin_cuda_status_string(status));
        return SKIPPED;
    }
    check(status, "device count");
    char name[256];
    int32_t capability = 0;
    int32_t processors = 0;
    check(myelin_cuda_device_name(0, name, sizeof name), "device name");
    check(myelin_cuda_device_capability(0, &capability, &processors), "capability");
    printf("%s, compute capability %d.%d, %d multiprocessors\n", name, capability / 10, capability % 10,
           processors);
    myelin_cuda_stream *stream = nullptr;
    const int32_t opened = myelin_cuda_stream_open(0, &stream);
    if (opened == MYELIN_CUDA_ERROR_UNSUPPORTED) {
        printf("skipped: %s\n", myelin_cuda_status_string(opened));
        return SKIPPED;
    }
    check(opened, "stream");
    const bool right = compare_all(stream);
    if (right) {
        time_all(stream, capability, processors);
    }
    check(myelin_cuda_stream_close(stream), "close");
    return right ? 0 : 1;
}
