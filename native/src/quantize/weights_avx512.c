/* AVX-512: each lane is a group of values that share a scale; 16 groups are searched at once. */
#include <immintrin.h>
#include <math.h>
#include <string.h>

#include "weights.h"

/** Groups of smaller values become zeros. */
static const float SMALLEST = 1e-15f;

static half_t to_half(float value) {
    return (half_t)_cvtss_sh(value, _MM_FROUND_TO_NEAREST_INT);
}

static float from_half(half_t value) {
    return _cvtsh_ss(value);
}

static __m512 magnitude(__m512 x) {
    return _mm512_and_ps(x, _mm512_castsi512_ps(_mm512_set1_epi32(0x7fffffff)));
}

/** To the nearest integer, ties to even, for values below 2^22. */
static __m512 nearest(__m512 x) {
    return _mm512_roundscale_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}

static __m512 clamp(__m512 x, __m512 low, __m512 high) {
    return _mm512_max_ps(_mm512_min_ps(x, high), low);
}

/**
 * The same by adding 1.5 * 2^23 and reading the fraction, as the reference does: larger values, infinities
 * and NaN give the same result as there.
 */
static __m512i nearest_as_bits(__m512 x) {
    const __m512i bits = _mm512_castps_si512(_mm512_add_ps(x, _mm512_set1_ps(12582912.0f)));
    return _mm512_sub_epi32(_mm512_and_si512(bits, _mm512_set1_epi32(0x7fffff)), _mm512_set1_epi32(0x400000));
}

static int nearest_int(float x) {
    return _mm_cvtsi128_si32(_mm512_castsi512_si128(nearest_as_bits(_mm512_set1_ps(x))));
}

static __m512i lane_offsets(int stride) {
    const __m512i lane = _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
    return _mm512_mullo_epi32(lane, _mm512_set1_epi32(stride));
}

/* ---- 32 values, one scale ---- */

static void quantize_q4_0(int64_t n, const float *x, void *out) {
    block_q4_0 *y = out;
    for (int64_t b = 0; b < n / 32; b++, x += 32) {
        const __m512 low = _mm512_loadu_ps(x);
        const __m512 high = _mm512_loadu_ps(x + 16);
        const __m512 low_size = magnitude(low);
        const __m512 high_size = magnitude(high);
        const float max = _mm512_reduce_max_ps(_mm512_max_ps(low_size, high_size));
        /* the first of the largest values decides the sign */
        const __m512 all = _mm512_set1_ps(max);
        const uint32_t where = (uint32_t)_mm512_cmpeq_ps_mask(low_size, all) |
                               (uint32_t)_mm512_cmpeq_ps_mask(high_size, all) << 16;
        const float extreme = max > 0 ? x[_tzcnt_u32(where)] : 0.0f;
        const float d = extreme / -8;
        const __m512 id = _mm512_set1_ps(d != 0 ? 1.0f / d : 0.0f);
        const __m512 rounding = _mm512_set1_ps(8.5f);
        const __m128i top = _mm_set1_epi8(15);
        const __m512i q0 = _mm512_cvttps_epi32(_mm512_add_ps(_mm512_mul_ps(low, id), rounding));
        const __m512i q1 = _mm512_cvttps_epi32(_mm512_add_ps(_mm512_mul_ps(high, id), rounding));
        const __m128i l0 = _mm_min_epi8(_mm512_cvtepi32_epi8(q0), top);
        const __m128i l1 = _mm_min_epi8(_mm512_cvtepi32_epi8(q1), top);
        const __m128i shifted = _mm_and_si128(_mm_slli_epi16(l1, 4), _mm_set1_epi8((char)0xf0));
        y[b].d = to_half(d);
        _mm_storeu_si128((void *)y[b].qs, _mm_or_si128(l0, shifted));
    }
}

/** To the nearest integer, ties away from zero. */
static __m512i rounded(__m512 x) {
    /* the largest float below 0.5: adding it carries exactly the values that round up */
    const __m512 half = _mm512_set1_ps(0x1.fffffep-2f);
    const __m512 sign = _mm512_castsi512_ps(_mm512_set1_epi32((int)0x80000000));
    return _mm512_cvttps_epi32(_mm512_add_ps(x, _mm512_or_ps(half, _mm512_and_ps(x, sign))));
}

