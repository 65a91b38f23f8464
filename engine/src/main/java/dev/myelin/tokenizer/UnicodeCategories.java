package dev.myelin.tokenizer;

/**
 * Unicode general categories for pre-tokenizers, as of Unicode 15.1 on every JDK: code points added
 * later are unassigned, so that a new JDK does not change tokens.
 */
final class UnicodeCategories {
  // one character of each category that pre-tokenizers distinguish
  static final char LETTER = '\u00aa';
  static final char HAN_LETTER = '\u00ba';
  static final char NUMBER = '\u00b2';
  static final char PUNCTUATION = '\u00a7';
  static final char SYMBOL = '\u00ac';
  static final char MARK = '\u0300';
  static final char SPACE = '\u000b';
  static final char OTHER = '\u0080';
  static final char HAN_OTHER = '\u0081';

  /** Ranges (first, last) that Unicode 16.0 assigned. */
  private static final int[] ADDED_IN_16 = {
    0x897, 0x897, 0x1b4e, 0x1b4f, 0x1b7f, 0x1b7f, 0x1c89, 0x1c8a, 0x2427, 0x2429, 0x31e4, 0x31e5,
    0xa7cb, 0xa7cd, 0xa7da, 0xa7dc, 0x105c0, 0x105f3, 0x10d40, 0x10d65, 0x10d69, 0x10d85, 0x10d8e,
    0x10d8f, 0x10ec2, 0x10ec4, 0x10efc, 0x10efc, 0x11380, 0x113e2, 0x116d0, 0x116e3, 0x11bc0,
    0x11bf9, 0x11f5a, 0x11f5a, 0x13460, 0x143fa, 0x16100, 0x16139, 0x16d40, 0x16d79, 0x18cff,
    0x18cff, 0x1cc00, 0x1ceb3, 0x1e5d0, 0x1e5ff, 0x1f8b2, 0x1f8bb, 0x1f8c0, 0x1f8c1, 0x1fa89,
    0x1fa89, 0x1fa8f, 0x1fa8f, 0x1fabe, 0x1fabe, 0x1fac6, 0x1fac6, 0x1fadc, 0x1fadc, 0x1fadf,
    0x1fadf, 0x1fae9, 0x1fae9, 0x1fbcb, 0x1fbef,
  };

  /** Ranges (first, last) of Han characters: whole blocks, unassigned code points included. */
  private static final int[] HAN = {
    0x3400, 0x4dbf, 0x4e00, 0x9fff, 0xf900, 0xfaff, 0x20000, 0x2a6df, 0x2a700, 0x2ebef, 0x2f800,
    0x2fa1f,
  };

  private UnicodeCategories() {}

  /**
   * The code point itself if it is ASCII, else the constant of its category. Patterns such as
   * {@code \p{L}} match it exactly if they match the code point.
   */
  static char categoryChar(int codePoint) {
    if (codePoint < 0x80) {
      return (char) codePoint;
    }
    if (isSpace(codePoint)) {
      return SPACE;
    }
    int category = Character.getType(codePoint);
    if (category == Character.UNASSIGNED || isIn(codePoint, ADDED_IN_16)) {
      return isIn(codePoint, HAN) ? HAN_OTHER : OTHER;
    }
    return switch (category) {
      case Character.UPPERCASE_LETTER,
          Character.LOWERCASE_LETTER,
          Character.TITLECASE_LETTER,
          Character.MODIFIER_LETTER,
          Character.OTHER_LETTER ->
          isIn(codePoint, HAN) ? HAN_LETTER : LETTER;
      case Character.DECIMAL_DIGIT_NUMBER, Character.LETTER_NUMBER, Character.OTHER_NUMBER ->
          NUMBER;
      case Character.NON_SPACING_MARK, Character.ENCLOSING_MARK, Character.COMBINING_SPACING_MARK ->
          MARK;
      case Character.CONNECTOR_PUNCTUATION,
          Character.DASH_PUNCTUATION,
          Character.START_PUNCTUATION,
          Character.END_PUNCTUATION,
          Character.INITIAL_QUOTE_PUNCTUATION,
          Character.FINAL_QUOTE_PUNCTUATION,
          Character.OTHER_PUNCTUATION ->
          PUNCTUATION;
      case Character.MATH_SYMBOL,
          Character.CURRENCY_SYMBOL,
          Character.MODIFIER_SYMBOL,
          Character.OTHER_SYMBOL ->
          SYMBOL;
      default -> OTHER;
    };
  }

  /** Non-ASCII white space: the property White_Space. */
  static boolean isSpace(int codePoint) {
    return switch (codePoint) {
      case 0x85, 0xa0, 0x1680, 0x2028, 0x2029, 0x202f, 0x205f, 0x3000 -> true;
      default -> codePoint >= 0x2000 && codePoint <= 0x200a;
    };
  }

  private static boolean isIn(int codePoint, int[] ranges) {
    int low = 0;
    int high = ranges.length / 2 - 1;
    while (low <= high) {
      int middle = low + high >>> 1;
      if (codePoint < ranges[2 * middle]) {
        high = middle - 1;
      } else if (codePoint > ranges[2 * middle + 1]) {
        low = middle + 1;
      } else {
        return true;
      }
    }
    return false;
  }
}
