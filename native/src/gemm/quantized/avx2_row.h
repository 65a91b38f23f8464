/**
 * GEMV of whole rows in 256-bit vectors, for AVX2 and AVX-VNNI: memory is read in its order, and the dot
 * products of a row's blocks are made by adding registers across, without a transposition of weights.
 *
 * A partial sum is a lane of products that are not all added yet: 16 bits of AVX2's vpmaddubsw, 32 bits of
 * AVX-VNNI's vpdpbusd. fold_32() and fold_64() halve the number of registers; wide() makes all lanes 32 bits,
 * which wide_fold_32(), wide_fold_64() and wide_fold_128() add further.
 */
#ifndef MYELIN_SRC_GEMM_QUANTIZED_AVX2_ROW_H
#define MYELIN_SRC_GEMM_QUANTIZED_AVX2_ROW_H

#include "avx2_blocks.h"
#include "vnni.h"

/* ---- prefetching ------------------------------------------------------------------------------------- */

/* in bytes; Zen 4: 16 KB is as fast, 4 KB slower */
enum { PREFETCH_DISTANCE = 8192 };

/** What is read PREFETCH_DISTANCE later: the rest of the rows, then the rows that are read next. */
typedef struct {
    const char *at;
    const char *end;  /* of the rows */
    const char *next; /* what is read after them */
} prefetcher;

/** Begins a call that reads rows [from, to). */
INLINE prefetcher prefetch_rows(const gemm_args *args, int64_t from, int64_t to) {
    const char *w = args->w + (size_t)from * args->w_stride;
    const char *end = args->w + (size_t)to * args->w_stride;
    if ((size_t)(end - w) <= PREFETCH_DISTANCE) { /* the rows before have prefetched them all */
        return (prefetcher){args->next_w, (const char *)UINTPTR_MAX, args->next_w};
    }
    return (prefetcher){w + PREFETCH_DISTANCE, end, args->next_w};
}

/**
 * Prefetches as many bytes, a constant, as are read meanwhile. To the L2 cache: the L1 cache has fewer misses
 * in flight than one thread needs.
 */
INLINE void prefetch_bytes(prefetcher *p, const size_t bytes) {
#pragma GCC unroll 16
    for (size_t i = 0; i < bytes; i += 64) {
        _mm_prefetch(p->at + i, _MM_HINT_T1);
    }
    p->at += bytes;
    if (__builtin_expect(p->at >= p->end, 0)) {
        p->at = p->next;
        p->end = (const char *)UINTPTR_MAX;
    }
}

/* ---- dot products ------------------------------------------------------------------------------------ */

/** Adds partial sums, of AVX2 in 16 bits. */
INLINE __m256i add_partial(__m256i a, __m256i b) {
    return HAS_VNNI ? _mm256_add_epi32(a, b) : _mm256_add_epi16(a, b);
}

/** Partial sums of unsigned quants q times signed activations x. AVX2: two products in 16 bits. */
INLINE __m256i multiply_quants(__m256i q, __m256i x) {
#if HAS_VNNI
    return DPBUSD(_mm256_setzero_si256(), q, x);
#else
    return _mm256_maddubs_epi16(q, x);
#endif
}

INLINE __m256i multiply_add_quants(__m256i a, __m256i q, __m256i x) {
#if HAS_VNNI
    return DPBUSD(a, q, x);
#else
    return _mm256_add_epi16(a, _mm256_maddubs_epi16(q, x));
#endif
}

/** Partial sums as lanes of 32 bits. */
INLINE __m256i wide(__m256i v) {
    return HAS_VNNI ? v : _mm256_madd_epi16(v, _mm256_set1_epi16(1));
}

/** In each half: words of 32 bits of a and b in turn, each the sum of two. */
INLINE __m256i fold_32(__m256i a, __m256i b) {
    return add_partial(_mm256_unpacklo_epi32(a, b), _mm256_unpackhi_epi32(a, b));
}

/** In each half: the 64 bits of a, then those of b. */
INLINE __m256i fold_64(__m256i a, __m256i b) {
    return add_partial(_mm256_unpacklo_epi64(a, b), _mm256_unpackhi_epi64(a, b));
}

INLINE __m256i wide_fold_32(__m256i a, __m256i b) {
    return _mm256_add_epi32(_mm256_unpacklo_epi32(a, b), _mm256_unpackhi_epi32(a, b));
}

INLINE __m256i wide_fold_64(__m256i a, __m256i b) {
    return _mm256_add_epi32(_mm256_unpacklo_epi64(a, b), _mm256_unpackhi_epi64(a, b));
}

/** The halves of a added, then those of b. */
INLINE __m256i wide_fold_128(__m256i a, __m256i b) {
    return _mm256_add_epi32(_mm256_permute2x128_si256(a, b, 0x20), _mm256_permute2x128_si256(a, b, 0x31));
}

/** Four columns of eight rows of eight floats, from column `first` (0 or 4) on: lanes become rows. */
INLINE void load_columns(const float *rows, const size_t first, __m256 out[4]) {
    __m256 a[4];
#pragma GCC unroll 4
    for (size_t i = 0; i < 4; i++) {
        const float *row = rows + 8 * i + first;
        a[i] = _mm256_insertf128_ps(_mm256_castps128_ps256(_mm_load_ps(row)), _mm_load_ps(row + 32), 1);
    }
    const __m256 low01 = _mm256_unpacklo_ps(a[0], a[1]);
    const __m256 high01 = _mm256_unpackhi_ps(a[0], a[1]);
    const __m256 low23 = _mm256_unpacklo_ps(a[2], a[3]);
    const __m256 high23 = _mm256_unpackhi_ps(a[2], a[3]);
    out[0] = _mm256_shuffle_ps(low01, low23, 0x44);
    out[1] = _mm256_shuffle_ps(low01, low23, 0xee);
    out[2] = _mm256_shuffle_ps(high01, high23, 0x44);
    out[3] = _mm256_shuffle_ps(high01, high23, 0xee);
}

#endif
