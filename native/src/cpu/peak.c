/* The f32 and memory peak of a core. */

#include "dispatch.h"
#include "myelin.h"

uint64_t myelin_fma_flops(int64_t rounds) {
    return rounds < 1 ? 0 : sgemm_in_use()->flops(rounds);
}

uint64_t myelin_read_memory(const void *address, size_t bytes) {
    return address == NULL ? 0 : sgemm_in_use()->read(address, bytes);
}
