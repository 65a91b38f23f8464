package dev.myelin.chat.template;

import java.util.BitSet;

/** Implementations of Python's string methods. */
final class StrOperations {
  private StrOperations() {}

  static Str strip(Str s, Object chars, boolean left, boolean right, Budget budget) {
    String text = s.text;
    BitSet set = chars == null || chars == None.NONE ? null : characterSet(chars, budget);
    int from = 0;
    int to = text.length();
    while (left && from < to && isStripped(text.codePointAt(from), set)) {
      from += Character.charCount(text.codePointAt(from));
    }
    while (right && to > from && isStripped(text.codePointBefore(to), set)) {
      to -= Character.charCount(text.codePointBefore(to));
    }
    budget.chargeWork((text.length() - (to - from)) / 4);
    budget.chargeWrite(to - from);
    return s.substring(from, to);
  }

  private static BitSet characterSet(Object chars, Budget budget) {
    String text = StrMethods.requireStr(chars, "strip").text;
    budget.chargeWork(1 + text.length() / 2);
    BitSet set = new BitSet();
    for (int at = 0; at < text.length(); at += Character.charCount(text.codePointAt(at))) {
      set.set(text.codePointAt(at));
    }
    return set;
  }

  private static boolean isStripped(int c, BitSet set) {
    return set == null ? CharClasses.isSpace(c) : set.get(c);
  }

  static Str replace(Str s, Str old, Str replacement, long maxCount, Budget budget) {
    StrBuilder text = new StrBuilder(budget);
    long remaining = maxCount < 0 ? Long.MAX_VALUE : maxCount;
    int from = 0;
    if (old.isEmpty()) {
      for (; remaining > 0 && from < s.units(); remaining--) {
        int end = from + Character.charCount(s.text.codePointAt(from));
        text.append(replacement).append(s, from, end);
        from = end;
      }
      return (remaining > 0 ? text.append(replacement) : text.append(s, from, s.units()))
          .build()
          .markup(s.markup);
    }
    for (int at;
        remaining > 0 && (at = StringSearch.find(s, old, from, s.units(), budget)) >= 0;
        remaining--) {
      text.append(s, from, at).append(replacement);
      from = at + old.units();
    }
    return from == 0 ? s : text.append(s, from, s.units()).build().markup(s.markup);
  }

  /** Offsets of the optional start and end arguments of a method. */
  private static int[] range(Str s, Object[] a, Budget budget) {
    if (s.length() != s.units()) {
      budget.chargeRead(s.units());
    }
    int[] range = {0, s.units()};
    for (int i = 0; i < 2; i++) {
      if (a[i + 1] != null && a[i + 1] != None.NONE) {
        long index = Numbers.clampToLong(a[i + 1], "index");
        index = index < 0 ? Math.max(0, index + s.length()) : index;
        range[i] = index > s.length() ? s.units() + (i == 0 ? 1 : 0) : s.offsetOf((int) index);
      }
    }
    return range;
  }

  static long find(Str s, Object[] a, boolean last, Budget budget) {
    Str part = StrMethods.requireStr(a[0], "find");
    int[] range = range(s, a, budget);
    int at =
        last
            ? StringSearch.findLast(s.text, part.text, range[0], range[1], budget)
            : StringSearch.find(s.text, part.text, range[0], range[1], budget);
    if (s.length() != s.units()) {
      budget.chargeRead(s.units());
    }
    return at < 0 ? -1 : s.indexAt(at);
  }

  static long requireFound(long index, Object part) {
    if (index < 0) {
      throw new TemplateError("index: '" + part + "' is not in the string");
    }
    return index;
  }

  static long count(Str s, Object[] a, Budget budget) {
    Str part = StrMethods.requireStr(a[0], "count");
    int[] range = range(s, a, budget);
    if (part.isEmpty()) {
      budget.chargeRead(s.units());
      return range[0] > range[1] ? 0 : s.text.codePointCount(range[0], range[1]) + 1L;
    }
    long count = 0;
    int from = range[0];
    for (int at; (at = StringSearch.find(s, part, from, range[1], budget)) >= 0; count++) {
      from = at + part.units();
    }
    return count;
  }

  static boolean startsOrEndsWith(Str s, Object[] a, boolean end, Budget budget) {
    String method = end ? "endswith" : "startswith";
    int[] range = range(s, a, budget);
    Object[] parts = a[0] instanceof PyTuple tuple ? tuple.toArray() : new Object[] {a[0]};
    for (Object each : parts) {
      String part = StrMethods.requireStr(each, method).text;
      budget.chargeRead(part.length());
      int at = end ? range[1] - part.length() : range[0];
      if (at >= range[0] && at + part.length() <= range[1] && s.text.startsWith(part, at)) {
        return true;
      }
    }
    return false;
  }

  static Str removeAffix(Str s, Str affix, boolean end, Budget budget) {
    budget.chargeRead(affix.units());
    if (end ? !s.text.endsWith(affix.text) : !s.text.startsWith(affix.text)) {
      return s;
    }
    budget.chargeWrite((long) s.units() - affix.units());
    return end ? s.substring(0, s.units() - affix.units()) : s.substring(affix.units(), s.units());
  }

  static Str pad(Str s, Object width, Object fill, char alignment, Budget budget) {
    Str fillCharacter = fill == null ? Str.of(" ") : StrMethods.requireStr(fill, "fillchar");
    if (fillCharacter.length() != 1) {
      throw new TemplateError("fillchar: expected one character");
    }
    long missing = Numbers.clampToLong(width, "width") - s.length();
    if (missing <= 0) {
      return s;
    }
    // as CPython: if the width is odd, an odd fill character goes to the left
    long left =
        switch (alignment) {
          case '<' -> 0;
          case '>' -> missing;
          default -> missing / 2 + (missing & (missing + s.length()) & 1);
        };
    StrBuilder text = new StrBuilder(budget);
    text.repeat(fillCharacter, left).append(s).repeat(fillCharacter, missing - left);
    return text.build().markup(s.markup);
  }

  static Str zfill(Str s, int width, Budget budget) {
    boolean sign = !s.isEmpty() && (s.text.charAt(0) == '-' || s.text.charAt(0) == '+');
    StrBuilder text = new StrBuilder(budget).append(s, 0, sign ? 1 : 0);
    text.repeat(Str.of("0"), (long) width - s.length());
    return text.append(s, sign ? 1 : 0, s.units()).build();
  }

  static Str expandTabs(Str s, Object size, Budget budget) {
    long tab = size == null ? 8 : Numbers.clampToLong(size, "expandtabs");
    StrBuilder text = new StrBuilder(budget);
    long column = 0;
    for (int at = 0; at < s.units(); at++) {
      char c = s.text.charAt(at);
      if (c == '\t') {
        long spaces = tab > 0 ? tab - column % tab : 0;
        text.repeat(Str.of(" ", s.isTrustedAt(at)), spaces);
        column += spaces;
      } else {
        text.append(s, at, at + 1);
        column = c == '\n' || c == '\r' ? 0 : column + (Character.isLowSurrogate(c) ? 0 : 1);
      }
    }
    return text.build();
  }
}
