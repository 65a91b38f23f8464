/*
 * GEMV of superblocks for one row of X: four rows of W at a time, each from its beginning to its end, four
 * K-blocks at a time. The steps of a block are added across registers, four rows together; then the 16
 * superblocks are lanes of a register, and each adds its blocks in the order of the reference.
 */
#include "avx512_row.h"
#include "avx512_superblocks.h"

enum {
    MAX_K_BLOCKS = 128,          /* of a row at a time */
    MORE_K_BLOCKS = ROWS_AT_ONCE /* beyond the last one, whose sums are not used */
};

/** A K-block of X as a type reads it. */
typedef struct {
    int8_t q[K_BLOCK];
    int32_t start[K_BLOCK / 4]; /* what the zero point of the weights takes from each step */
} __attribute__((aligned(64))) row_x;

/** K-blocks of X. */
typedef struct {
    row_x block[MAX_K_BLOCKS];
    int16_t sums[BLOCKS / 2][MAX_K_BLOCKS + MORE_K_BLOCKS][4][2]
        __attribute__((aligned(64))); /* pairs of sums, four times each */
    float d[MAX_K_BLOCKS + MORE_K_BLOCKS];
} rows_x;

/** Prepares a K-block; zero is the zero point of the weights. */
typedef void (*prepare_x_fn)(const activation_block *x, row_x *out, int16_t sums[BLOCKS]);

/** The quants of a K-block, in registers of 16 steps. */
typedef void (*read_quants_fn)(const char *w, __m512i out[4]);

/** Of four K-blocks: sums of the four rows in each lane of 16 bytes. */
typedef struct {
    __m512i of[ROWS_AT_ONCE][4];
} lane_sums;

/** Adds the blocks of 16 superblocks, of which the first has number k of its row. */
typedef __m512 (*add_blocks_fn)(const sixteen_blocks *w, const rows_x *x, int64_t k, const lane_sums *sums);

/** What a type does. A lane of 16 bytes has sums of a group. */
typedef struct {
    size_t bytes; /* of a superblock */
    int of_32;    /* groups of 32: registers 2 and 3 are added to 0 and 1, sums of a group exceed 16 bits */
    prepare_x_fn prepare;
    read_quants_fn read;
    add_blocks_fn add_blocks;
} row_type;

/** The sums of a K-block of four rows. */
INLINE void multiply_k_block(const row_type *t, const char *const w[ROWS_AT_ONCE], size_t at, const row_x *x,
                             __m512i out[4]) {
    const int registers = t->of_32 ? 2 : 4;
    __m512i sum[ROWS_AT_ONCE][4];
    UNROLL(r, ROWS_AT_ONCE) {
        __m512i q[4];
        t->read(w[r] + at, q);
        UNROLL(i, 4) {
            const __m512i start = !t->of_32       ? _mm512_load_si512(x->start + 16 * i)
                                  : i < registers ? _mm512_setzero_si512()
                                                  : sum[r][i % registers];
            sum[r][i % registers] = _mm512_dpbusd_epi32(start, q[i], _mm512_load_si512(x->q + 64 * i));
        }
    }
    UNROLL(i, registers) {
        const __m512i low = add_pairs(sum[0][i], sum[1][i]);
        const __m512i high = add_pairs(sum[2][i], sum[3][i]);
        out[i] = t->of_32 ? add_wide_pairs(low, high) : add_pairs(low, high);
    }
}

/** Rows of W and K-blocks of X. */
typedef struct {
    const char *w[ROWS_AT_ONCE];
    const char *prefetch; /* as much as is read */
    int64_t k_blocks;
    const rows_x *x;
} four_rows;

/** Adds the products of four rows to y. */
INLINE __m128 multiply_rows(const row_type *t, const four_rows *rows, __m128 y) {
    char rest[ROWS_AT_ONCE][ROWS_AT_ONCE * sizeof(block_q6_k)];
    const size_t bytes = t->bytes;
    for (int64_t k = 0; k < rows->k_blocks; k += ROWS_AT_ONCE) {
        sixteen_blocks w = {.step = bytes};
        const int64_t left = rows->k_blocks - k;
        UNROLL(r, ROWS_AT_ONCE) {
            w.w[r] = rows->w[r] + (size_t)k * bytes;
            if (left < ROWS_AT_ONCE) {
                memcpy(rest[r], w.w[r], (size_t)left * bytes);
                w.w[r] = rest[r];
            }
        }
        lane_sums sums;
        for (int i = 0; i < ROWS_AT_ONCE; i++) {
            prefetch_l2(rows->prefetch + (size_t)(k + i) * ROWS_AT_ONCE * bytes, ROWS_AT_ONCE * bytes);
            const int64_t at = i < left ? i : 0;
            multiply_k_block(t, w.w, (size_t)at * bytes, rows->x->block + k + at, sums.of[i]);
        }
        const __m512 f = t->add_blocks(&w, rows->x, k, &sums);
        const float *d = rows->x->d + k;
        UNROLL(i, ROWS_AT_ONCE) {
            if (i < left) {
                y = _mm_fmadd_ps(_mm512_extractf32x4_ps(f, i), _mm_set1_ps(d[i]), y);
            }
        }
    }
    return y;
}

