package dev.myelin.tokenizer;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Splits at the matches of a regular expression: each match and each gap between two matches
 * becomes a piece.
 *
 * <p>A pattern with categories, {@code \p{L}}, is matched against {@link SplitText#categories}, any
 * other against {@link SplitText#text}. Patterns must take linear time: avoid consecutive loops
 * over the same characters, and groups in loops.
 */
final class RegexSplitter implements Splitter {
  private final Pattern pattern;
  private final boolean byCategory;

  RegexSplitter(String regex) {
    pattern = Pattern.compile(regex);
    byCategory = regex.contains("\\p{");
  }

  @Override
  public IntList split(SplitText text, IntList ends) {
    Matcher matcher = pattern.matcher(byCategory ? text.categories() : text.text());
    IntList result = new IntList();
    int last = 0;
    for (int i = 0; i < ends.size(); i++) {
      int end = ends.get(i);
      matcher.region(toChar(text, last), toChar(text, end));
      while (matcher.find()) {
        int start = toCodePoint(text, matcher.start());
        if (start > last) {
          result.add(start);
        }
        last = toCodePoint(text, matcher.end());
        result.add(last);
      }
      if (last < end) {
        result.add(end);
        last = end;
      }
    }
    return result;
  }

  private int toChar(SplitText text, int i) {
    return byCategory ? i : text.charOf(i);
  }

  private int toCodePoint(SplitText text, int index) {
    return byCategory ? index : text.codePointAt(index);
  }
}
