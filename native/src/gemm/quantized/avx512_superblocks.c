/* Superblocks, read in four parts of 64 weights: two groups of 32, or four of 16. */
#include "avx512_superblocks.h"

/** Reads what all parts share. */
typedef void (*prepare_fn)(const char *w, size_t stride, __m512i extra[8]);

/** What is prefetched while a part is read. */
typedef struct {
    const char *prefetch; /* to the L2 cache: a quarter of 16 K-blocks, in the order of memory */
    const char *rows;     /* to the L1 cache: the next K-block of four rows */
    size_t stride;        /* of these rows */
    size_t bytes;         /* of a K-block */
} prefetch_plan;

/** What to prefetch with a part of the K-block of 16 rows at w. */
INLINE prefetch_plan plan_prefetch(const char *prefetch, const char *w, size_t stride, const size_t bytes,
                                   int part) {
    return (prefetch_plan){prefetch + PANEL_ROWS * bytes / 4 * (size_t)part, w + 4 * (size_t)part * stride,
                           stride, bytes};
}

/** Issues the prefetches of piece i of pieces; without a plan, none. */
INLINE void prefetch_part(const prefetch_plan *f, const size_t i, const size_t pieces) {
    if (f == NULL) {
        return;
    }
    const size_t lines = (PANEL_ROWS * f->bytes / 4 + 63) / 64;
    const size_t from = lines * i / pieces;
    prefetch_l2(f->prefetch + 64 * from, 64 * (lines * (i + 1) / pieces - from));
    const size_t row = 4 * i / pieces;
    prefetch_l1(f->rows, f->stride, (int)row, (int)(4 * (i + 1) / pieces - row), f->bytes);
}

/** Reads a part: two groups of 32, or four of 16. */
typedef void (*read_part_fn)(const char *w, size_t stride, int part, const prefetch_plan *f,
                             const __m512i extra[8], __m512i q[16]);

INLINE void prepare_none(const char *w, size_t stride, __m512i extra[8]) {
    (void)w;
    (void)stride;
    (void)extra;
}

INLINE void read_q4_k(const char *w, size_t stride, int part, const prefetch_plan *f, const __m512i extra[8],
                      __m512i q[16]) {
    (void)extra;
    prefetch_part(f, 0, 1);
#pragma GCC unroll 2
    for (int half = 0; half < 2; half++) {
        __m512i bytes[4];
        transpose(w + offsetof(block_q4_k, qs) + 32 * part + 16 * half, stride, bytes);
#pragma GCC unroll 4
        for (int j = 0; j < 4; j++) {
            q[4 * half + j] = low_nibbles(bytes[j]);
            q[4 * half + j + 8] = high_nibbles(bytes[j]);
        }
    }
}

INLINE void prepare_q5_k(const char *w, size_t stride, __m512i extra[8]) {
    transpose(w + offsetof(block_q5_k, qh), stride, extra);
    transpose(w + offsetof(block_q5_k, qh) + 16, stride, extra + 4);
}

/** Bit 0 of each byte of v, shifted right, as the fifth bit. */
INLINE __m512i fifth_of(__m512i v, unsigned shift) {
    return _mm512_slli_epi32(_mm512_and_si512(_mm512_srli_epi32(v, shift), _mm512_set1_epi8(1)), 4);
}

INLINE void read_q5_k(const char *w, size_t stride, int part, const prefetch_plan *f, const __m512i extra[8],
                      __m512i q[16]) {
    read_q4_k(w + offsetof(block_q5_k, qs) - offsetof(block_q4_k, qs), stride, part, f, extra, q);
#pragma GCC unroll 8
    for (int j = 0; j < 8; j++) {
        q[j] = _mm512_or_si512(q[j], fifth_of(extra[j], 2 * (unsigned)part));
        q[j + 8] = _mm512_or_si512(q[j + 8], fifth_of(extra[j], 2 * (unsigned)part + 1));
    }
}

INLINE void read_q6_k(const char *w, size_t stride, int part, const prefetch_plan *f, const __m512i extra[8],
                      __m512i q[16]) {
    (void)extra;
    const __m512i two = _mm512_set1_epi8(0x30);
    const char *ql = w + 64 * (part / 2) + 16 * (part % 2);
    __m512i first[4];
    __m512i second[4];
    __m512i bits[4];
    /* piece by piece: issued all at once, the prefetches delay these loads */
    prefetch_part(f, 0, 3);
    transpose(ql, stride, first);
    prefetch_part(f, 1, 3);
    transpose(ql + 32, stride, second);
    prefetch_part(f, 2, 3);
    transpose(w + offsetof(block_q6_k, qh) + 16 * part, stride, bits);
#pragma GCC unroll 4
    for (int j = 0; j < 4; j++) {
        const __m512i high0 = _mm512_and_si512(_mm512_slli_epi32(bits[j], 4), two);
        const __m512i high1 = _mm512_and_si512(_mm512_slli_epi32(bits[j], 2), two);
        const __m512i high3 = _mm512_and_si512(_mm512_srli_epi32(bits[j], 2), two);
        q[j] = _mm512_or_si512(low_nibbles(first[j]), high0);
        q[j + 4] = _mm512_or_si512(low_nibbles(second[j]), high1);
        q[j + 8] = _mm512_or_si512(high_nibbles(first[j]), _mm512_and_si512(bits[j], two));
        q[j + 12] = _mm512_or_si512(high_nibbles(second[j]), high3);
    }
}

