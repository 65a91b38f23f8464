package dev.myelin.chat.template;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Parts of strings. */
final class Splits {
  private Splits() {}

  /**
   * @param a separator and greatest number of splits, each may be null
   * @param last whether splits are counted from the end
   */
  static PyList split(Str s, Object[] a, boolean last, Budget budget) {
    long most = a[1] == null ? -1 : Numbers.clamped(a[1], "maxsplit");
    most = most < 0 ? Long.MAX_VALUE : most;
    if (a[0] == null || a[0] == None.NONE) {
      return last ? wordsFromEnd(s, most, budget) : words(s, most, budget);
    }
    Str separator = StrMethods.text(a[0], "split");
    if (separator.isEmpty()) {
      throw new Failure("split: the separator is empty");
    }
    List<Object> parts = new ArrayList<>();
    int from = 0;
    int to = s.units();
    while (most-- > 0) {
      int at =
          last
              ? Search.findLast(s.text, separator.text, 0, to, budget)
              : Search.find(s, separator, from, to, budget);
      if (at < 0) {
        break;
      }
      int end = at + separator.units();
      add(parts, last ? s.cut(end, to) : s.cut(from, at), budget);
      to = last ? at : to;
      from = last ? from : end;
    }
    add(parts, s.cut(from, to), budget);
    if (last) {
      Collections.reverse(parts);
    }
    return PyList.of(parts.toArray());
  }

  private static void add(List<Object> parts, Str part, Budget budget) {
    budget.make(part.units());
    budget.hold(Budget.STRING);
    parts.add(part);
  }

  private static PyList words(Str s, long most, Budget budget) {
    budget.read(s.units());
    List<Object> parts = new ArrayList<>();
    int at = 0;
    while (true) {
      while (at < s.units() && Chars.space(s.text.charAt(at))) {
        at++;
      }
      if (at == s.units()) {
        return PyList.of(parts.toArray());
      }
      int from = at;
      if (parts.size() == most) {
        at = s.units();
      }
      while (at < s.units() && !Chars.space(s.text.charAt(at))) {
        at++;
      }
      add(parts, s.cut(from, at), budget);
    }
  }

  private static PyList wordsFromEnd(Str s, long most, Budget budget) {
    budget.read(s.units());
    List<Object> parts = new ArrayList<>();
    int at = s.units();
    while (true) {
      while (at > 0 && Chars.space(s.text.charAt(at - 1))) {
        at--;
      }
      if (at == 0) {
        Collections.reverse(parts);
        return PyList.of(parts.toArray());
      }
      int to = at;
      if (parts.size() == most) {
        at = 0;
      }
      while (at > 0 && !Chars.space(s.text.charAt(at - 1))) {
        at--;
      }
      add(parts, s.cut(at, to), budget);
    }
  }

  static PyList lines(Str s, boolean ends, Budget budget) {
    budget.read(s.units());
    List<Object> parts = new ArrayList<>();
    int from = 0;
    for (int at = 0; at < s.units(); at++) {
      char c = s.text.charAt(at);
      if (Chars.lineEnd(c)) {
        boolean two = c == '\r' && at + 1 < s.units() && s.text.charAt(at + 1) == '\n';
        int end = two ? at + 2 : at + 1;
        add(parts, s.cut(from, ends ? end : at), budget);
        from = end;
        at = end - 1;
      }
    }
    if (from < s.units()) {
      add(parts, s.cut(from, s.units()), budget);
    }
    return PyList.of(parts.toArray());
  }

  static PyTuple partition(Str s, Str separator, boolean last, Budget budget) {
    if (separator.isEmpty()) {
      throw new Failure("partition: the separator is empty");
    }
    int at =
        last
            ? Search.findLast(s.text, separator.text, 0, s.units(), budget)
            : Search.find(s, separator, 0, s.units(), budget);
    budget.items(8);
    budget.make(s.units());
    if (at < 0) {
      return last ? PyTuple.of(Str.EMPTY, Str.EMPTY, s) : PyTuple.of(s, Str.EMPTY, Str.EMPTY);
    }
    int end = at + separator.units();
    return PyTuple.of(s.cut(0, at), s.cut(at, end), s.cut(end, s.units()));
  }
}
