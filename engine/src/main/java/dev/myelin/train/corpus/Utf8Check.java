package dev.myelin.train.corpus;

/**
 * Whether bytes, given piece by piece, are well-formed UTF-8 (Unicode 17.0, table 3-7): no overlong
 * forms, no halves of surrogate pairs, nothing beyond U+10FFFF, nothing cut short.
 */
final class Utf8Check {
  static final long GOOD = -1;

  private long offset;
  private long start;
  private int missing;
  // what the next byte of an unfinished character may be
  private int low;
  private int high;

  /** Where a malformed character begins, counted from the first byte given, or {@link #GOOD}. */
  long add(byte[] bytes, int size) {
    for (int i = 0; i < size; i++) {
      int b = bytes[i] & 0xff;
      if (missing == 0) {
        if (b >= 0x80 && !begin(b, offset + i)) {
          return offset + i;
        }
      } else if (b < low || b > high) {
        return start;
      } else {
        missing--;
        low = 0x80;
        high = 0xbf;
      }
    }
    offset += size;
    return GOOD;
  }

  /** Likewise when no more bytes follow. */
  long end() {
    return missing == 0 ? GOOD : start;
  }

  private boolean begin(int b, long at) {
    start = at;
    missing = b >= 0xf0 ? 3 : b >= 0xe0 ? 2 : 1;
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
