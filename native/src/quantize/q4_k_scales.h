/** The scales and mins of a q4_K block: eight of each, 6 bits, in 12 bytes. */
#ifndef MYELIN_SRC_QUANTIZE_Q4_K_SCALES_H
#define MYELIN_SRC_QUANTIZE_Q4_K_SCALES_H

#include <stdint.h>
#include <string.h>

/**
 * Bytes 0 to 3 hold scales 0 to 3 in their low 6 bits, bytes 4 to 7 mins 0 to 3; bytes 8 to 11 hold
 * the low 4 bits of scales 4 to 7 and, above them, of mins 4 to 7, whose high 2 bits lie on top of
 * bytes 0 to 3 and 4 to 7. Four bytes are unpacked at a time.
 */
static inline void q4_k_unpack_scales(const uint8_t packed[12], uint8_t scales[8], uint8_t mins[8]) {
    uint32_t a;
    uint32_t b;
    uint32_t c;
    memcpy(&a, packed, 4);
    memcpy(&b, packed + 4, 4);
    memcpy(&c, packed + 8, 4);
    const uint32_t scales_low = a & 0x3f3f3f3fu;
    const uint32_t scales_high = (c & 0x0f0f0f0fu) | (a >> 2 & 0x30303030u);
    const uint32_t mins_low = b & 0x3f3f3f3fu;
    const uint32_t mins_high = (c >> 4 & 0x0f0f0f0fu) | (b >> 2 & 0x30303030u);
    memcpy(scales, &scales_low, 4);
    memcpy(scales + 4, &scales_high, 4);
    memcpy(mins, &mins_low, 4);
    memcpy(mins + 4, &mins_high, 4);
}

#endif
