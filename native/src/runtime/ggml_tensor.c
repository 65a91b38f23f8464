#include "ggml_tensor.h"

#include "myelin.h"

int32_t myelin_check_tensor_layout(size_t ne, size_t nb, size_t src, size_t data) {
    const int same = ne == offsetof(struct ggml_tensor, ne) && nb == offsetof(struct ggml_tensor, nb) &&
                     src == offsetof(struct ggml_tensor, src) && data == offsetof(struct ggml_tensor, data);
    return same ? MYELIN_OK : MYELIN_ERROR_UNSUPPORTED;
}
