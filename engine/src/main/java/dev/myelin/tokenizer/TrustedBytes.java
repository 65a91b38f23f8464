package dev.myelin.tokenizer;

import dev.myelin.tokenizer.PromptText.Span;
import java.util.Arrays;
import java.util.List;

/** Which bytes of a UTF-8 text are trusted: only these may be part of a control token. */
final class TrustedBytes {
  /** All bytes are trusted. */
  static final TrustedBytes ALL = new TrustedBytes(new int[] {Integer.MAX_VALUE});

  /** Ends of alternating runs. The first run is trusted and may be empty. */
  private final int[] ends;

  private TrustedBytes(int[] ends) {
    this.ends = ends;
  }

  /**
   * @param string {@link PromptText#text} of the text
   */
  static TrustedBytes of(PromptText text, String string) {
    List<Span> spans = text.spans();
    if (spans.isEmpty()) {
      return ALL;
    }
    int first = spans.getFirst().trusted() ? 0 : 1;
    int[] ends = new int[first + spans.size()];
    int spanEnd = 0; // in chars
    int countedTo = 0;
    int bytes = 0;
    for (int i = 0; i < spans.size(); i++) {
      spanEnd += spans.get(i).text().length();
      int to = spanEnd;
      if (splitsPair(string, spanEnd)) { // a surrogate pair across the boundary is untrusted
        to += spans.get(i).trusted() ? -1 : 1;
      }
      bytes += Utf8.encodedSize(string, countedTo, to);
      countedTo = to;
      ends[first + i] = bytes;
    }
    return new TrustedBytes(ends);
  }

  private static boolean splitsPair(String text, int index) {
    return index > 0
        && index < text.length()
        && Character.isSurrogatePair(text.charAt(index - 1), text.charAt(index));
  }

  /** Whether all bytes in {@code [from..to)} are trusted. */
  boolean covers(int from, int to) {
    int found = Arrays.binarySearch(ends, from);
    int run = found < 0 ? -found - 1 : found + 1;
    while (run < ends.length && ends[run] == from) { // empty runs
      run++;
    }
    return run % 2 == 0 && run < ends.length && to <= ends[run];
  }
}
