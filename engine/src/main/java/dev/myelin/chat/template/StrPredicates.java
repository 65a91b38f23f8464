package dev.myelin.chat.template;

/** The string methods that test every character: isalpha, isdigit and so on. */
final class StrPredicates {
  private StrPredicates() {}

  static boolean test(Str s, String name, Budget budget) {
    budget.chargeWork(1 + s.units() / 4);
    return switch (name) {
      case "islower" -> isSingleCase(s, false);
      case "isupper" -> isSingleCase(s, true);
      case "istitle" -> isTitle(s);
      case "isidentifier" -> isIdentifier(s);
      case "isascii", "isprintable" -> allCharacters(s, name);
      default -> !s.isEmpty() && allCharacters(s, name);
    };
  }

  private static boolean allCharacters(Str s, String name) {
    for (int at = 0; at < s.units(); ) {
      int c = s.text.codePointAt(at);
      boolean holds =
          switch (name) {
            case "isalpha" -> Character.isLetter(c);
            case "isalnum" -> Character.isLetter(c) || isNumeric(c);
            case "isdecimal" -> Character.isDigit(c);
            case "isdigit" -> Character.isDigit(c) || isSuperscriptDigit(c);
            case "isnumeric" -> isNumeric(c);
            case "isspace" -> CharClasses.isSpace(c);
            case "isascii" -> c < 128;
            default -> CharClasses.isPrintable(c);
          };
      if (!holds) {
        return false;
      }
      at += Character.charCount(c);
    }
    return true;
  }

  private static boolean isSuperscriptDigit(int c) {
    return c == 0xb2
        || c == 0xb3
        || c == 0xb9
        || c == 0x2070
        || c >= 0x2074 && c <= 0x2079
        || c >= 0x2080 && c <= 0x2089
        || c >= 0x2460 && c <= 0x2468;
  }

  private static boolean isNumeric(int c) {
    int type = Character.getType(c);
    return type == Character.DECIMAL_DIGIT_NUMBER
        || type == Character.OTHER_NUMBER
        || type == Character.LETTER_NUMBER;
  }

  /** Whether there are cased letters, and all have this case. */
  private static boolean isSingleCase(Str s, boolean upper) {
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

  private static boolean isTitle(Str s) {
    boolean any = false;
    boolean inside = false;
    for (int at = 0; at < s.units(); ) {
      int c = s.text.codePointAt(at);
      boolean begins = Character.isUpperCase(c) || Character.isTitleCase(c);
      if (begins && inside || Character.isLowerCase(c) && !inside) {
        return false;
      }
      inside = CaseMapping.isCased(c);
      any |= inside;
      at += Character.charCount(c);
    }
    return any;
  }

  private static boolean isIdentifier(Str s) {
    for (int at = 0; at < s.units(); ) {
      int c = s.text.codePointAt(at);
      if (at == 0 ? !CharClasses.isNameStart(c) : !CharClasses.isNamePart(c)) {
        return false;
      }
      at += Character.charCount(c);
    }
    return !s.isEmpty();
  }
}
