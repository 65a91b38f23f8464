/* What this machine can do, for others to compare with. */
#include <string.h>

#include "myelin.h"

uint64_t myelin_fma_flops(int64_t rounds) {
    volatile float sink;
    float sum[4] = {0, 1, 2, 3};
    for (int64_t i = 0; i < rounds; i++) {
        for (int j = 0; j < 4; j++) {
            sum[j] = sum[j] * 0.5f + 1.0f;
        }
    }
    sink = sum[0] + sum[1] + sum[2] + sum[3];
    (void)sink;
    return rounds < 1 ? 0 : (uint64_t)rounds * 8;
}

uint64_t myelin_read(const void *address, size_t bytes) {
    const char *from = address;
    uint64_t sum = 0;
    for (size_t i = 0; from != NULL && i + sizeof sum <= bytes; i += sizeof sum) {
        uint64_t word;
        memcpy(&word, from + i, sizeof word);
        sum += word;
    }
    return sum;
}
