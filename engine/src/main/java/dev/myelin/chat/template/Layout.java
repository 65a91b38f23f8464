package dev.myelin.chat.template;

import java.util.ArrayList;
import java.util.List;

/** Filters that arrange lines and words. */
final class Layout {
  private static final Str NEW_LINE = Str.of("\n");

  private Layout() {}

  static Str indent(Object value, Object[] a, Render render) {
    Str s = StrMethods.text(value, "indent");
    Str by;
    if (a[0] instanceof Str text) {
      by = text;
    } else {
      long width = a[0] == null ? 4 : Numbers.clamped(a[0], "indent: width");
      by = new StrBuilder(render.budget).repeat(Str.of(" "), width).str();
    }
    boolean blank = Filters.flag(a[2]);
    StrBuilder withEnd = new StrBuilder(render.budget).append(s).append(NEW_LINE);
    PyList lines = Splits.lines(withEnd.str(), false, render.budget);
    StrBuilder text = new StrBuilder(render.budget);
    if (Filters.flag(a[1])) {
      text.append(by);
    }
    for (int i = 0; i < lines.size(); i++) {
      Str line = (Str) lines.get(i);
      if (i > 0) {
        text.append(NEW_LINE);
        if (blank || !line.isEmpty()) {
          text.append(by);
        }
      }
      text.append(line);
    }
    return text.str().markup(s.markup);
  }

  static Str truncate(Str s, Object[] a, Render render) {
    long length = a[0] == null ? 255 : Numbers.clamped(a[0], "truncate: length");
    Str end = a[2] == null ? Str.of("...") : TextFilters.text(a[2], render);
    long leeway = a[3] == null || a[3] == None.NONE ? 5 : Numbers.clamped(a[3], "leeway");
    if (length < end.length() || leeway < 0) {
      throw new Failure("truncate: the length is below that of the end, or the leeway below 0");
    }
    if (s.length() <= leeway || s.length() - leeway <= length) {
      return s;
    }
    int to = s.offset((int) (length - end.length()));
    if (!Filters.flag(a[1])) {
      int space = s.text.lastIndexOf(' ', to - 1);
      to = space >= 0 ? space : to;
    }
    render.budget.read(s.units());
    return new StrBuilder(render.budget).append(s, 0, to).append(end).str();
  }

  static long wordCount(Str s, Budget budget) {
    budget.spend(1 + s.units() / 4);
    long count = 0;
    boolean inside = false;
    for (int at = 0; at < s.units(); ) {
      int c = s.text.codePointAt(at);
      boolean word = word(c);
      count += word && !inside ? 1 : 0;
      inside = word;
      at += Character.charCount(c);
    }
    return count;
  }

  private static boolean word(int c) {
    return c == '_' || Character.isLetterOrDigit(c) || Chars.namePart(c);
  }

  static Str wordWrap(Str s, Object[] a, Render render) {
    long width = a[0] == null ? 79 : Numbers.clamped(a[0], "wordwrap: width");
    boolean breakWords = a[1] == null || Values.truth(a[1]);
    Str between = a[2] == null || a[2] == None.NONE ? NEW_LINE : StrMethods.text(a[2], "wordwrap");
    boolean hyphens = a[3] == null || Values.truth(a[3]);
    if (width <= 0) {
      throw new Failure("wordwrap: width = " + width + ": expected one above 0");
    }
    StrBuilder text = new StrBuilder(render.budget);
    PyList lines = Splits.lines(s, false, render.budget);
    for (int i = 0; i < lines.size(); i++) {
      if (i > 0) {
        text.append(between);
      }
      wrap((Str) lines.get(i), width, breakWords, hyphens, between, text, render.budget);
    }
    return text.str();
  }

  private static void wrap(
      Str line,
      long width,
      boolean breakWords,
      boolean hyphens,
      Str between,
      StrBuilder text,
      Budget budget) {
    List<Str> chunks = chunks(line, hyphens, budget);
    int next = 0;
    boolean first = true;
    while (next < chunks.size()) {
      if (!first && chunks.get(next).text.isBlank() && ++next == chunks.size()) {
        return;
      }
      List<Str> row = new ArrayList<>();
      long used = 0;
      while (next < chunks.size() && used + chunks.get(next).length() <= width) {
        used += chunks.get(next).length();
        row.add(chunks.get(next++));
      }
      if (next < chunks.size() && chunks.get(next).length() > width) {
        Str chunk = chunks.get(next);
        if (breakWords) { // where nothing fits any more, white space before it stays, as in Python
          int cut = chunk.offset((int) (width - used));
          row.add(chunk.cut(0, cut));
          chunks.set(next, chunk.cut(cut, chunk.units()));
          budget.make(chunk.units());
        } else if (row.isEmpty()) {
          row.add(chunks.get(next++));
        }
      }
      if (!row.isEmpty() && row.getLast().text.isBlank()) {
        row.removeLast();
      }
      if (!row.isEmpty()) {
        if (!first) {
          text.append(between);
        }
        first = false;
        for (Str chunk : row) {
          text.append(chunk);
        }
      }
    }
  }

  /** Words and the white space between them; words are cut after hyphens. */
  private static List<Str> chunks(Str line, boolean hyphens, Budget budget) {
    List<Str> chunks = new ArrayList<>();
    String s = line.text;
    int from = 0;
    for (int at = 1; at <= s.length(); at++) {
      boolean cut = at == s.length() || Chars.space(s.charAt(at)) != Chars.space(s.charAt(at - 1));
      if (!cut && hyphens && s.charAt(at - 1) == '-' && at >= 2) {
        cut = Character.isLetter(s.charAt(at)) && Character.isLetter(s.charAt(at - 2));
      }
      if (cut) {
        budget.items(4);
        chunks.add(line.cut(from, at));
        from = at;
      }
    }
    return chunks;
  }
}
