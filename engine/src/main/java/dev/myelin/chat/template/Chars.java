package dev.myelin.chat.template;

/** Python's classes of characters. */
final class Chars {
  private Chars() {}

  /** What {@code str.isspace} and {@code strip} take for white space. */
  static boolean space(int c) {
    if (c <= ' ') {
      return c == ' ' || c >= '\t' && c <= '\r' || c >= 0x1c && c <= 0x1f;
    }
    return c == 0x85
        || c == 0xa0
        || c == 0x1680
        || c >= 0x2000 && c <= 0x200a
        || c == 0x2028
        || c == 0x2029
        || c == 0x202f
        || c == 0x205f
        || c == 0x3000;
  }

  /** Where {@code splitlines} ends a line. */
  static boolean lineEnd(char c) {
    return c >= '\n' && c <= '\r'
        || c >= 0x1c && c <= 0x1e
        || c == 0x85
        || c == 0x2028
        || c == 0x2029;
  }

  static boolean nameStart(int c) {
    return c == '_' || Character.isLetter(c) || Character.getType(c) == Character.LETTER_NUMBER;
  }

  static boolean namePart(int c) {
    return nameStart(c)
        || Character.isDigit(c)
        || Character.getType(c) == Character.NON_SPACING_MARK
        || Character.getType(c) == Character.COMBINING_SPACING_MARK;
  }

  /** Whether {@code repr} and {@code isprintable} show the character as it is. */
  static boolean printable(int c) {
    if (c < 0x7f) {
      return c >= ' ';
    }
    return switch (Character.getType(c)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.SURROGATE,
          Character.PRIVATE_USE,
          Character.UNASSIGNED,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR,
          Character.SPACE_SEPARATOR ->
          false;
      default -> true;
    };
  }

  static boolean digit(char c) {
    return c >= '0' && c <= '9';
  }
}
