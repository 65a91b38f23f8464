package dev.myelin.chat.template;

import java.util.Locale;

/** Upper and lower case, of each run of one origin by itself. */
final class Case {
  private Case() {}

  static Str upper(Str s, Budget budget) {
    StrBuilder made = new StrBuilder(budget);
    for (int run = 0, from = 0; run < s.runs(); from = s.runEnd(run++)) {
      String part = s.text.substring(from, s.runEnd(run)).toUpperCase(Locale.ROOT);
      made.append(part, s.runTrusted(run));
    }
    return made.str().markup(s.markup);
  }

  static Str lower(Str s, Budget budget) {
    StrBuilder made = new StrBuilder(budget);
    for (int run = 0, from = 0; run < s.runs(); from = s.runEnd(run++)) {
      String part = s.text.substring(from, s.runEnd(run)).toLowerCase(Locale.ROOT);
      made.append(part, s.runTrusted(run));
    }
    return made.str().markup(s.markup);
  }

  /** Close to Python's casefold: lower case of the upper case. */
  static Str fold(Str s, Budget budget) {
    return lower(upper(s, budget), budget);
  }

  static Str capitalize(Str s, Budget budget) {
    return words(s, false, budget);
  }

  static Str title(Str s, Budget budget) {
    return words(s, true, budget);
  }

  /** Title case for what begins the string, or each run of letters. */
  private static Str words(Str s, boolean all, Budget budget) {
    StrBuilder made = new StrBuilder(budget);
    boolean inside = false;
    for (int at = 0; at < s.units(); ) {
      int c = s.text.codePointAt(at);
      int next = at + Character.charCount(c);
      boolean last = next == s.units() || !cased(s.text.codePointAt(next));
      boolean sigma = c == 'Σ' && inside && last && cased(s.text.codePointBefore(at));
      made.append(sigma ? "ς" : mapped(c, inside), s.trustedAt(at));
      inside = !all || cased(c);
      at = next;
    }
    return made.str().markup(s.markup);
  }

  private static String mapped(int c, boolean inside) {
    String one = Character.toString(c);
    if (inside) {
      return one.toLowerCase(Locale.ROOT);
    }
    int title = Character.toTitleCase(c);
    if (title != c || c < 128) {
      return Character.toString(title);
    }
    String upper = one.toUpperCase(Locale.ROOT); // the sharp s becomes Ss
    return upper.length() > 1
        ? upper.charAt(0) + upper.substring(1).toLowerCase(Locale.ROOT)
        : upper;
  }

  static boolean cased(int c) {
    return Character.isUpperCase(c) || Character.isLowerCase(c) || Character.isTitleCase(c);
  }

  static Str swap(Str s, Budget budget) {
    StrBuilder made = new StrBuilder(budget);
    for (int at = 0; at < s.units(); ) {
      int c = s.text.codePointAt(at);
      String one = Character.toString(c);
      String swapped =
          Character.isUpperCase(c) ? one.toLowerCase(Locale.ROOT) : one.toUpperCase(Locale.ROOT);
      made.append(swapped, s.trustedAt(at));
      at += Character.charCount(c);
    }
    return made.str().markup(s.markup);
  }

  /** Jinja2's filter {@code title}: words begin after white space, a hyphen or a bracket. */
  static Str titleFilter(Str s, Budget budget) {
    StrBuilder made = new StrBuilder(budget);
    boolean inside = false;
    for (int at = 0; at < s.units(); ) {
      int c = s.text.codePointAt(at);
      String one = Character.toString(c);
      made.append(
          inside ? one.toLowerCase(Locale.ROOT) : one.toUpperCase(Locale.ROOT), s.trustedAt(at));
      inside = !Chars.space(c) && "-({[<".indexOf(c) < 0;
      at += Character.charCount(c);
    }
    return made.str().markup(s.markup);
  }
}
