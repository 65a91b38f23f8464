/** The table of GEMV of whole rows. A file that includes this defines ROWS, its name. */
#include "avx2_row_blocks.h"

const row_gemv ROWS[TYPE_COUNT] = {
    [TYPE_Q4_0] = {row_gemv_q4_0, 4},
};
