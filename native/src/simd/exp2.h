/** exp2 of f32x16; a simd/ header is included first. */
#ifndef MYELIN_SRC_SIMD_EXP2_H
#define MYELIN_SRC_SIMD_EXP2_H

/** 2^x for x <= 0, with an error of 2^-23; 0 below -125 and for NaN. */
INLINE f32x16 exp2_nonpositive(f32x16 x) {
    /* rounds to an integer, which is then in the low bits */
    const f32x16 rounding = f32x16_set1(0x1.8p23f);
    const f32x16 shifted = f32x16_add(x, rounding);
    const f32x16 f = f32x16_sub(x, f32x16_sub(shifted, rounding));
    f32x16 p = f32x16_set1(0x1.5bba14p-10f);
    p = f32x16_fma(p, f, f32x16_set1(0x1.3cea88p-7f));
    p = f32x16_fma(p, f, f32x16_set1(0x1.c6b752p-5f));
    p = f32x16_fma(p, f, f32x16_set1(0x1.ebf9bcp-3f));
    p = f32x16_fma(p, f, f32x16_set1(0x1.62e42ap-1f));
    p = f32x16_fma(p, f, f32x16_set1(1));
    return f32x16_select_ge(x, -125, f32x16_ldexp(p, shifted));
}

#endif
