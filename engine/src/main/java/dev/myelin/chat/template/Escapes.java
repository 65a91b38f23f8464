package dev.myelin.chat.template;

/** The escapes of Python's string literals. */
final class Escapes {
  private Escapes() {}

  /** What a literal between its quotes stands for. */
  static String text(String literal, int at) {
    int backslash = literal.indexOf('\\');
    if (backslash < 0) {
      return literal;
    }
    StringBuilder text = new StringBuilder(literal.length());
    int from = 0;
    while (backslash >= 0) {
      text.append(literal, from, backslash);
      from = escape(literal, backslash + 1, text, at);
      backslash = literal.indexOf('\\', from);
    }
    return text.append(literal, from, literal.length()).toString();
  }

  private static int escape(String literal, int i, StringBuilder text, int at) {
    char c = literal.charAt(i);
    switch (c) {
      case '\n' -> {}
      case '\\', '\'', '"' -> text.append(c);
      case 'n' -> text.append('\n');
      case 't' -> text.append('\t');
      case 'r' -> text.append('\r');
      case 'a' -> text.append('\u0007');
      case 'b' -> text.append('\b');
      case 'f' -> text.append('\f');
      case 'v' -> text.append('\u000b');
      case 'x' -> {
        return hex(literal, i, 2, text, at);
      }
      case 'u' -> {
        return hex(literal, i, 4, text, at);
      }
      case 'U' -> {
        return hex(literal, i, 8, text, at);
      }
      case 'N' -> {
        return named(literal, i, text, at);
      }
      case '0', '1', '2', '3', '4', '5', '6', '7' -> {
        int end = i;
        int value = 0;
        while (end < literal.length() && end < i + 3 && octal(literal.charAt(end))) {
          value = value * 8 + literal.charAt(end++) - '0';
        }
        text.append((char) value);
        return end;
      }
      default -> text.append('\\').append(c);
    }
    return i + 1;
  }

  private static boolean octal(char c) {
    return c >= '0' && c <= '7';
  }

  private static int hex(String literal, int i, int digits, StringBuilder text, int at) {
    int value = 0;
    for (int k = i + 1; k <= i + digits; k++) {
      int digit = k < literal.length() ? Character.digit(literal.charAt(k), 16) : -1;
      if (digit < 0 || literal.charAt(k) >= 128) {
        throw new Failure("\\" + literal.charAt(i) + " needs " + digits + " hex digits", at);
      }
      value = value << 4 | digit;
    }
    if (!Character.isValidCodePoint(value)) {
      throw new Failure("\\" + literal.charAt(i) + ": no such character", at);
    }
    text.appendCodePoint(value);
    return i + digits + 1;
  }

  private static int named(String literal, int i, StringBuilder text, int at) {
    int close = literal.indexOf('}', i);
    if (close < 0 || literal.charAt(i + 1) != '{') {
      throw new Failure("\\N needs a character's name in braces", at);
    }
    String name = literal.substring(i + 2, close);
    try {
      text.appendCodePoint(Character.codePointOf(name));
    } catch (IllegalArgumentException e) {
      throw new Failure("\\N{" + name + "}: no such character", at);
    }
    return close + 1;
  }
}