INLINE void prepare_q3_k(const char *w, size_t stride, __m512i extra[8]) {
    transpose(w, stride, extra);
    transpose(w + 16, stride, extra + 4);
}

INLINE void read_q3_k(const char *w, size_t stride, int part, const prefetch_plan *f, const __m512i extra[8],
                      __m512i q[16]) {
    const __m512i two = _mm512_set1_epi8(3);
    const __m512i one = _mm512_set1_epi8(1);
    __m512i bits[4];
    prefetch_part(f, 0, 1);
    transpose(w + offsetof(block_q3_k, qs) + 16 * part, stride, bits);
#pragma GCC unroll 4
    for (int g = 0; g < 4; g++) {
#pragma GCC unroll 4
        for (int j = 0; j < 4; j++) {
            const unsigned bit = 4 * (unsigned)(part / 2) + (unsigned)g;
            const __m512i low = _mm512_and_si512(_mm512_srli_epi32(bits[j], 2 * (unsigned)g), two);
            const __m512i high = _mm512_and_si512(_mm512_srli_epi32(extra[4 * (part % 2) + j], bit), one);
            q[4 * g + j] = _mm512_or_si512(low, _mm512_slli_epi32(high, 2));
        }
    }
}

/**
 * The block of group g of a part. Blocks of 32 are in order; of blocks of 16 a part has every second one of
 * eight.
 */
INLINE int block_of(const int steps, int part, int g) {
    return steps == 8 ? 2 * part + g : 8 * (part / 2) + 2 * g + part % 2;
}

INLINE void pack_superblocks(prepare_fn prepare, read_part_fn read, read_scales_fn read_scales,
                             const int steps, const char *w, size_t stride, panel *out) {
    __m512i extra[8];
    const sixteen_blocks rows = blocks_of_rows(w, stride);
    prepare(w, stride, extra);
    read_scales(&rows, out);
    for (int part = 0; part < 4; part++) {
        __m512i q[16];
        read(w, stride, part, NULL, extra, q);
#pragma GCC unroll 16
        for (int j = 0; j < 16; j++) {
            _mm512_store_si512(out->q[steps * block_of(steps, part, j / steps) + j % steps], q[j]);
        }
    }
}

INLINE void gemv_superblocks(const int n, prepare_fn prepare, read_part_fn read, read_scales_fn read_scales,
                             const size_t block_bytes, const int steps, const int zero_shift, const char *w,
                             size_t stride, const char *prefetch, const activation_block *x, float *y) {
    panel scale; /* the quants are not used */
    __m512i extra[8];
    __m512 f[MAX_GEMV_N];
    const sixteen_blocks rows = blocks_of_rows(w, stride);
    prepare(w, stride, extra);
    read_scales(&rows, &scale);
    EACH_X(r) {
        f[r] = steps == 8 ? avx512_min_offset_32(&scale, x + r) : _mm512_setzero_ps();
    }
    for (int part = 0; part < 4; part++) {
        __m512i q[16];
        const prefetch_plan plan = plan_prefetch(prefetch, w, stride, block_bytes, part);
        read(w, stride, part, &plan, extra, q);
#pragma GCC unroll 4
        for (int g = 0; g < 4; g++) {
            if (g * steps >= 16) {
                break; /* only two groups of 32 */
            }
            const int b = block_of(steps, part, g);
            EACH_X(r) {
                const __m512i start =
                    steps == 8 ? _mm512_setzero_si512()
                               : _mm512_slli_epi32(_mm512_set1_epi32(x[r].neg_sums[b]), (unsigned)zero_shift);
                const __m512i sum = dot_product(steps, start, q + steps * g, x[r].q + 4 * steps * b);
                f[r] = _mm512_fmadd_ps(_mm512_cvtepi32_ps(sum), _mm512_load_ps(scale.d[b]), f[r]);
            }
        }
    }
    EACH_X(r) {
        *sums_at(y, r) = _mm512_fmadd_ps(f[r], _mm512_set1_ps(x[r].d[0]), *sums_at(y, r));
    }
}

