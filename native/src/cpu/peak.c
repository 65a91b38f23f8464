/* What this machine can do, for others to compare with. */
#include "gemm/sgemm/sgemm.h"
#include "myelin.h"

uint64_t myelin_fma_flops(int64_t rounds) {
    return rounds < 1 ? 0 : products_table()->flops(rounds);
}

uint64_t myelin_read(const void *address, size_t bytes) {
    return address == NULL ? 0 : products_table()->read(address, bytes);
}
