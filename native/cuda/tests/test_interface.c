/*
 * The C interface without a device: the library loads and checks its arguments. With a device also:
 * it allocates, copies, and rejects wrong arguments.
 */
#include "myelin_cuda.h"

#include <stdlib.h>
#include <string.h>

#include "../../tests/check.h"

static void test_identity(void) {
    CHECK(myelin_cuda_abi_version() == MYELIN_CUDA_ABI_VERSION, "the header is the library's");
    const int32_t statuses[] = {-1, 0, 1, 2, 3, 4, 5, 1000, 0x10000, 0x10000 + 700, 0x7fffffff};
    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++) {
        const char *text = myelin_cuda_status_string(statuses[i]);
        CHECK(text != NULL && *text != '\0' && strchr(text, '\n') == NULL, "status %d", statuses[i]);
    }
    CHECK(strcmp(myelin_cuda_status_string(0), "ok") == 0, "status 0");
}

static void test_sizes(void) {
    static const struct {
        int32_t type, block, bytes;
    } types[] = {{MYELIN_CUDA_F16, 1, 2},
                 {MYELIN_CUDA_Q4_0, 32, 18},
                 {MYELIN_CUDA_Q8_0, 32, 34},
                 {MYELIN_CUDA_Q4_K, 256, 144},
                 {MYELIN_CUDA_Q6_K, 256, 210}};
    for (int i = 0; i < 5; i++) {
        const int32_t type = types[i].type;
        const int64_t block = types[i].block;
        CHECK(myelin_cuda_block(type) == block, "type %d", type);
        CHECK(myelin_cuda_row_bytes(type, 5 * block) == 5 * (int64_t)types[i].bytes, "type %d", type);
        CHECK(myelin_cuda_row_bytes(type, 0) == 0 && myelin_cuda_row_bytes(type, -block) == 0, "type %d",
              type);
        CHECK(block == 1 || myelin_cuda_row_bytes(type, block + 1) == 0, "type %d", type);
        CHECK(myelin_cuda_row_bytes(type, INT64_MAX / block * block) == 0, "type %d", type);
    }
    for (int32_t type = -3; type < 50; type++) {
        const int known = type == 1 || type == 2 || type == 8 || type == 12 || type == 14;
        CHECK((myelin_cuda_block(type) != 0) == known, "type %d", type);
        CHECK((myelin_cuda_row_bytes(type, 256) != 0) == known, "type %d", type);
    }
}

/** All must be rejected before the device is used: the pointers are invalid. */
static void test_matmul(myelin_cuda_stream *stream) {
    void *w = (void *)(uintptr_t)4096;
    float *x = (float *)(uintptr_t)8192;
    float *y = (float *)(uintptr_t)16384;
    const int32_t wrong = MYELIN_CUDA_ERROR_ARGUMENT;
    CHECK(myelin_cuda_matmul(stream, 3, 256, 4, 1, w, x, y) == MYELIN_CUDA_ERROR_UNSUPPORTED, "q4_1");
    CHECK(myelin_cuda_matmul(stream, -1, 256, 4, 1, w, x, y) == MYELIN_CUDA_ERROR_UNSUPPORTED, "type -1");
    CHECK(myelin_cuda_matmul(stream, INT32_MAX, 256, 4, 1, w, x, y) == MYELIN_CUDA_ERROR_UNSUPPORTED,
          "a type");
    CHECK(myelin_cuda_matmul(stream, MYELIN_CUDA_Q4_K, 128, 4, 1, w, x, y) == wrong, "half a block");
    CHECK(myelin_cuda_matmul(stream, MYELIN_CUDA_Q4_0, 0, 4, 1, w, x, y) == wrong, "k 0");
    CHECK(myelin_cuda_matmul(stream, MYELIN_CUDA_Q4_0, -32, 4, 1, w, x, y) == wrong, "k -32");
    CHECK(myelin_cuda_matmul(stream, MYELIN_CUDA_Q4_0, 256, -1, 1, w, x, y) == wrong, "n -1");
    CHECK(myelin_cuda_matmul(stream, MYELIN_CUDA_Q4_0, 256, 4, -1, w, x, y) == wrong, "m -1");
    CHECK(myelin_cuda_matmul(stream, MYELIN_CUDA_Q4_0, 256, INT64_MAX, 1, w, x, y) == wrong, "n too large");
    CHECK(myelin_cuda_matmul(stream, MYELIN_CUDA_Q4_0, 256, 4, INT64_MAX, w, x, y) == wrong, "m too large");
    CHECK(myelin_cuda_matmul(stream, MYELIN_CUDA_Q4_0, 256, 4, 1, NULL, x, y) == wrong, "no weights");
    CHECK(myelin_cuda_matmul(stream, MYELIN_CUDA_Q4_0, 256, 4, 1, w, NULL, y) == wrong, "no x");
    CHECK(myelin_cuda_matmul(stream, MYELIN_CUDA_Q4_0, 256, 4, 1, w, x, NULL) == wrong, "no y");
    CHECK(myelin_cuda_matmul(stream, MYELIN_CUDA_Q4_0, 256, 4, 1, (char *)w + 2, x, y) == wrong,
          "weights at 2");
    CHECK(myelin_cuda_matmul(stream, MYELIN_CUDA_Q4_0, 256, 4, 1, w, x + 1, y) == wrong, "x at 4");
    CHECK(myelin_cuda_matmul(stream, MYELIN_CUDA_Q4_0, 256, 4, 1, w, x, y + 2) == wrong, "y at 8");
    CHECK(myelin_cuda_matmul(NULL, MYELIN_CUDA_Q4_0, 256, 4, 1, w, x, y) == wrong, "no stream");
    if (stream != NULL) {
        CHECK(myelin_cuda_matmul(stream, MYELIN_CUDA_Q4_0, 256, 0, 1, w, x, y) == MYELIN_CUDA_OK, "no rows");
        CHECK(myelin_cuda_matmul(stream, MYELIN_CUDA_Q4_0, 256, 4, 0, w, x, y) == MYELIN_CUDA_OK,
              "no positions");
    }
}