static void quantize_q8_0(int64_t n, const float *x, void *out) {
    block_q8_0 *y = out;
    for (int64_t b = 0; b < n / 32; b++, x += 32) {
        const __m512 low = _mm512_loadu_ps(x);
        const __m512 high = _mm512_loadu_ps(x + 16);
        const float max = _mm512_reduce_max_ps(_mm512_max_ps(magnitude(low), magnitude(high)));
        const float d = max / 127;
        const __m512 id = _mm512_set1_ps(d != 0 ? 1.0f / d : 0.0f);
        y[b].d = to_half(d);
        _mm_storeu_si128((void *)y[b].qs, _mm512_cvtepi32_epi8(rounded(_mm512_mul_ps(low, id))));
        _mm_storeu_si128((void *)(y[b].qs + 16), _mm512_cvtepi32_epi8(rounded(_mm512_mul_ps(high, id))));
    }
}

/* ---- 256 values in 16 groups of 16: scale ---- */

/** The candidates of the scale: steps of 0.1 to either side. */
enum { Q6_STEPS = 9 };

/** Sums over the values of a group: x^2 * x * q and x^2 * q * q. */
typedef struct {
    __m512 xq;
    __m512 qq;
} sums_q6;

static inline sums_q6 try_q6(const __m512 x[16], const __m512 weight[16], const __m512 weighted[16],
                             __m512 inverse) {
    sums_q6 s = {_mm512_setzero_ps(), _mm512_setzero_ps()};
    const __m512 low = _mm512_set1_ps(-32);
    const __m512 high = _mm512_set1_ps(31);
    for (int i = 0; i < 16; i++) {
        const __m512 q = clamp(nearest(_mm512_mul_ps(inverse, x[i])), low, high);
        s.xq = _mm512_add_ps(s.xq, _mm512_mul_ps(weighted[i], q));
        s.qq = _mm512_add_ps(s.qq, _mm512_mul_ps(_mm512_mul_ps(weight[i], q), q));
    }
    return s;
}

/** The scale of each group with the smallest error, and the inverse scale of its quants. */
static void scales_q6(const float *from, float scales[16], float inverses[16]) {
    __m512 x[16];
    __m512 weight[16];
    __m512 weighted[16];
    __m512 size = _mm512_setzero_ps();
    __m512 extreme = _mm512_setzero_ps();
    const __m512i offsets = lane_offsets(16);
    for (int i = 0; i < 16; i++) {
        x[i] = _mm512_i32gather_ps(offsets, from + i, sizeof(float));
        weight[i] = _mm512_mul_ps(x[i], x[i]);
        weighted[i] = _mm512_mul_ps(weight[i], x[i]);
        const __mmask16 more = _mm512_cmp_ps_mask(magnitude(x[i]), size, _CMP_GT_OQ);
        size = _mm512_mask_mov_ps(size, more, magnitude(x[i]));
        extreme = _mm512_mask_mov_ps(extreme, more, x[i]);
    }
    const __mmask16 all_small = _mm512_cmp_ps_mask(size, _mm512_set1_ps(SMALLEST), _CMP_LT_OQ);
    extreme = _mm512_mask_mov_ps(extreme, all_small, _mm512_set1_ps(1));
    __m512 inverse = _mm512_div_ps(_mm512_set1_ps(-32), extreme);
    sums_q6 s = try_q6(x, weight, weighted, inverse);
    const __mmask16 nonzero = _mm512_cmp_ps_mask(s.qq, _mm512_setzero_ps(), _CMP_NEQ_UQ);
    __m512 scale = _mm512_maskz_div_ps(nonzero, s.xq, s.qq);
    __m512 best = _mm512_mul_ps(scale, s.xq);
    for (int step = -Q6_STEPS; step <= Q6_STEPS; step++) {
        if (step == 0) {
            continue;
        }
        const float quants = 32 + 0.1f * (float)step;
        const __m512 other = _mm512_div_ps(_mm512_set1_ps(-quants), extreme);
        s = try_q6(x, weight, weighted, other);
        const __mmask16 better =
            _mm512_cmp_ps_mask(s.qq, _mm512_setzero_ps(), _CMP_GT_OQ) &
            _mm512_cmp_ps_mask(_mm512_mul_ps(s.xq, s.xq), _mm512_mul_ps(best, s.qq), _CMP_GT_OQ);
        inverse = _mm512_mask_mov_ps(inverse, better, other);
        scale = _mm512_mask_div_ps(scale, better, s.xq, s.qq);
        best = _mm512_mask_mul_ps(best, better, scale, s.xq);
    }
    _mm512_storeu_ps(scales, _mm512_mask_mov_ps(scale, all_small, _mm512_setzero_ps()));
    _mm512_storeu_ps(inverses, inverse);
}

