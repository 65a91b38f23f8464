/**
 * The dot products of a group: eight superblocks that follow each other in a row of W are the lanes of a
 * vector. Their bytes are transposed as avx2_superblocks.h transposes those of eight rows, and X is arranged
 * to match. So the blocks of all eight are added in one register, in the order of the reference.
 */
#ifndef MYELIN_SRC_GEMM_QUANTIZED_AVX2_ROW_GROUPS_H
#define MYELIN_SRC_GEMM_QUANTIZED_AVX2_ROW_GROUPS_H

#include "avx2_row.h"
#include "avx2_superblocks.h"

enum { MAX_GROUP_N = 2 /* rows of X */ };

/** The K-blocks of a row of X that a group is multiplied by, one a lane. */
typedef struct {
    int8_t q[K_BLOCK / 4][LANES][4]; /* [step] */
    union {
        int32_t start[16][LANES]; /* by blocks of 16: minus the zero point times the sum of the quants */
        int16_t sums[BLOCKS][LANES][2]; /* by 32 (in the first 4), or by 16, negated */
    };
    float d[LANES];
} __attribute__((aligned(32))) group_x;

/** Multiplies the group at w by rows of X. out: [row of X][8][lane], of each 8 only the first is written. */
typedef void (*multiply_group_fn)(const char *w, const group_x *x, prefetcher *ahead, float (*out)[LANES]);

/** Unpacks step j of a block of a part; all but the bytes are constants. */
typedef __m256i (*unpack_step_fn)(const __m256i bytes[PART_REGISTERS], const __m256i extra[8], int part,
                                  int block, int j);

/** v shifted left, right if `by` is negative. */
INLINE __m256i shifted(__m256i v, int by) {
    return by > 0 ? _mm256_slli_epi16(v, by) : by < 0 ? _mm256_srli_epi16(v, -by) : v;
}

INLINE __m256i step_q3_k(const __m256i bytes[PART_REGISTERS], const __m256i extra[8], int part, int block,
                         int j) {
    const __m256i low = _mm256_and_si256(shifted(bytes[j], -2 * block), _mm256_set1_epi8(3));
    const __m256i third = shifted(extra[4 * (part % 2) + j], 2 - 4 * (part / 2) - block);
    return _mm256_or_si256(low, _mm256_and_si256(third, _mm256_set1_epi8(4)));
}

INLINE __m256i step_q4_k(const __m256i bytes[PART_REGISTERS], const __m256i extra[8], int part, int block,
                         int j) {
    (void)extra;
    (void)part;
    return block == 0 ? low_nibbles(bytes[j]) : high_nibbles(bytes[j]);
}

INLINE __m256i step_q5_k(const __m256i bytes[PART_REGISTERS], const __m256i extra[8], int part, int block,
                         int j) {
    const __m256i fifth = shifted(extra[j], 4 - 2 * part - block);
    return _mm256_or_si256(step_q4_k(bytes, extra, part, block, j),
                           _mm256_and_si256(fifth, _mm256_set1_epi8(16)));
}

INLINE __m256i step_q6_k(const __m256i bytes[PART_REGISTERS], const __m256i extra[8], int part, int block,
                         int j) {
    (void)extra;
    (void)part;
    const __m256i low = bytes[4 * (block % 2) + j];
    const __m256i high = shifted(bytes[8 + j], 4 - 2 * block);
    return _mm256_or_si256(block < 2 ? low_nibbles(low) : high_nibbles(low),
                           _mm256_and_si256(high, _mm256_set1_epi8(0x30)));
}

/* in the order of the source: the compiler would unpack more steps than there are registers */
#define IN_ORDER_OF_SOURCE(v) __asm__ volatile("" : "+x"(v))
#define EACH_GROUP_X(r) _Pragma("GCC unroll 2") for (int r = 0; r < n; r++)

INLINE __m256i group_x_step(const group_x *x, int step) {
    return _mm256_load_si256((const void *)x->q[step]);
}

