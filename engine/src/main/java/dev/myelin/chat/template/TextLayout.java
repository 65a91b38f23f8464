package dev.myelin.chat.template;

import java.util.ArrayList;
import java.util.List;

/** Filters that lay out lines and words: indent, truncate, wordwrap. */
final class TextLayout {
  private static final Str NEW_LINE = Str.of("\n");

  private TextLayout() {}

  static Str indent(Object value, Object[] a, RenderContext context) {
    Str s = StrMethods.requireStr(value, "indent");
    Str indentation;
    if (a[0] instanceof Str text) {
      indentation = text;
    } else {
      long width = a[0] == null ? 4 : Numbers.clampToLong(a[0], "indent: width");
      indentation = new StrBuilder(context.budget).repeat(Str.of(" "), width).build();
    }
    boolean blank = Filters.isTrue(a[2]);
    StrBuilder withEnd = new StrBuilder(context.budget).append(s).append(NEW_LINE);
    PyList lines = StrSplit.splitLines(withEnd.build(), false, context.budget);
    StrBuilder text = new StrBuilder(context.budget);
    if (Filters.isTrue(a[1])) {
      text.append(indentation);
    }
    for (int i = 0; i < lines.size(); i++) {
      Str line = (Str) lines.get(i);
      if (i > 0) {
        text.append(NEW_LINE);
        if (blank || !line.isEmpty()) {
          text.append(indentation);
        }
      }
      text.append(line);
    }
    return text.build().markup(s.markup);
  }

  static Str truncate(Str s, Object[] a, RenderContext context) {
    long length = a[0] == null ? 255 : Numbers.clampToLong(a[0], "truncate: length");
    Str end = a[2] == null ? Str.of("...") : TextFilters.toStr(a[2], context);
    long leeway = a[3] == null || a[3] == None.NONE ? 5 : Numbers.clampToLong(a[3], "leeway");
    if (length < end.length() || leeway < 0) {
      throw new TemplateError(
          "truncate: length is less than that of the end, or leeway is negative");
    }
    if (s.length() <= leeway || s.length() - leeway <= length) {
      return s;
    }
    int to = s.offsetOf((int) (length - end.length()));
    if (!Filters.isTrue(a[1])) {
      int space = s.text.lastIndexOf(' ', to - 1);
      to = space >= 0 ? space : to;
    }
    context.budget.chargeRead(s.units());
    return new StrBuilder(context.budget).append(s, 0, to).append(end).build();
  }

  static long wordCount(Str s, Budget budget) {
    budget.chargeWork(1 + s.units() / 4);
    long count = 0;
    boolean inside = false;
    for (int at = 0; at < s.units(); ) {
      int c = s.text.codePointAt(at);
      boolean word = isWordCharacter(c);
      count += word && !inside ? 1 : 0;
      inside = word;
      at += Character.charCount(c);
    }
    return count;
  }

  private static boolean isWordCharacter(int c) {
    return c == '_' || Character.isLetterOrDigit(c) || CharClasses.isNamePart(c);
  }

  static Str wordWrap(Str s, Object[] a, RenderContext context) {
    long width = a[0] == null ? 79 : Numbers.clampToLong(a[0], "wordwrap: width");
    boolean breakWords = a[1] == null || Values.isTruthy(a[1]);
    Str separator =
        a[2] == null || a[2] == None.NONE ? NEW_LINE : StrMethods.requireStr(a[2], "wordwrap");
    boolean hyphens = a[3] == null || Values.isTruthy(a[3]);
    if (width <= 0) {
      throw new TemplateError("wordwrap: width = " + width + ": expected 1 or more");
    }
    StrBuilder text = new StrBuilder(context.budget);
    PyList lines = StrSplit.splitLines(s, false, context.budget);
    for (int i = 0; i < lines.size(); i++) {
      if (i > 0) {
        text.append(separator);
      }
      wrap((Str) lines.get(i), width, breakWords, hyphens, separator, text, context.budget);
    }
    return text.build();
  }

  private static void wrap(
      Str line,
      long width,
      boolean breakWords,
      boolean hyphens,
      Str separator,
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
        if (breakWords) { // as in Python, keeps the white space before a broken word
          int cut = chunk.offsetOf((int) (width - used));
          row.add(chunk.substring(0, cut));
          chunks.set(next, chunk.substring(cut, chunk.units()));
          budget.chargeWrite(chunk.units());
        } else if (row.isEmpty()) {
          row.add(chunks.get(next++));
        }
      }
      if (!row.isEmpty() && row.getLast().text.isBlank()) {
        row.removeLast();
      }
      if (!row.isEmpty()) {
        if (!first) {
          text.append(separator);
        }
        first = false;
        for (Str chunk : row) {
          text.append(chunk);
        }
      }
    }
  }

  /** Splits into words and white space; words are split after hyphens. */
  private static List<Str> chunks(Str line, boolean hyphens, Budget budget) {
    List<Str> chunks = new ArrayList<>();
    String s = line.text;
    int from = 0;
    for (int at = 1; at <= s.length(); at++) {
      boolean cut =
          at == s.length()
              || CharClasses.isSpace(s.charAt(at)) != CharClasses.isSpace(s.charAt(at - 1));
      if (!cut && hyphens && s.charAt(at - 1) == '-' && at >= 2) {
        cut = Character.isLetter(s.charAt(at)) && Character.isLetter(s.charAt(at - 2));
      }
      if (cut) {
        budget.chargeItems(4);
        chunks.add(line.substring(from, at));
        from = at;
      }
    }
    return chunks;
  }
}