static void pack_q6(const uint8_t q[256], block_q6_k *y) {
    for (int half = 0; half < 2; half++) {
        const uint8_t *of = q + 128 * half;
        for (int i = 0; i < 64; i++) {
            y->ql[64 * half + i] = (uint8_t)((of[i] & 0xf) | (of[i + 64] & 0xf) << 4);
        }
        for (int i = 0; i < 32; i++) {
            y->qh[32 * half + i] =
                (uint8_t)(of[i] >> 4 | of[i + 32] >> 4 << 2 | of[i + 64] >> 4 << 4 | of[i + 96] >> 4 << 6);
        }
    }
}

static void quantize_q6_k_block(const float *x, block_q6_k *y) {
    float scales[16];
    float inverses[16];
    uint8_t q[256];
    scales_q6(x, scales, inverses);
    float extreme = 0;
    for (int g = 0; g < 16; g++) {
        extreme = fabsf(scales[g]) > fabsf(extreme) ? scales[g] : extreme;
    }
    if (fabsf(extreme) < SMALLEST) {
        memset(y, 0, sizeof *y);
        return;
    }
    const float inverse = -128.0f / extreme;
    y->d = to_half(1 / inverse);
    for (int g = 0; g < 16; g++) {
        const int steps = nearest_int(inverse * scales[g]);
        y->scales[g] = (int8_t)(steps < 127 ? steps : 127);
        const float d = from_half(y->d) * y->scales[g];
        const __m512 values = _mm512_loadu_ps(x + 16 * g);
        __m512i l;
        if (d != 0) {
            l = nearest_as_bits(_mm512_div_ps(values, _mm512_set1_ps(d)));
        } else {
            l = nearest_as_bits(_mm512_mul_ps(values, _mm512_set1_ps(inverses[g])));
        }
        l = _mm512_min_epi32(_mm512_max_epi32(l, _mm512_set1_epi32(-32)), _mm512_set1_epi32(31));
        l = _mm512_add_epi32(l, _mm512_set1_epi32(32));
        if (d == 0 && scales[g] == 0 && _mm512_reduce_max_ps(magnitude(values)) < SMALLEST) {
            l = _mm512_setzero_si512();
        }
        _mm_storeu_si128((void *)(q + 16 * g), _mm512_cvtepi32_epi8(l));
    }
    pack_q6(q, y);
}

static void quantize_q6_k(int64_t n, const float *x, void *out) {
    for (int64_t b = 0; b < n / 256; b++) {
        quantize_q6_k_block(x + 256 * b, (block_q6_k *)out + b);
    }
}

/* ---- 256 values in 8 groups of 32: scale and minimum ---- */

enum { Q4_STEPS = 20 };

/** The scales and mins of 16 groups, two blocks. */
typedef struct {
    float scales[16];
    float mins[16];
    /** The inverse scale and the minimum of the quants. */
    float inverses[16];
    float offsets[16];
    uint16_t constant;
} search_result_q4;

static inline __m512 quant_q4(__m512 x, __m512 inverse, __m512 min) {
    const __m512 q = nearest(_mm512_mul_ps(inverse, _mm512_sub_ps(x, min)));
    return clamp(q, _mm512_setzero_ps(), _mm512_set1_ps(15));
}