/** Defines both functions of a type in superblocks. */
#define DEFINE_SUPER(name, prepare, scales, steps, zero_shift)                                        \
    void avx512_pack_##name(const char *w, size_t stride, int blocks, panel *out) {                   \
        (void)blocks;                                                                                 \
        pack_superblocks(prepare, read_##name, scales, steps, w, stride, out);                        \
    }                                                                                                 \
    void avx512_gemv_##name(const char *w, size_t stride, int blocks, const char *prefetch,           \
                            const activation_block *x, int n, float *y) {                             \
        (void)blocks;                                                                                 \
        CALL_WITH_N_TO_8(gemv_superblocks, prepare, read_##name, scales, sizeof(block_##name), steps, \
                         zero_shift, w, stride, prefetch, x, y)                                       \
    }

DEFINE_SUPER(q3_k, prepare_q3_k, scales_q3_k, 4, 2)
DEFINE_SUPER(q4_k, prepare_none, scales_q4_k, 8, 0)
DEFINE_SUPER(q5_k, prepare_q5_k, scales_q4_k, 8, 0)
DEFINE_SUPER(q6_k, prepare_none, scales_q6_k, 4, 5)

/* ---- q2_K: integer scales ---------------------------------------------------------------------------- */

/**
 * The quants of a panel are multiplied by their scales: at most 45, so a 16-bit multiplication does two of
 * them.
 */
void avx512_pack_q2_k(const char *w, size_t stride, int blocks, panel *out) {
    (void)blocks;
    const sixteen_blocks rows = blocks_of_rows(w, stride);
    const head_q2_k head = read_head_q2_k(&rows);
    _mm512_store_ps(out->d[0], head.d);
    _mm512_store_ps(out->dmin, head.dmin);
#pragma GCC unroll 8
    for (int b = 0; b < BLOCKS; b++) {
        _mm512_store_si512(out->mins[b], head.min[b]);
    }
    for (int part = 0; part < 4; part++) {
        __m512i bits[4];
        transpose(w + offsetof(block_q2_k, qs) + 16 * part, stride, bits);
#pragma GCC unroll 4
        for (int g = 0; g < 4; g++) {
            const int b = block_of(4, part, g);
            const __m512i scale = bytes_of_words(head.scale[b / 4], b % 4, b % 4);
#pragma GCC unroll 4
            for (int j = 0; j < 4; j++) {
                const __m512i shifted = _mm512_srli_epi32(bits[j], 2 * (unsigned)g);
                const __m512i q = _mm512_and_si512(shifted, _mm512_set1_epi8(3));
                _mm512_store_si512(out->q[4 * b + j], _mm512_mullo_epi16(q, scale));
            }
        }
    }
}

/** The dot product of a group fits 16 bits, so one instruction multiplies it by its scale and adds it. */
INLINE void gemv_q2_k(const int n, const char *w, size_t stride, const char *prefetch,
                      const activation_block *x, float *y) {
    const sixteen_blocks rows = blocks_of_rows(w, stride);
    const head_q2_k head = read_head_q2_k(&rows);
    __m512i sum[MAX_GEMV_N][2]; /* of even groups, and of odd groups times 4 */
    EACH_X(r) {
        sum[r][0] = _mm512_setzero_si512();
        sum[r][1] = _mm512_setzero_si512();
    }
    for (int part = 0; part < 4; part++) {
        __m512i bits[4];
        const prefetch_plan plan = plan_prefetch(prefetch, w, stride, sizeof(block_q2_k), part);
        prefetch_part(&plan, 0, 1);
        transpose(w + offsetof(block_q2_k, qs) + 16 * part, stride, bits);
#pragma GCC unroll 4
        for (int g = 0; g < 4; g++) {
            const int b = block_of(4, part, g);
            const __m512i mask = _mm512_set1_epi8(g % 2 == 0 ? 3 : 12);
            /* the high half is zero, because the high half of a sum is its sign */
            const __m512i scale = bytes_of_words(head.scale[b / 4], b % 4, 128);
            __m512i q[4];
#pragma GCC unroll 4
            for (int j = 0; j < 4; j++) {
                bits[j] = g == 2 ? _mm512_srli_epi32(bits[j], 4) : bits[j];
                q[j] = _mm512_and_si512(bits[j], mask);
            }
            EACH_X(r) {
                const __m512i of_group = dot_product(4, _mm512_setzero_si512(), q, x[r].q + 16 * b);
                sum[r][g % 2] = _mm512_dpwssd_epi32(sum[r][g % 2], of_group, scale);
            }
        }
    }
    EACH_X(r) {
        const __m512i all = _mm512_add_epi32(sum[r][0], _mm512_srai_epi32(sum[r][1], 2));
        const __m512 f = _mm512_fmadd_ps(_mm512_cvtepi32_ps(all), head.d,
                                         avx512_min_offset_16(head.min, head.dmin, x + r));
        *sums_at(y, r) = _mm512_fmadd_ps(f, _mm512_set1_ps(x[r].d[0]), *sums_at(y, r));
    }
}

void avx512_gemv_q2_k(const char *w, size_t stride, int blocks, const char *prefetch,
                      const activation_block *x, int n, float *y) {
    (void)blocks;
    CALL_WITH_N_TO_8(gemv_q2_k, w, stride, prefetch, x, y)
}
