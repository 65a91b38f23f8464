/* The exported functions: checks of arguments. */
#include "weights.h"
#include "cpu/dispatch.h"
#include "myelin.h"

int32_t myelin_quantize_block_size(int32_t type) {
    if (type < 0 || type >= TYPE_COUNT || weights_in_use()->quantize[type] == NULL) {
        return 0;
    }
    return type == TYPE_Q4_0 || type == TYPE_Q8_0 ? 32 : 256;
}

int32_t myelin_quantize(int32_t type, const float *x, int64_t n, void *out) {
    const int32_t block = myelin_quantize_block_size(type);
    if (block == 0) {
        const int32_t status = myelin_isa_status();
        return status == MYELIN_OK ? MYELIN_ERROR_UNSUPPORTED : status;
    }
    if (x == NULL || out == NULL || n < 0 || n % block != 0) {
        return MYELIN_ERROR_ARGUMENT;
    }
    weights_in_use()->quantize[type](n, x, out);
    return MYELIN_OK;
}

int32_t myelin_to_f32(int32_t type, const void *x, int64_t n, float *out, uint32_t *largest) {
    if (myelin_isa_status() != MYELIN_OK) {
        return myelin_isa_status();
    }
    if (x == NULL || out == NULL || largest == NULL || n < 0) {
        return MYELIN_ERROR_ARGUMENT;
    }
    switch (type) {
        case TYPE_F32:
            *largest = weights_in_use()->max_bits(n, x);
            return MYELIN_OK;
        case TYPE_F16:
            *largest = weights_in_use()->f16_to_f32(n, x, out);
            return MYELIN_OK;
        case TYPE_BF16:
            *largest = weights_in_use()->bf16_to_f32(n, x, out);
            return MYELIN_OK;
        default:
            return MYELIN_ERROR_UNSUPPORTED;
    }
}