static inline __m512 error_q4(__m512 sum, __m512 x, __m512 q, __m512 weight, __m512 scale, __m512 min) {
    const __m512 diff = _mm512_sub_ps(_mm512_add_ps(_mm512_mul_ps(scale, q), min), x);
    return _mm512_add_ps(sum, _mm512_mul_ps(weight, _mm512_mul_ps(diff, diff)));
}

/** With an infinite inverse every quant of the reference is 0, as with an inverse of 0. */
static __m512 finite_or_zero(__m512 inverse) {
    const __m512 infinite = _mm512_set1_ps(INFINITY);
    return _mm512_mask_mov_ps(inverse, _mm512_cmp_ps_mask(inverse, infinite, _CMP_EQ_OQ),
                              _mm512_setzero_ps());
}

static void search_scales_q4(const float *from, __m512i offsets, search_result_q4 *result) {
    __m512 x[32];
    __m512 weight[32];
    __m512 q[32];
    const __m512 zero = _mm512_setzero_ps();
    __m512 squares = zero;
    for (int i = 0; i < 32; i++) {
        x[i] = _mm512_i32gather_ps(offsets, from + i, sizeof(float));
        squares = _mm512_add_ps(squares, _mm512_mul_ps(x[i], x[i]));
    }
    const __m512 average = _mm512_sqrt_ps(_mm512_div_ps(squares, _mm512_set1_ps(32)));
    for (int i = 0; i < 32; i++) {
        weight[i] = _mm512_add_ps(average, magnitude(x[i]));
    }
    __m512 min = x[0];
    __m512 max = x[0];
    __m512 sum_w = weight[0];
    __m512 sum_x = _mm512_mul_ps(weight[0], x[0]);
    for (int i = 1; i < 32; i++) {
        min = _mm512_mask_mov_ps(min, _mm512_cmp_ps_mask(x[i], min, _CMP_LT_OQ), x[i]);
        max = _mm512_mask_mov_ps(max, _mm512_cmp_ps_mask(x[i], max, _CMP_GT_OQ), x[i]);
        sum_w = _mm512_add_ps(sum_w, weight[i]);
        sum_x = _mm512_add_ps(sum_x, _mm512_mul_ps(weight[i], x[i]));
    }
    min = _mm512_mask_mov_ps(min, _mm512_cmp_ps_mask(min, zero, _CMP_GT_OQ), zero);
    const __mmask16 constant = _mm512_cmp_ps_mask(max, min, _CMP_EQ_OQ);
    const __m512 constant_min = min;

    const __m512 first = _mm512_div_ps(_mm512_set1_ps(15), _mm512_sub_ps(max, min));
    __m512 scale = _mm512_div_ps(_mm512_set1_ps(1), first);
    __m512 inverse = finite_or_zero(first);
    __m512 offset = min;
    __m512 best = zero;
    for (int i = 0; i < 32; i++) {
        best = error_q4(best, x[i], quant_q4(x[i], inverse, min), weight[i], scale, min);
    }
    for (int step = 0; step <= Q4_STEPS; step++) {
        const float quants = -1.0f + 0.1f * (float)step + 15;
        const __m512 other = finite_or_zero(_mm512_div_ps(_mm512_set1_ps(quants), _mm512_sub_ps(max, min)));
        __m512 sum_l = zero;
        __m512 sum_l2 = zero;
        __m512 sum_xl = zero;
        for (int i = 0; i < 32; i++) {
            q[i] = quant_q4(x[i], other, min);
            const __m512 wl = _mm512_mul_ps(weight[i], q[i]);
            sum_l = _mm512_add_ps(sum_l, wl);
            sum_l2 = _mm512_add_ps(sum_l2, _mm512_mul_ps(wl, q[i]));
            sum_xl = _mm512_add_ps(sum_xl, _mm512_mul_ps(wl, x[i]));
        }
        const __m512 det = _mm512_sub_ps(_mm512_mul_ps(sum_w, sum_l2), _mm512_mul_ps(sum_l, sum_l));
        const __mmask16 solvable = _mm512_cmp_ps_mask(det, zero, _CMP_GT_OQ);
        __m512 this_scale =
            _mm512_div_ps(_mm512_sub_ps(_mm512_mul_ps(sum_w, sum_xl), _mm512_mul_ps(sum_x, sum_l)), det);
        __m512 this_min =
            _mm512_div_ps(_mm512_sub_ps(_mm512_mul_ps(sum_l2, sum_x), _mm512_mul_ps(sum_l, sum_xl)), det);
        const __mmask16 above = _mm512_cmp_ps_mask(this_min, zero, _CMP_GT_OQ);
        this_min = _mm512_mask_mov_ps(this_min, above, zero);
        this_scale = _mm512_mask_div_ps(this_scale, above, sum_xl, sum_l2);
        __m512 error = zero;
        for (int i = 0; i < 32; i++) {
            error = error_q4(error, x[i], q[i], weight[i], this_scale, this_min);
        }
        const __mmask16 better = solvable & _mm512_cmp_ps_mask(error, best, _CMP_LT_OQ);
        best = _mm512_mask_mov_ps(best, better, error);
        scale = _mm512_mask_mov_ps(scale, better, this_scale);
        inverse = _mm512_mask_mov_ps(inverse, better, other);
        offset = _mm512_mask_mov_ps(offset, better, min);
        /* later candidates start from the better minimum */
        min = _mm512_mask_mov_ps(min, better, this_min);
    }
    min = _mm512_mask_mov_ps(min, constant, constant_min);
    const __m512 sign = _mm512_castsi512_ps(_mm512_set1_epi32((int)0x80000000));
    _mm512_storeu_ps(result->scales, _mm512_mask_mov_ps(scale, constant, zero));
    _mm512_storeu_ps(result->mins, _mm512_xor_ps(min, sign));
    _mm512_storeu_ps(result->inverses, inverse);
    _mm512_storeu_ps(result->offsets, offset);
    result->constant = constant;
}

