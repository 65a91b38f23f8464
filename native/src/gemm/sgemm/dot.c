/* The dot product of two long vectors, as in the norm of all parameters of a model. */
#include "sgemm.h"

enum {
    CHAINS = 32, /* independent sums, which compilers vectorise */
    RUN = 4096,  /* products that are summed in f32 */
};

float sgemm_dot(int64_t k, const float *x, const float *y) {
    double total = 0;
    for (int64_t from = 0; from < k; from += RUN) {
        const int64_t end = k - from < RUN ? k : from + RUN;
        float sum[CHAINS] = {0};
        int64_t i = from;
        for (; i + CHAINS <= end; i += CHAINS) {
            for (int j = 0; j < CHAINS; j++) {
                sum[j] += x[i + j] * y[i + j];
            }
        }
        for (int j = 0; i < end; i++, j++) {
            sum[j] += x[i] * y[i];
        }
        for (int j = 0; j < CHAINS; j++) {
            total += (double)sum[j];
        }
    }
    return (float)total;
}
