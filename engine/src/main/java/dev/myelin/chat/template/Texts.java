package dev.myelin.chat.template;

import java.util.BitSet;

/** What Python's string methods do. */
final class Texts {
  private Texts() {}

  static Str strip(Str s, Object chars, boolean left, boolean right, Budget budget) {
    String text = s.text;
    BitSet set = chars == null || chars == None.NONE ? null : set(chars, budget);
    int from = 0;
    int to = text.length();
    while (left && from < to && stripped(text.codePointAt(from), set)) {
      from += Character.charCount(text.codePointAt(from));
    }
    while (right && to > from && stripped(text.codePointBefore(to), set)) {
      to -= Character.charCount(text.codePointBefore(to));
    }
    budget.spend((text.length() - (to - from)) / 4);
    budget.make(to - from);
    return s.cut(from, to);
  }

  private static BitSet set(Object chars, Budget budget) {
    String text = StrMethods.text(chars, "strip").text;
    budget.spend(1 + text.length() / 2);
    BitSet set = new BitSet();
    for (int at = 0; at < text.length(); at += Character.charCount(text.codePointAt(at))) {
      set.set(text.codePointAt(at));
    }
    return set;
  }

  private static boolean stripped(int c, BitSet set) {
    return set == null ? Chars.space(c) : set.get(c);
  }

  static Str replace(Str s, Str old, Str by, long most, Budget budget) {
    StrBuilder text = new StrBuilder(budget);
    long left = most < 0 ? Long.MAX_VALUE : most;
    int from = 0;
    if (old.isEmpty()) {
      for (; left > 0 && from < s.units(); left--) {
        int end = from + Character.charCount(s.text.codePointAt(from));
        text.append(by).append(s, from, end);
        from = end;
      }
      return (left > 0 ? text.append(by) : text.append(s, from, s.units())).str().markup(s.markup);
    }
    for (int at; left > 0 && (at = Search.find(s, old, from, s.units(), budget)) >= 0; left--) {
      text.append(s, from, at).append(by);
      from = at + old.units();
    }
    return from == 0 ? s : text.append(s, from, s.units()).str().markup(s.markup);
  }

  /** Offsets in the text of the optional start and end among a method's arguments. */
  private static int[] range(Str s, Object[] a, Budget budget) {
    if (s.length() != s.units()) {
      budget.read(s.units());
    }
    int[] range = {0, s.units()};
    for (int i = 0; i < 2; i++) {
      if (a[i + 1] != null && a[i + 1] != None.NONE) {
        long index = Numbers.clamped(a[i + 1], "index");
        index = index < 0 ? Math.max(0, index + s.length()) : index;
        range[i] = index > s.length() ? s.units() + (i == 0 ? 1 : 0) : s.offset((int) index);
      }
    }
    return range;
  }

  static long find(Str s, Object[] a, boolean last, Budget budget) {
    Str part = StrMethods.text(a[0], "find");
    int[] range = range(s, a, budget);
    int at =
        last
            ? Search.findLast(s.text, part.text, range[0], range[1], budget)
            : Search.find(s.text, part.text, range[0], range[1], budget);
    if (s.length() != s.units()) {
      budget.read(s.units());
    }
    return at < 0 ? -1 : s.index(at);
  }

  static long found(long index, Object part) {
    if (index < 0) {
      throw new Failure("index: '" + part + "' is not in the string");
    }
    return index;
  }

  static long count(Str s, Object[] a, Budget budget) {
    Str part = StrMethods.text(a[0], "count");
    int[] range = range(s, a, budget);
    if (part.isEmpty()) {
      budget.read(s.units());
      return range[0] > range[1] ? 0 : s.text.codePointCount(range[0], range[1]) + 1L;
    }
    long count = 0;
    int from = range[0];
    for (int at; (at = Search.find(s, part, from, range[1], budget)) >= 0; count++) {
      from = at + part.units();
    }
    return count;
  }

  static boolean begins(Str s, Object[] a, boolean end, Budget budget) {
    String method = end ? "endswith" : "startswith";
    int[] range = range(s, a, budget);
    Object[] parts = a[0] instanceof PyTuple tuple ? tuple.toArray() : new Object[] {a[0]};
    for (Object each : parts) {
      String part = StrMethods.text(each, method).text;
      budget.read(part.length());
      int at = end ? range[1] - part.length() : range[0];
      if (at >= range[0] && at + part.length() <= range[1] && s.text.startsWith(part, at)) {
        return true;
      }
    }
    return false;
  }

  static Str without(Str s, Str affix, boolean end, Budget budget) {
    budget.read(affix.units());
    if (end ? !s.text.endsWith(affix.text) : !s.text.startsWith(affix.text)) {
      return s;
    }
    budget.make((long) s.units() - affix.units());
    return end ? s.cut(0, s.units() - affix.units()) : s.cut(affix.units(), s.units());
  }

  static Str pad(Str s, Object width, Object fill, char where, Budget budget) {
    Str with = fill == null ? Str.of(" ") : StrMethods.text(fill, "fillchar");
    if (with.length() != 1) {
      throw new Failure("fillchar: expected one character");
    }
    long missing = Numbers.clamped(width, "width") - s.length();
    if (missing <= 0) {
      return s;
    }
    // as CPython, an odd one goes to the left where the width is odd
    long left =
        switch (where) {
          case '<' -> 0;
          case '>' -> missing;
          default -> missing / 2 + (missing & (missing + s.length()) & 1);
        };
    StrBuilder text = new StrBuilder(budget);
    text.repeat(with, left).append(s).repeat(with, missing - left);
    return text.str().markup(s.markup);
  }

  static Str zeros(Str s, int width, Budget budget) {
    boolean sign = !s.isEmpty() && (s.text.charAt(0) == '-' || s.text.charAt(0) == '+');
    StrBuilder text = new StrBuilder(budget).append(s, 0, sign ? 1 : 0);
    text.repeat(Str.of("0"), (long) width - s.length());
    return text.append(s, sign ? 1 : 0, s.units()).str();
  }

  static Str expandTabs(Str s, Object size, Budget budget) {
    long tab = size == null ? 8 : Numbers.clamped(size, "expandtabs");
    StrBuilder text = new StrBuilder(budget);
    long column = 0;
    for (int at = 0; at < s.units(); at++) {
      char c = s.text.charAt(at);
      if (c == '\t') {
        long spaces = tab > 0 ? tab - column % tab : 0;
        text.repeat(Str.of(" ", s.trustedAt(at)), spaces);
        column += spaces;
      } else {
        text.append(s, at, at + 1);
        column = c == '\n' || c == '\r' ? 0 : column + (Character.isLowSurrogate(c) ? 0 : 1);
      }
    }
    return text.str();
  }
}