/** The scale or minimum of a group in 63rds of the largest. */
static uint8_t quantize_scale_q4(float inverse, float value) {
    const uint8_t steps = (uint8_t)nearest_int(inverse * value);
    return steps < 63 ? steps : 63;
}

/** The largest of 8 values, at least zero. */
static float max_of(const float values[8]) {
    float max = 0;
    for (int g = 0; g < 8; g++) {
        max = values[g] > max ? values[g] : max;
    }
    return max;
}

/** Packs as described in q4_k_scales.h. */
static void pack_scales(const uint8_t scales[8], const uint8_t mins[8], uint8_t packed[12]) {
    for (int g = 0; g < 4; g++) {
        packed[g] = (uint8_t)(scales[g] | scales[g + 4] >> 4 << 6);
        packed[g + 4] = (uint8_t)(mins[g] | mins[g + 4] >> 4 << 6);
        packed[g + 8] = (uint8_t)((scales[g + 4] & 0xf) | (mins[g + 4] & 0xf) << 4);
    }
}

/** Quantises the block of groups 8 * half to 8 * half + 7. */
static void write_block_q4(const float *x, const search_result_q4 *result, int half, block_q4_k *y) {
    const float max_scale = max_of(result->scales + 8 * half);
    const float max_min = max_of(result->mins + 8 * half);
    const float inverse_scale = max_scale > 0 ? 63.0f / max_scale : 0.0f;
    const float inverse_min = max_min > 0 ? 63.0f / max_min : 0.0f;
    uint8_t scales[8];
    uint8_t mins[8];
    uint8_t q[256];
    y->d = to_half(max_scale / 63.0f);
    y->dmin = to_half(max_min / 63.0f);
    for (int g = 0; g < 8; g++) {
        const int of = 8 * half + g;
        scales[g] = quantize_scale_q4(inverse_scale, result->scales[of]);
        mins[g] = quantize_scale_q4(inverse_min, result->mins[of]);
        const float d = from_half(y->d) * scales[g];
        const __m512 min = _mm512_set1_ps(from_half(y->dmin) * mins[g]);
        for (int i = 0; i < 32; i += 16) {
            const __m512 values = _mm512_loadu_ps(x + 32 * g + i);
            __m512i l;
            if (d != 0) {
                l = nearest_as_bits(_mm512_div_ps(_mm512_add_ps(values, min), _mm512_set1_ps(d)));
            } else if (result->constant >> of & 1) {
                l = _mm512_setzero_si512();
            } else {
                l = nearest_as_bits(
                    _mm512_mul_ps(_mm512_set1_ps(result->inverses[of]),
                                  _mm512_sub_ps(values, _mm512_set1_ps(result->offsets[of]))));
            }
            l = _mm512_min_epi32(_mm512_max_epi32(l, _mm512_setzero_si512()), _mm512_set1_epi32(15));
            _mm_storeu_si128((void *)(q + 32 * g + i), _mm512_cvtepi32_epi8(l));
        }
    }
    pack_scales(scales, mins, y->scales);
    for (int pair = 0; pair < 4; pair++) {
        for (int i = 0; i < 32; i++) {
            y->qs[32 * pair + i] = (uint8_t)(q[64 * pair + i] | q[64 * pair + 32 + i] << 4);
        }
    }
}

