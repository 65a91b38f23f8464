package dev.myelin.tokenizer;

/** Unicode general categories for tokenizers, as of {@link Unicode15}. */
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
    int category = Unicode15.category(codePoint);
    if (category == Character.UNASSIGNED) {
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

  /** Whether it is a control, format, private-use or surrogate code point. */
  static boolean isControl(int codePoint) {
    return switch (Unicode15.category(codePoint)) {
      case Character.CONTROL, Character.FORMAT, Character.PRIVATE_USE, Character.SURROGATE -> true;
      default -> false;
    };
  }

  /** Whether a code point is in one of these ranges (first, last), ascending. */
  static boolean isIn(int codePoint, int[] ranges) {
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