INLINE void multiply_superblocks(const row_type *t, const gemm_args *args, int64_t from, int64_t to) {
    rows_x x;
    float *y = args->y + scatter_row(args, 0) * args->y_stride;
    const int64_t k_blocks = args->k / K_BLOCK;
    for (int64_t first = 0, count; first < k_blocks; first += count) {
        count = k_blocks - first < MAX_K_BLOCKS ? k_blocks - first : MAX_K_BLOCKS;
        memset(x.d + count, 0, sizeof(float[MORE_K_BLOCKS]));
        for (int64_t i = 0; i < count; i++) {
            int16_t sums[BLOCKS];
            t->prepare(args->x + first + i, x.block + i, sums);
            x.d[i] = args->x[first + i].d[0];
            for (int j = 0; j < 2 * BLOCKS; j++) {
                memcpy(x.sums[j / 4][i][j % 4], sums + 2 * (j / 4), sizeof x.sums[0][0][0]);
            }
        }
        for (int64_t row = from; row < to; row += ROWS_AT_ONCE) {
            const int64_t n = to - row < ROWS_AT_ONCE ? to - row : ROWS_AT_ONCE;
            four_rows rows = {.k_blocks = count, .x = &x};
            take_four_rows(args, row, to, (size_t)first * t->bytes, rows.w, &rows.prefetch);
            float sums[ROWS_AT_ONCE] __attribute__((aligned(16))) = {0};
            memcpy(sums, y + row, first > 0 ? (size_t)n * sizeof *y : 0);
            _mm_store_ps(sums, multiply_rows(t, &rows, _mm_load_ps(sums)));
            memcpy(y + row, sums, (size_t)n * sizeof *y);
        }
    }
}

/* ---- what a type adds -------------------------------------------------------------------------------- */

/** Bytes shifted right by as many bits as their lane has, left if negative; with bits of their neighbours. */
INLINE __m512i shift_lanes(__m512i v, const int a, const int b, const int c, const int d) {
    const uint64_t bytes = 0x3830282018100800;
    const uint64_t each = 0x0101010101010101;
    const long long at[4] = {(long long)(bytes + each * (a & 63)), (long long)(bytes + each * (b & 63)),
                             (long long)(bytes + each * (c & 63)), (long long)(bytes + each * (d & 63))};
    return _mm512_multishift_epi64_epi8(
        _mm512_setr_epi64(at[0], at[0], at[1], at[1], at[2], at[2], at[3], at[3]), v);
}

/** 32 bytes, twice. */
INLINE __m512i load_twice(const char *p) {
    return _mm512_broadcast_i64x4(_mm256_loadu_si256((const void *)p));
}

/** Groups of 32: the first halves of even groups, of odd groups, then the last halves. */
INLINE void prepare_32(const activation_block *x, row_x *out, int16_t sums[BLOCKS]) {
    for (int i = 0; i < 2 * BLOCKS; i++) {
        memcpy(out->q + 128 * (i % 2) + 64 * (i / 2 % 2) + 16 * (i / 4), x->q + 16 * i, 16);
    }
    memcpy(sums, x->sums_32, sizeof x->sums_32);
}

/** Groups of 16 in order; the zero point is 32. There are no mins. */
INLINE void prepare_q6_k(const activation_block *x, row_x *out, int16_t sums[BLOCKS]) {
    memcpy(out->q, x->q, sizeof out->q);
    memset(sums, 0, BLOCKS * sizeof *sums);
    const __m512i none = _mm512_setzero_si512();
    UNROLL(i, 4) {
        const __m512i q = _mm512_load_si512(out->q + 64 * i);
        const __m512i taken = _mm512_dpbusd_epi32(none, _mm512_set1_epi8(32), q);
        _mm512_store_si512(out->start + 16 * i, _mm512_sub_epi32(none, taken));
    }
}

/** 128 bytes of nibbles: the first 16 of each 32, and the last ones. */
INLINE void load_halves(const char *p, __m512i out[2]) {
    const __m512i a = _mm512_loadu_si512(p);
    __m512i b = _mm512_loadu_si512(p + 64);
    __asm__("" : "+v"(b)); /* to a register: as a memory operand it would be read twice */
    out[0] = _mm512_shuffle_i64x2(a, b, 0x88);
    out[1] = _mm512_shuffle_i64x2(a, b, 0xdd);
}

INLINE void read_quants_q4_k(const char *w, __m512i out[4]) {
    __m512i bytes[2];
    load_halves(w + offsetof(block_q4_k, qs), bytes);
    UNROLL(i, 2) {
        out[2 * i] = low_nibbles(bytes[i]);
        out[2 * i + 1] = high_nibbles(bytes[i]);
    }
}