static void quantize_q4_k(int64_t n, const float *x, void *out) {
    block_q4_k *y = out;
    const int64_t blocks = n / 256;
    search_result_q4 result;
    for (int64_t b = 0; b < blocks; b += 2) {
        const int has_second = b + 1 < blocks;
        /* a single last block is searched twice */
        const __m512i offsets =
            has_second ? lane_offsets(32) : _mm512_and_si512(lane_offsets(32), _mm512_set1_epi32(255));
        search_scales_q4(x + 256 * b, offsets, &result);
        write_block_q4(x + 256 * b, &result, 0, y + b);
        if (has_second) {
            write_block_q4(x + 256 * (b + 1), &result, 1, y + b + 1);
        }
    }
}

/* ---- conversion to f32 ---- */

static __m512i max_magnitude(__m512i max, __m512 x) {
    return _mm512_max_epu32(max, _mm512_castps_si512(magnitude(x)));
}

static __mmask16 first_lanes(int64_t n) {
    return (__mmask16)(n >= 16 ? 0xffff : (1u << n) - 1);
}

static uint32_t f16_to_f32(int64_t n, const half_t *x, float *out) {
    __m512i max = _mm512_setzero_si512();
    for (int64_t i = 0; i < n; i += 16) {
        const __mmask16 mask = first_lanes(n - i);
        const __m512 values = _mm512_cvtph_ps(_mm256_maskz_loadu_epi16(mask, x + i));
        _mm512_mask_storeu_ps(out + i, mask, values);
        max = max_magnitude(max, values);
    }
    return _mm512_reduce_max_epu32(max);
}

static uint32_t bf16_to_f32(int64_t n, const uint16_t *x, float *out) {
    __m512i max = _mm512_setzero_si512();
    for (int64_t i = 0; i < n; i += 16) {
        const __mmask16 mask = first_lanes(n - i);
        const __m512i bits =
            _mm512_slli_epi32(_mm512_cvtepu16_epi32(_mm256_maskz_loadu_epi16(mask, x + i)), 16);
        _mm512_mask_storeu_ps(out + i, mask, _mm512_castsi512_ps(bits));
        max = max_magnitude(max, _mm512_castsi512_ps(bits));
    }
    return _mm512_reduce_max_epu32(max);
}

static uint32_t max_bits(int64_t n, const float *x) {
    __m512i max = _mm512_setzero_si512();
    for (int64_t i = 0; i < n; i += 16) {
        max = max_magnitude(max, _mm512_maskz_loadu_ps(first_lanes(n - i), x + i));
    }
    return _mm512_reduce_max_epu32(max);
}

const weight_quantizer quantize_weights_avx512 = {
    .quantize = {[TYPE_Q4_0] = quantize_q4_0,
                 [TYPE_Q8_0] = quantize_q8_0,
                 [TYPE_Q4_K] = quantize_q4_k,
                 [TYPE_Q6_K] = quantize_q6_k},
    .f16_to_f32 = f16_to_f32,
    .bf16_to_f32 = bf16_to_f32,
    .max_bits = max_bits,
};
