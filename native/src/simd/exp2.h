/** Powers of two, of lanes that whoever includes this has chosen. */
#ifndef MYELIN_SRC_LANES_POWER_H
#define MYELIN_SRC_LANES_POWER_H

/** 2^x of an x that is not positive, with an error of 2^-23; 0 below -125 and for no number. */
INLINE lanes power_of_two(lanes x) {
    /* rounds to whole numbers, which then lie in the low bits */
    const lanes rounding = lanes_all(0x1.8p23f);
    const lanes shifted = lanes_add(x, rounding);
    const lanes f = lanes_subtract(x, lanes_subtract(shifted, rounding));
    lanes p = lanes_all(0x1.5bba14p-10f);
    p = lanes_fma(p, f, lanes_all(0x1.3cea88p-7f));
    p = lanes_fma(p, f, lanes_all(0x1.c6b752p-5f));
    p = lanes_fma(p, f, lanes_all(0x1.ebf9bcp-3f));
    p = lanes_fma(p, f, lanes_all(0x1.62e42ap-1f));
    p = lanes_fma(p, f, lanes_all(1));
    return lanes_from(x, -125, lanes_scale(p, shifted));
}

#endif
