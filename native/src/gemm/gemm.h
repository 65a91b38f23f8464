/**
 * Products of quantised weights and quantised activations; of weights that are floats see floats.h.
 *
 * A row of k values is cut into segments of 256. Of 16 rows of W, a segment is unpacked from the
 * file's own layout into a panel that lies in the first cache; panels are multiplied by the same
 * segment of all positions. Products of a block are summed in int32, blocks in f32 in the order of k:
 * so an output is the same bit for bit whatever is computed beside it.
 */
#ifndef MYELIN_SRC_KERNELS_H
#define MYELIN_SRC_KERNELS_H

#include <stddef.h>
#include <stdint.h>

#include "quantize/activations.h"
#include "quantize/blocks.h"

enum {
    COLUMNS = 16,         /* rows of W, columns of the result, of a panel */
    PANELS = 2,           /* panels multiplied together */
    MOST_POSITIONS = 256, /* of one call of multiply_fn */
    MOST_STREAMED = 8,    /* of one call of stream_fn, at most */
};

/** What a panel's scales are for. */
enum panel_kind {
    PANEL_32,           /* d * (q - zero) by 32 */
    PANEL_32_MIN,       /* d * q + m by 32 */
    PANEL_SUPER_32_MIN, /* d * q by 32, less dmin * min, min an integer */
    PANEL_SUPER_16,     /* d * (q - zero) by 16 */
    PANEL_SUPER_16_MIN, /* d * q, q times its scale, less dmin * min by 16; scale and min integers */
    PANEL_KINDS,
};

/** A segment of 16 rows of W. */
typedef struct {
    uint8_t q[SEGMENT / 4][COLUMNS][4]; /* four weights of a row side by side */
    float d[16][COLUMNS];               /* by 32 (8 of them), by 16 or a single one */
    union {
        float m[BLOCKS][COLUMNS];        /* PANEL_32_MIN */
        int16_t min[BLOCKS][COLUMNS][2]; /* by 32 (in the first 4) or by 16 */
    };
    float dmin[COLUMNS];
} __attribute__((aligned(64))) panel;

/** One row's segment, as a type's description has it; the reference of what goes into a panel. */
typedef struct {
    uint8_t q[SEGMENT];
    float d[16];
    float m[BLOCKS];
    int16_t min[16];
    float dmin;
} column;

/** The values of iq4_nl's and iq4_xs's nibbles, plus 128. */
extern const uint8_t CODEBOOK_IQ4[16];

/** Twice the values of E2M1, mxfp4's, plus 16. */
extern const uint8_t CODEBOOK_E2M1[16];

/** Reads a row's segment, or its first blocks of 32. */
typedef void (*column_fn)(const void *w, int blocks, column *out);

/** What there is to know about a type of weights; of floats no more than their size. */
typedef struct {
    enum activation_format format; /* ACTIVATIONS_NONE: no kernel */
    enum panel_kind kind;
    int zero_shift; /* zero = 1 << zero_shift */
    int block;      /* weights of a block */
    size_t bytes;   /* of a block */
    column_fn column;
} kernel_type;

extern const kernel_type kernel_types[TYPE_COUNT];

/** Bytes of a row of k weights. */
static inline size_t kernel_row_bytes(const kernel_type *type, int64_t k) {
    return (size_t)(k / type->block) * type->bytes;
}

/**
 * Unpacks a segment of 16 rows, stride bytes apart, or the first blocks of 32 of it. On its way it asks
 * memory for as many bytes as it reads, at ahead, which need not be there: bit by bit, since what is
 * asked for all at once has to wait.
 */
typedef void (*unpack_fn)(const char *w, size_t stride, int blocks, const char *ahead, panel *out);

/**
 * Adds to y [positions][32] the products of two panels and a segment of each position. positions is
 * at most MOST_POSITIONS.
 */
typedef void (*multiply_fn)(const panel w[PANELS], const segment *x, int64_t positions, int blocks,
                            int zero_shift, float *y);

/**
 * The same products for few positions, at most the table's, and 16 rows, which go from the file's
 * layout straight into registers: y [positions][32], of which a row's half is changed. It
 * asks for memory as unpack_fn does.
 */
typedef void (*stream_fn)(const char *w, size_t stride, int blocks, const char *ahead, const segment *x,
                          int positions, float *y);

/** The i-th block of 16 to be added: those that lie in the same bits of a file's bytes, together. */
static inline int super_16_order(int i) {
    return (i & 8) | (i & 3) << 1 | (i >> 2 & 1);
}

/** The functions of an instruction set. A type without stream goes through panels always, a type without
 * unpack is read by the reference. */
typedef struct {
    unpack_fn unpack[TYPE_COUNT];
    int streamed;      /* positions of a call of stream */
    int most_streamed; /* positions that need no panel: more of them take several calls */
    stream_fn stream[TYPE_COUNT];
    multiply_fn multiply[PANEL_KINDS];
} kernel_table;

/** Unpacks by the type's description, one row after the other. */
void unpack_columns(const kernel_type *type, const char *w, size_t stride, int blocks, panel *out);

/** Rows of f32 where they lie: row i's values are at data + i / used * stride + i % used * slot_stride. */
typedef struct {
    const char *data;
    size_t stride;
    size_t slot_stride;
    int64_t used;
} float_activations;

/** A product's operands, and where its result goes. */
typedef struct {
    int32_t type;
    int64_t k;
    const char *weights; /* rows of W, stride bytes apart */
    size_t stride;
    const segment *x;         /* [segments][positions]; not with ACTIVATIONS_F32 */
    float_activations floats; /* with ACTIVATIONS_F32: the row of a position is that of its place */
    int64_t positions;
    float *y; /* [positions][rows], position_stride floats from one to the next */
    int64_t position_stride;
    const int32_t *places; /* which of y's positions each one is, or null if they are in order */
    const char *next;      /* what is read after the last row of a call: it is asked for ahead */
} product;

/** Which of y's positions one of the product's is. */
static inline int64_t place_of(const product *p, int64_t position) {
    return p->places == NULL ? position : p->places[position];
}

/** The next of as few parts as can be of at most so many positions: of much the same size, so that none is
 * small. */
static inline int64_t even_part(int64_t left, int64_t most) {
    const int64_t parts = (left + most - 1) / most;
    return (left + parts - 1) / parts;
}

struct isa_kernels;

/** Computes rows [from, to) of the product: y of each position at from to to - 1. */
void kernel_product(const struct isa_kernels *isa, const product *p, int64_t from, int64_t to);

/** kernel_product() of quantised weights. */
void quantized_product(const kernel_table *table, const product *p, int64_t from, int64_t to);

/** The reference: every type, any machine, plainly written. */
extern const kernel_table kernels_scalar;

#if defined(__x86_64__)
/** AVX-512 with F, BW, DQ, VL, VBMI and VNNI. */
extern const kernel_table kernels_avx512;

/** AVX2 with FMA and F16C; the second with AVX-VNNI too. */
extern const kernel_table kernels_avx2;
extern const kernel_table kernels_avxvnni;
#elif defined(__aarch64__)
/** NEON with dotprod (Armv8.2), and with i8mm besides (Armv8.6). */
extern const kernel_table kernels_dotprod;
extern const kernel_table kernels_i8mm;
#endif

#endif
