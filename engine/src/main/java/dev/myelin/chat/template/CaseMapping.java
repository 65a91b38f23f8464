package dev.myelin.chat.template;

import java.util.Locale;

/** Upper and lower case; each run of one origin is mapped separately. */
final class CaseMapping {
  private CaseMapping() {}

  static Str toUpper(Str s, Budget budget) {
    StrBuilder result = new StrBuilder(budget);
    for (int run = 0, from = 0; run < s.runCount(); from = s.runEnd(run++)) {
      String part = s.text.substring(from, s.runEnd(run)).toUpperCase(Locale.ROOT);
      result.append(part, s.isRunTrusted(run));
    }
    return result.build().markup(s.markup);
  }

  static Str toLower(Str s, Budget budget) {
    StrBuilder result = new StrBuilder(budget);
    for (int run = 0, from = 0; run < s.runCount(); from = s.runEnd(run++)) {
      String part = s.text.substring(from, s.runEnd(run)).toLowerCase(Locale.ROOT);
      result.append(part, s.isRunTrusted(run));
    }
    return result.build().markup(s.markup);
  }

  /** Approximates Python's casefold by the lower case of the upper case. */
  static Str casefold(Str s, Budget budget) {
    return toLower(toUpper(s, budget), budget);
  }

  static Str capitalize(Str s, Budget budget) {
    return toTitleCase(s, false, budget);
  }

  static Str title(Str s, Budget budget) {
    return toTitleCase(s, true, budget);
  }

  /** Title case of the first character, or of the first letter of every word. */
  private static Str toTitleCase(Str s, boolean everyWord, Budget budget) {
    StrBuilder result = new StrBuilder(budget);
    boolean insideWord = false;
    for (int at = 0; at < s.units(); ) {
      int c = s.text.codePointAt(at);
      int next = at + Character.charCount(c);
      boolean last = next == s.units() || !isCased(s.text.codePointAt(next));
      boolean sigma = c == 'Σ' && insideWord && last && isCased(s.text.codePointBefore(at));
      result.append(sigma ? "ς" : mapCharacter(c, insideWord), s.isTrustedAt(at));
      insideWord = !everyWord || isCased(c);
      at = next;
    }
    return result.build().markup(s.markup);
  }

  private static String mapCharacter(int c, boolean insideWord) {
    String one = Character.toString(c);
    if (insideWord) {
      return one.toLowerCase(Locale.ROOT);
    }
    int title = Character.toTitleCase(c);
    if (title != c || c < 128) {
      return Character.toString(title);
    }
    String upper = one.toUpperCase(Locale.ROOT); // sharp s becomes Ss
    return upper.length() > 1
        ? upper.charAt(0) + upper.substring(1).toLowerCase(Locale.ROOT)
        : upper;
  }

  static boolean isCased(int c) {
    return Character.isUpperCase(c) || Character.isLowerCase(c) || Character.isTitleCase(c);
  }

  static Str swapcase(Str s, Budget budget) {
    StrBuilder result = new StrBuilder(budget);
    for (int at = 0; at < s.units(); ) {
      int c = s.text.codePointAt(at);
      String one = Character.toString(c);
      String swapped =
          Character.isUpperCase(c) ? one.toLowerCase(Locale.ROOT) : one.toUpperCase(Locale.ROOT);
      result.append(swapped, s.isTrustedAt(at));
      at += Character.charCount(c);
    }
    return result.build().markup(s.markup);
  }

  /** Jinja2's filter {@code title}: words start after white space, a hyphen or a bracket. */
  static Str titleFilter(Str s, Budget budget) {
    StrBuilder result = new StrBuilder(budget);
    boolean insideWord = false;
    for (int at = 0; at < s.units(); ) {
      int c = s.text.codePointAt(at);
      String one = Character.toString(c);
      result.append(
          insideWord ? one.toLowerCase(Locale.ROOT) : one.toUpperCase(Locale.ROOT),
          s.isTrustedAt(at));
      insideWord = !CharClasses.isSpace(c) && "-({[<".indexOf(c) < 0;
      at += Character.charCount(c);
    }
    return result.build().markup(s.markup);
  }
}