/** How many steps of quants up to max_q are summed in the lanes of partial sums. */
INLINE int steps_of_partial_sums(const int max_q, const int steps) {
    int count = steps;
    while (!HAS_VNNI && count > 1 && 2 * count * max_q * 127 > INT16_MAX) {
        count /= 2;
    }
    return count;
}

/** Sets a to the dot products of block b, less the zero point. */
INLINE void multiply_block(const int n, unpack_step_fn unpack, const int steps, const int max_q,
                           const int has_zero, const __m256i *bytes, const __m256i *extra, const int part,
                           const int block, const int b, const group_x *x, __m256i a[MAX_GROUP_N]) {
    const int count = steps_of_partial_sums(max_q, steps);
#pragma GCC unroll 8
    for (int i = 0; i < steps; i += count) {
        __m256i s[MAX_GROUP_N];
#pragma GCC unroll 8
        for (int j = 0; j < count; j++) {
            const __m256i q = unpack(bytes, extra, part, block, i + j);
            EACH_GROUP_X(r) {
                const __m256i v = group_x_step(x + r, steps * b + i + j);
                s[r] = j == 0 ? multiply_quants(q, v) : multiply_add_quants(s[r], q, v);
                IN_ORDER_OF_SOURCE(s[r]);
            }
        }
        EACH_GROUP_X(r) {
            a[r] = i == 0 ? wide(s[r]) : _mm256_add_epi32(a[r], wide(s[r]));
        }
    }
    EACH_GROUP_X(r) {
        const __m256i *start = (const void *)x[r].start[b];
        a[r] = has_zero ? _mm256_add_epi32(a[r], _mm256_load_si256(start)) : a[r];
    }
}

/** What the mins subtract: by 32 (4 pairs) times sums, or by 16 (8 pairs) times negated sums. */
INLINE __m256 group_min_offset(const panel *head, const int pairs, const group_x *x) {
    __m256i sum = _mm256_setzero_si256();
#pragma GCC unroll 8
    for (int b = 0; b < pairs; b++) {
        const __m256i min = _mm256_load_si256((const void *)head->mins[b][0]);
        const __m256i *sums = (const void *)x->sums[b];
        sum = _mm256_add_epi32(sum, _mm256_madd_epi16(min, _mm256_load_si256(sums)));
    }
    const __m256 dmin = _mm256_load_ps(head->dmin);
    return _mm256_mul_ps(_mm256_cvtepi32_ps(sum),
                         pairs == BLOCKS ? dmin : _mm256_sub_ps(_mm256_setzero_ps(), dmin));
}

/** Blocks of `steps` steps; those of 32 have mins, those of 16 a zero point. */
INLINE void multiply_group(const int n, prepare_fn prepare, load_part_fn load, unpack_step_fn unpack,
                           read_scales_fn read_scales, const size_t bytes, const int steps, const int max_q,
                           const char *w, const group_x *x, prefetcher *ahead, float (*out)[LANES]) {
    const int has_mins = steps == 8;
    panel head; /* the quants are not used */
    __m256i extra[8];
    __m256 f[MAX_GROUP_N];
    prepare(w, bytes, extra);
    read_scales(w, bytes, &head, 0);
    EACH_GROUP_X(r) {
        f[r] = has_mins ? group_min_offset(&head, BLOCKS / 2, x + r) : _mm256_setzero_ps();
    }
#pragma GCC unroll 4
    for (int part = 0; part < 4; part++) {
        __m256i part_bytes[PART_REGISTERS];
        prefetch_bytes(ahead, LANES * bytes / 4);
        load(w, bytes, (size_t)part, part_bytes);
#pragma GCC unroll 4
        for (int i = 0; i < 16 / steps; i++) {
            const int b = has_mins ? 2 * part + i : 8 * (part / 2) + part % 2 + 2 * i;
            __m256i a[MAX_GROUP_N];
            multiply_block(n, unpack, steps, max_q, !has_mins, part_bytes, extra, part, i, b, x, a);
            EACH_GROUP_X(r) {
                f[r] = _mm256_fmadd_ps(_mm256_cvtepi32_ps(a[r]), _mm256_load_ps(head.d[b]), f[r]);
            }
        }
    }
    EACH_GROUP_X(r) {
        _mm256_store_ps(out[LANES * r], f[r]);
    }
}