static void test_nulls(void) {
    const int32_t wrong = MYELIN_CUDA_ERROR_ARGUMENT;
    int32_t a;
    uint64_t b;
    char name[8];
    CHECK(myelin_cuda_device_count(NULL) == wrong, "count");
    CHECK(myelin_cuda_device_name(0, NULL, 8) == wrong && myelin_cuda_device_name(0, name, 0) == wrong,
          "name");
    CHECK(myelin_cuda_device_capability(0, NULL, &a) == wrong &&
              myelin_cuda_device_capability(0, &a, NULL) == wrong,
          "capability");
    CHECK(myelin_cuda_device_memory(0, NULL, &b) == wrong && myelin_cuda_device_memory(0, &b, NULL) == wrong,
          "memory");
    CHECK(myelin_cuda_allocate(0, 64, NULL) == wrong, "allocate");
    CHECK(myelin_cuda_free(0, NULL) == MYELIN_CUDA_OK, "free");
    CHECK(myelin_cuda_stream_open(0, NULL) == wrong, "open");
    CHECK(myelin_cuda_stream_close(NULL) == MYELIN_CUDA_OK, "close");
    CHECK(myelin_cuda_stream_synchronize(NULL) == wrong, "synchronize");
    CHECK(myelin_cuda_upload(NULL, name, name, 8) == wrong, "upload");
    CHECK(myelin_cuda_download(NULL, name, name, 8) == wrong, "download");
}

static void test_no_such_device(int32_t device, int32_t status) {
    int32_t a = 1;
    int32_t b = 1;
    uint64_t c = 1;
    uint64_t d = 1;
    char name[8] = "x";
    void *memory = name;
    myelin_cuda_stream *stream = (myelin_cuda_stream *)name;
    CHECK(myelin_cuda_device_name(device, name, sizeof name) == status && name[0] == '\0', "device %d",
          device);
    CHECK(myelin_cuda_device_capability(device, &a, &b) == status && a == 0 && b == 0, "device %d", device);
    CHECK(myelin_cuda_device_memory(device, &c, &d) == status && c == 0 && d == 0, "device %d", device);
    CHECK(myelin_cuda_allocate(device, 64, &memory) == status && memory == NULL, "device %d", device);
    CHECK(myelin_cuda_free(device, name) == status, "device %d", device);
    CHECK(myelin_cuda_stream_open(device, &stream) == status && stream == NULL, "device %d", device);
}

static void test_device(void) {
    char text[] = "there and back";
    char back[sizeof text] = "";
    void *memory = NULL;
    myelin_cuda_stream *stream = NULL;
    CHECK(myelin_cuda_stream_open(0, &stream) == MYELIN_CUDA_OK, "open");
    CHECK(myelin_cuda_allocate(0, 0, &memory) == MYELIN_CUDA_ERROR_ARGUMENT, "0 bytes");
    CHECK(myelin_cuda_allocate(0, SIZE_MAX / 4, &memory) == MYELIN_CUDA_ERROR_MEMORY && memory == NULL,
          "too much");
    CHECK(myelin_cuda_allocate(0, sizeof text, &memory) == MYELIN_CUDA_OK && memory != NULL, "allocate");
    CHECK((uintptr_t)memory % 256 == 0, "alignment");
    CHECK(myelin_cuda_upload(stream, memory, text, sizeof text) == MYELIN_CUDA_OK, "upload");
    CHECK(myelin_cuda_download(stream, back, memory, sizeof text) == MYELIN_CUDA_OK, "download");
    CHECK(strcmp(text, back) == 0, "'%s'", back);
    CHECK(myelin_cuda_upload(stream, NULL, text, 1) == MYELIN_CUDA_ERROR_ARGUMENT, "nowhere");
    CHECK(myelin_cuda_upload(stream, NULL, NULL, 0) == MYELIN_CUDA_OK, "nothing");
    test_matmul(stream);
    CHECK(myelin_cuda_stream_synchronize(stream) == MYELIN_CUDA_OK, "synchronize");
    CHECK(myelin_cuda_free(0, memory) == MYELIN_CUDA_OK, "free");
    CHECK(myelin_cuda_stream_close(stream) == MYELIN_CUDA_OK, "close");
}

int main(void) {
    test_identity();
    test_sizes();
    test_nulls();
    test_matmul(NULL);
    int32_t count = -1;
    const int32_t status = myelin_cuda_device_count(&count);
    if (status == MYELIN_CUDA_OK) {
        CHECK(count > 0, "%d devices", count);
        test_no_such_device(-1, MYELIN_CUDA_ERROR_ARGUMENT);
        test_no_such_device(count, MYELIN_CUDA_ERROR_ARGUMENT);
        test_device();
    } else {
        CHECK(status == MYELIN_CUDA_ERROR_NO_DEVICE && count == 0, "status %d, %d devices", status, count);
        for (int32_t device = -1; device < 2; device++) {
            test_no_such_device(device, MYELIN_CUDA_ERROR_NO_DEVICE);
        }
        printf("no device: copies and streams were not tested\n");
    }
    return checks_failed();
}
