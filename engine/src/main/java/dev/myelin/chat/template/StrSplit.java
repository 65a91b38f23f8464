package dev.myelin.chat.template;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Splits strings. */
final class StrSplit {
  private StrSplit() {}

  /**
   * @param a separator and maximum number of splits, each may be null
   * @param fromEnd whether to split from the end
   */
  static PyList split(Str s, Object[] a, boolean fromEnd, Budget budget) {
    long maxSplits = a[1] == null ? -1 : Numbers.clampToLong(a[1], "maxsplit");
    maxSplits = maxSplits < 0 ? Long.MAX_VALUE : maxSplits;
    if (a[0] == null || a[0] == None.NONE) {
      return fromEnd ? splitWordsFromEnd(s, maxSplits, budget) : splitWords(s, maxSplits, budget);
    }
    Str separator = StrMethods.requireStr(a[0], "split");
    if (separator.isEmpty()) {
      throw new TemplateError("split: the separator is empty");
    }
    List<Object> parts = new ArrayList<>();
    int from = 0;
    int to = s.units();
    while (maxSplits-- > 0) {
      int at =
          fromEnd
              ? StringSearch.findLast(s.text, separator.text, 0, to, budget)
              : StringSearch.find(s, separator, from, to, budget);
      if (at < 0) {
        break;
      }
      int end = at + separator.units();
      add(parts, fromEnd ? s.substring(end, to) : s.substring(from, at), budget);
      to = fromEnd ? at : to;
      from = fromEnd ? from : end;
    }
    add(parts, s.substring(from, to), budget);
    if (fromEnd) {
      Collections.reverse(parts);
    }
    return PyList.of(parts.toArray());
  }

  private static void add(List<Object> parts, Str part, Budget budget) {
    budget.chargeWrite(part.units());
    budget.chargeMemory(Budget.STRING_OVERHEAD);
    parts.add(part);
  }

  private static PyList splitWords(Str s, long maxSplits, Budget budget) {
    budget.chargeRead(s.units());
    List<Object> parts = new ArrayList<>();
    int at = 0;
    while (true) {
      while (at < s.units() && CharClasses.isSpace(s.text.charAt(at))) {
        at++;
      }
      if (at == s.units()) {
        return PyList.of(parts.toArray());
      }
      int from = at;
      if (parts.size() == maxSplits) {
        at = s.units();
      }
      while (at < s.units() && !CharClasses.isSpace(s.text.charAt(at))) {
        at++;
      }
      add(parts, s.substring(from, at), budget);
    }
  }

  private static PyList splitWordsFromEnd(Str s, long maxSplits, Budget budget) {
    budget.chargeRead(s.units());
    List<Object> parts = new ArrayList<>();
    int at = s.units();
    while (true) {
      while (at > 0 && CharClasses.isSpace(s.text.charAt(at - 1))) {
        at--;
      }
      if (at == 0) {
        Collections.reverse(parts);
        return PyList.of(parts.toArray());
      }
      int to = at;
      if (parts.size() == maxSplits) {
        at = 0;
      }
      while (at > 0 && !CharClasses.isSpace(s.text.charAt(at - 1))) {
        at--;
      }
      add(parts, s.substring(at, to), budget);
    }
  }

  static PyList splitLines(Str s, boolean keepEnds, Budget budget) {
    budget.chargeRead(s.units());
    List<Object> parts = new ArrayList<>();
    int from = 0;
    for (int at = 0; at < s.units(); at++) {
      char c = s.text.charAt(at);
      if (CharClasses.isLineBreak(c)) {
        boolean two = c == '\r' && at + 1 < s.units() && s.text.charAt(at + 1) == '\n';
        int end = two ? at + 2 : at + 1;
        add(parts, s.substring(from, keepEnds ? end : at), budget);
        from = end;
        at = end - 1;
      }
    }
    if (from < s.units()) {
      add(parts, s.substring(from, s.units()), budget);
    }
    return PyList.of(parts.toArray());
  }

  static PyTuple partition(Str s, Str separator, boolean fromEnd, Budget budget) {
    if (separator.isEmpty()) {
      throw new TemplateError("partition: the separator is empty");
    }
    int at =
        fromEnd
            ? StringSearch.findLast(s.text, separator.text, 0, s.units(), budget)
            : StringSearch.find(s, separator, 0, s.units(), budget);
    budget.chargeItems(8);
    budget.chargeWrite(s.units());
    if (at < 0) {
      return fromEnd ? PyTuple.of(Str.EMPTY, Str.EMPTY, s) : PyTuple.of(s, Str.EMPTY, Str.EMPTY);
    }
    int end = at + separator.units();
    return PyTuple.of(s.substring(0, at), s.substring(at, end), s.substring(end, s.units()));
  }
}
