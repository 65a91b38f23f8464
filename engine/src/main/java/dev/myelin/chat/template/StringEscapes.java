package dev.myelin.chat.template;

/** The escape sequences of Python's string literals. */
final class StringEscapes {
  private StringEscapes() {}

  /** The value of a literal, given without quotes. */
  static String unescape(String literal, int offset) {
    int backslash = literal.indexOf('\\');
    if (backslash < 0) {
      return literal;
    }
    StringBuilder text = new StringBuilder(literal.length());
    int from = 0;
    while (backslash >= 0) {
      text.append(literal, from, backslash);
      from = unescapeOne(literal, backslash + 1, text, offset);
      backslash = literal.indexOf('\\', from);
    }
    return text.append(literal, from, literal.length()).toString();
  }

  private static int unescapeOne(String literal, int i, StringBuilder text, int offset) {
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
        return hex(literal, i, 2, text, offset);
      }
      case 'u' -> {
        return hex(literal, i, 4, text, offset);
      }
      case 'U' -> {
        return hex(literal, i, 8, text, offset);
      }
      case 'N' -> {
        return namedCharacter(literal, i, text, offset);
      }
      case '0', '1', '2', '3', '4', '5', '6', '7' -> {
        int end = i;
        int value = 0;
        while (end < literal.length() && end < i + 3 && isOctal(literal.charAt(end))) {
          value = value * 8 + literal.charAt(end++) - '0';
        }
        text.append((char) value);
        return end;
      }
      default -> text.append('\\').append(c);
    }
    return i + 1;
  }

  private static boolean isOctal(char c) {
    return c >= '0' && c <= '7';
  }

  private static int hex(String literal, int i, int digits, StringBuilder text, int offset) {
    int value = 0;
    for (int k = i + 1; k <= i + digits; k++) {
      int digit = k < literal.length() ? Character.digit(literal.charAt(k), 16) : -1;
      if (digit < 0 || literal.charAt(k) >= 128) {
        throw new TemplateError(
            "\\" + literal.charAt(i) + " needs " + digits + " hex digits", offset);
      }
      value = value << 4 | digit;
    }
    if (!Character.isValidCodePoint(value)) {
      throw new TemplateError("\\" + literal.charAt(i) + ": no such character", offset);
    }
    text.appendCodePoint(value);
    return i + digits + 1;
  }

  private static int namedCharacter(String literal, int i, StringBuilder text, int offset) {
    int close = literal.indexOf('}', i);
    if (close < 0 || literal.charAt(i + 1) != '{') {
      throw new TemplateError("\\N needs a character's name in braces", offset);
    }
    String name = literal.substring(i + 2, close);
    try {
      text.appendCodePoint(Character.codePointOf(name));
    } catch (IllegalArgumentException e) {
      throw new TemplateError("\\N{" + name + "}: no such character", offset);
    }
    return close + 1;
  }
}
