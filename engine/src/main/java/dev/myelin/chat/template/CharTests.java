package dev.myelin.chat.template;

/** The methods of strings that ask about every character. */
final class CharTests {
  private CharTests() {}

  static boolean holds(Str s, String name, Budget budget) {
    budget.spend(1 + s.units() / 4);
    return switch (name) {
      case "islower" -> cased(s, false);
      case "isupper" -> cased(s, true);
      case "istitle" -> title(s);
      case "isidentifier" -> identifier(s);
      case "isascii", "isprintable" -> all(s, name);
      default -> !s.isEmpty() && all(s, name);
    };
  }

  private static boolean all(Str s, String name) {
    for (int at = 0; at < s.units(); ) {
      int c = s.text.codePointAt(at);
      boolean holds =
          switch (name) {
            case "isalpha" -> Character.isLetter(c);
            case "isalnum" -> Character.isLetter(c) || numeric(c);
            case "isdecimal" -> Character.isDigit(c);
            case "isdigit" -> Character.isDigit(c) || superscript(c);
            case "isnumeric" -> numeric(c);
            case "isspace" -> Chars.space(c);
            case "isascii" -> c < 128;
            default -> Chars.printable(c);
          };
      if (!holds) {
        return false;
      }
      at += Character.charCount(c);
    }
    return true;
  }

  private static boolean superscript(int c) {
    return c == 0xb2
        || c == 0xb3
        || c == 0xb9
        || c == 0x2070
        || c >= 0x2074 && c <= 0x2079
        || c >= 0x2080 && c <= 0x2089
        || c >= 0x2460 && c <= 0x2468;
  }

  private static boolean numeric(int c) {
    int type = Character.getType(c);
    return type == Character.DECIMAL_DIGIT_NUMBER
        || type == Character.OTHER_NUMBER
        || type == Character.LETTER_NUMBER;
  }

  /** Whether there are letters of this case and none of the other. */
  private static boolean cased(Str s, boolean upper) {
    boolean any = false;
    for (int at = 0; at < s.units(); ) {
      int c = s.text.codePointAt(at);
      if (Character.isTitleCase(c)
          || (upper ? Character.isLowerCase(c) : Character.isUpperCase(c))) {
        return false;
      }
      any |= upper ? Character.isUpperCase(c) : Character.isLowerCase(c);
      at += Character.charCount(c);
    }
    return any;
  }

  private static boolean title(Str s) {
    boolean any = false;
    boolean inside = false;
    for (int at = 0; at < s.units(); ) {
      int c = s.text.codePointAt(at);
      boolean begins = Character.isUpperCase(c) || Character.isTitleCase(c);
      if (begins && inside || Character.isLowerCase(c) && !inside) {
        return false;
      }
      inside = Case.cased(c);
      any |= inside;
      at += Character.charCount(c);
    }
    return any;
  }

  private static boolean identifier(Str s) {
    for (int at = 0; at < s.units(); ) {
      int c = s.text.codePointAt(at);
      if (at == 0 ? !Chars.nameStart(c) : !Chars.namePart(c)) {
        return false;
      }
      at += Character.charCount(c);
    }
    return !s.isEmpty();
  }
}