INLINE void read_quants_q5_k(const char *w, __m512i out[4]) {
    const __m512i mask = _mm512_set1_epi8(15);
    const __m512i all = _mm512_set1_epi8(31);
    __m512i bytes[2];
    load_halves(w + offsetof(block_q5_k, qs), bytes);
    UNROLL(i, 2) {
        const void *qh = w + offsetof(block_q5_k, qh) + 16 * i;
        const __m512i fifth = _mm512_broadcast_i32x4(_mm_loadu_si128(qh));
        const __m512i low = select_bits(mask, bytes[i], shift_lanes(fifth, -4, -2, 0, 2));
        const __m512i high =
            select_bits(mask, _mm512_srli_epi16(bytes[i], 4), shift_lanes(fifth, -3, -1, 1, 3));
        out[2 * i] = _mm512_and_si512(low, all);
        out[2 * i + 1] = _mm512_and_si512(high, all);
    }
}

INLINE void read_quants_q6_k(const char *w, __m512i out[4]) {
    UNROLL(i, 2) {
        const __m512i bytes = _mm512_loadu_si512(w + offsetof(block_q6_k, ql) + 64 * i);
        const __m512i high = load_twice(w + offsetof(block_q6_k, qh) + 32 * i);
        const __m512i mask = _mm512_set1_epi8(15);
        const __m512i all = _mm512_set1_epi8(63);
        const __m512i first = select_bits(mask, bytes, shift_lanes(high, -4, -4, -2, -2));
        const __m512i second = select_bits(mask, _mm512_srli_epi16(bytes, 4), shift_lanes(high, 0, 0, 2, 2));
        out[2 * i] = _mm512_and_si512(first, all);
        out[2 * i + 1] = _mm512_and_si512(second, all);
    }
}

/** 16-byte lane i of register j of each four superblocks to out[i]: a lane of 32 bits is a superblock. */
INLINE void transpose_lanes(const lane_sums *sums, int j, __m512i out[4]) {
    const __m512i low01 = _mm512_shuffle_i64x2(sums->of[0][j], sums->of[1][j], 0x44);
    const __m512i high01 = _mm512_shuffle_i64x2(sums->of[0][j], sums->of[1][j], 0xee);
    const __m512i low23 = _mm512_shuffle_i64x2(sums->of[2][j], sums->of[3][j], 0x44);
    const __m512i high23 = _mm512_shuffle_i64x2(sums->of[2][j], sums->of[3][j], 0xee);
    out[0] = _mm512_shuffle_i64x2(low01, low23, 0x88);
    out[1] = _mm512_shuffle_i64x2(low01, low23, 0xdd);
    out[2] = _mm512_shuffle_i64x2(high01, high23, 0x88);
    out[3] = _mm512_shuffle_i64x2(high01, high23, 0xdd);
}

/** Products of mins and sums of X. */
INLINE __m512 dot_mins(const __m512i *min, const int pairs, const rows_x *x, int64_t k) {
    __m512i sum = _mm512_setzero_si512();
    UNROLL(i, pairs) {
        sum = _mm512_dpwssd_epi32(sum, min[i], _mm512_loadu_si512(x->sums[i][k]));
    }
    return _mm512_cvtepi32_ps(sum);
}

INLINE __m512 add_groups_of_16(const sixteen_blocks *w, const rows_x *x, int64_t k, const lane_sums *sums) {
    (void)x;
    (void)k;
    panel scale; /* the quants are not used */
    __m512 f = _mm512_setzero_ps();
    scales_q6_k(w, &scale);
    UNROLL(half, 2) {
        __m512i dots[8];
        transpose_lanes(sums, 2 * half, dots);
        transpose_lanes(sums, 2 * half + 1, dots + 4);
        UNROLL(i, 8) {
            const int b = superblock_16_order(8 * half + i);
            f = _mm512_fmadd_ps(_mm512_cvtepi32_ps(dots[b % 8]), _mm512_load_ps(scale.d[b]), f);
        }
    }
    return f;
}

INLINE __m512 add_groups_of_32(const sixteen_blocks *w, const rows_x *x, int64_t k, const lane_sums *sums) {
    panel scale; /* the quants are not used */
    scales_q4_k(w, &scale);
    __m512 f = _mm512_mul_ps(dot_mins((const void *)scale.mins, BLOCKS / 2, x, k),
                             _mm512_sub_ps(_mm512_setzero_ps(), _mm512_load_ps(scale.dmin)));
    __m512i dots[8];
    transpose_lanes(sums, 0, dots);
    transpose_lanes(sums, 1, dots + 4);
    UNROLL(i, BLOCKS) {
        const __m512 dot = _mm512_cvtepi32_ps(dots[4 * (i % 2) + i / 2]);
        f = _mm512_fmadd_ps(dot, _mm512_load_ps(scale.d[i]), f);
    }
    return f;
}

/** Defines the function of a type. */
#define DEFINE_ROW(name, of_32, prepare, add_blocks)                                                  \
    void avx512_row_##name(const gemm_args *args, int64_t from, int64_t to) {                         \
        const row_type type = {sizeof(block_##name), of_32, prepare, read_quants_##name, add_blocks}; \
        multiply_superblocks(&type, args, from, to);                                                  \
    }

DEFINE_ROW(q4_k, 1, prepare_32, add_groups_of_32)
DEFINE_ROW(q5_k, 1, prepare_32, add_groups_of_32)
DEFINE_ROW(q6_k, 0, prepare_q6_k, add_groups_of_16)
