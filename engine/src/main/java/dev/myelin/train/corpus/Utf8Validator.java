package dev.myelin.train.corpus;

/**
 * Checks incrementally that bytes are well-formed UTF-8 (Unicode 17.0, table 3-7): no overlong
 * forms, no surrogates, nothing above U+10FFFF, nothing truncated.
 */
final class Utf8Validator {
  static final long VALID = -1;

  private long offset;
  private long start;
  private int remaining;
  // range of the next byte of an incomplete character
  private int low;
  private int high;

  /**
   * Adds bytes. Returns the offset of a malformed character from the first byte added, or {@link
   * #VALID}.
   */
  long add(byte[] bytes, int size) {
    for (int i = 0; i < size; i++) {
      int b = bytes[i] & 0xff;
      if (remaining == 0) {
        if (b >= 0x80 && !startCharacter(b, offset + i)) {
          return offset + i;
        }
      } else if (b < low || b > high) {
        return start;
      } else {
        remaining--;
        low = 0x80;
        high = 0xbf;
      }
    }
    offset += size;
    return VALID;
  }

  /** Ends the input. Returns the offset of a truncated character, or {@link #VALID}. */
  long end() {
    return remaining == 0 ? VALID : start;
  }

  private boolean startCharacter(int b, long position) {
    start = position;
    remaining = b >= 0xf0 ? 3 : b >= 0xe0 ? 2 : 1;
    low =
        switch (b) {
          case 0xe0 -> 0xa0;
          case 0xf0 -> 0x90;
          default -> 0x80;
        };
    high =
        switch (b) {
          case 0xed -> 0x9f;
          case 0xf4 -> 0x8f;
          default -> 0xbf;
        };
    return b >= 0xc2 && b <= 0xf4;
  }
}