/** q2_K: scales are integers, so the dot product of a block times its scale is summed as an integer. */
INLINE void multiply_group_q2_k(const int n, const char *w, const group_x *x, prefetcher *ahead,
                                float (*out)[LANES]) {
    const size_t bytes = sizeof(block_q2_k);
    panel head; /* the quants are not used */
    __m256i scales[8];
    __m256i sum[MAX_GROUP_N][2]; /* of even blocks of a part, and of odd ones times 4 */
    prepare_q2_k(w, bytes, scales);
    scales_q2_k(w, bytes, &head, 0);
    EACH_GROUP_X(r) {
        sum[r][0] = _mm256_setzero_si256();
        sum[r][1] = _mm256_setzero_si256();
    }
#pragma GCC unroll 4
    for (int part = 0; part < 4; part++) {
        __m256i q[PART_REGISTERS];
        prefetch_bytes(ahead, LANES * bytes / 4);
        load_q2_k(w, bytes, (size_t)part, q);
#pragma GCC unroll 4
        for (int i = 0; i < 4; i++) {
            const int b = 8 * (part / 2) + part % 2 + 2 * i;
            const __m256i scale = scale_q2_k(scales, (size_t)part, i, !HAS_VNNI);
            __m256i s[MAX_GROUP_N];
#pragma GCC unroll 4
            for (int j = 0; j < 4; j++) {
                q[j] = i == 2 ? _mm256_srli_epi32(q[j], 4) : q[j];
                const __m256i two = _mm256_and_si256(q[j], _mm256_set1_epi8(i % 2 == 0 ? 3 : 12));
                EACH_GROUP_X(r) {
                    const __m256i v = group_x_step(x + r, 4 * b + j);
                    s[r] = j == 0 ? multiply_quants(two, v) : multiply_add_quants(s[r], two, v);
                    IN_ORDER_OF_SOURCE(s[r]);
                }
            }
            EACH_GROUP_X(r) {
#if HAS_VNNI
                sum[r][i % 2] = DPWSSD(sum[r][i % 2], s[r], scale);
#else
                sum[r][i % 2] = _mm256_add_epi32(sum[r][i % 2], _mm256_madd_epi16(s[r], scale));
#endif
            }
        }
    }
    EACH_GROUP_X(r) {
        const __m256i all = _mm256_add_epi32(sum[r][0], _mm256_srai_epi32(sum[r][1], 2));
        _mm256_store_ps(out[LANES * r], _mm256_fmadd_ps(_mm256_cvtepi32_ps(all), _mm256_load_ps(head.d[0]),
                                                        group_min_offset(&head, BLOCKS, x + r)));
    }
}

/** Defines the functions of a type for one and two rows of X. */
#define DEFINE_GROUP_N(name, n)                                                                 \
    static void multiply_group_##name##_##n(const char *w, const group_x *x, prefetcher *ahead, \
                                            float(*out)[LANES]) {                               \
        multiply_group_##name(n, w, x, ahead, out);                                             \
    }

#define DEFINE_GROUP(name, prepare, scales, steps, max_q)                                                   \
    INLINE void multiply_group_##name(const int n, const char *w, const group_x *x, prefetcher *ahead,      \
                                      float(*out)[LANES]) {                                                 \
        multiply_group(n, prepare, load_##name, step_##name, scales, sizeof(block_##name), steps, max_q, w, \
                       x, ahead, out);                                                                      \
    }                                                                                                       \
    DEFINE_GROUP_N(name, 1)                                                                                 \
    DEFINE_GROUP_N(name, 2)

DEFINE_GROUP_N(q2_k, 1)
DEFINE_GROUP_N(q2_k, 2)
DEFINE_GROUP(q3_k, prepare_q3_k, scales_q3_k, 4, 7)
DEFINE_GROUP(q4_k, prepare_none, scales_q4_k, 8, 15)
DEFINE_GROUP(q5_k, prepare_q5_k, scales_q4_k, 8, 31)
DEFINE_GROUP(q6_k, prepare_none, scales_q6_k, 4, 63)

#endif
