/** The table of GEMV of whole rows. A file that includes this defines ROWS, its name. */
#include "avx2_row_superblocks.h"
#include "avx2_row_types.h"

#define ROWS_OF_GRID(type, name, ...) [TYPE_##type] = {avx2_rows_##name, 4},

const row_gemv ROWS[TYPE_COUNT] = {
    [TYPE_Q4_0] = {row_gemv_q4_0, 2},           [TYPE_Q4_1] = {row_gemv_q4_1, 2},
    [TYPE_Q5_0] = {row_gemv_q5_0, 2},           [TYPE_Q5_1] = {row_gemv_q5_1, 3},
    [TYPE_Q8_0] = {row_gemv_q8_0, 2},           [TYPE_IQ4_NL] = {row_gemv_iq4_nl, 2},
    [TYPE_IQ4_XS] = {row_gemv_iq4_xs, 3},       [TYPE_MXFP4] = {row_gemv_mxfp4, 2},
    [TYPE_Q2_K] = {row_gemv_q2_k, MAX_GROUP_N}, [TYPE_Q3_K] = {row_gemv_q3_k, MAX_GROUP_N},
    [TYPE_Q4_K] = {row_gemv_q4_k, MAX_GROUP_N}, [TYPE_Q5_K] = {row_gemv_q5_k, MAX_GROUP_N},
    [TYPE_Q6_K] = {row_gemv_q6_k, MAX_GROUP_N}, EACH_GRID_TYPE(ROWS_OF_GRID)};
