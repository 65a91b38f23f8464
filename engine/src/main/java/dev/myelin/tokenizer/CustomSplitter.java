package dev.myelin.tokenizer;

/** Pre-tokenizer steps written by hand, because a regular expression would not take linear time. */
enum CustomSplitter implements Splitter, PreTokenizer.Step {
  /** White space at the end of a piece: {@code \s+$}. */
  TRAILING_SPACE {
    @Override
    void splitPiece(SplitText text, int from, int to, IntList ends) {
      int end = to;
      while (end > from && isSpace(text, end - 1)) {
        end--;
      }
      if (end > from) {
        ends.add(end);
      }
      if (end < to) {
        ends.add(to);
      }
    }
  },

  /**
   * Groups of three digits, counted from the right: 1 234 567. Text before a number stays with the
   * first group; the next step splits it off.
   */
  DIGIT_GROUPS_OF_3 {
    @Override
    void splitPiece(SplitText text, int from, int to, IntList ends) {
      int last = from;
      for (int at = from; at < to; ) {
        int start = at;
        while (at < to && isNumber(text, at)) {
          at++;
        }
        for (int end = start + (at - start) % 3; end <= at && at > start; end += 3) {
          if (end > start) {
            ends.add(end);
            last = end;
          }
        }
        if (at == start) {
          at++;
        }
      }
      if (last < to) {
        ends.add(to);
      }
    }
  };

  /** Adds the ends of the pieces of {@code [from..to)}. */
  abstract void splitPiece(SplitText text, int from, int to, IntList ends);

  @Override
  public Splitter compile() {
    return this;
  }

  @Override
  public IntList split(SplitText text, IntList ends) {
    IntList result = new IntList();
    int from = 0;
    for (int i = 0; i < ends.size(); i++) {
      splitPiece(text, from, ends.get(i), result);
      from = ends.get(i);
    }
    return result;
  }

  private static boolean isSpace(SplitText text, int i) {
    char c = text.categories().charAt(i);
    return c == ' ' || c >= '\t' && c <= '\r';
  }

  private static boolean isNumber(SplitText text, int i) {
    char c = text.categories().charAt(i);
    return c >= '0' && c <= '9' || c == UnicodeCategories.NUMBER;
  }
}
