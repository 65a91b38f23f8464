package dev.myelin.tokenizer;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Makes a piece of each match of a pattern, and of what lies between two matches.
 *
 * <p>A pattern that names categories, {@code \p{L}}, sees {@link SplitText#categories}; another one
 * sees {@link SplitText#text}. Patterns must take linear time: of one loop after another over the
 * same characters, and of groups in a loop, beware.
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

  private int toCodePoint(SplitText text, int at) {
    return byCategory ? at : text.codePointAt(at);
  }
}
