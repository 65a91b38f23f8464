package dev.myelin.chat.template;

/** Searches a string in linear time. */
final class StringSearch {
  private static final int MAX_SHORT_PATTERN = 16; // up to this length String.indexOf is as fast

  private StringSearch() {}

  /** Offset of the first occurrence inside [from, to), or -1. */
  static int find(Str text, Str pattern, int from, int to, Budget budget) {
    return find(text.text, pattern.text, from, to, budget);
  }

  static int find(String text, String pattern, int from, int to, Budget budget) {
    int size = pattern.length();
    if (size > to - from || from > to) {
      budget.step();
      return -1;
    }
    if (size <= MAX_SHORT_PATTERN) {
      int at = text.indexOf(pattern, from, to);
      budget.chargeRead((at < 0 ? to - from : at - from) * (1L + size / 4));
      return at;
    }
    return knuthMorrisPratt(text, pattern, from, to, budget);
  }

  /** Offset of the last occurrence inside [from, to), or -1. */
  static int findLast(String text, String pattern, int from, int to, Budget budget) {
    int size = pattern.length();
    if (size > to - from) {
      budget.step();
      return -1;
    }
    if (size <= MAX_SHORT_PATTERN) {
      int at = text.lastIndexOf(pattern, to - size);
      budget.chargeRead((at < 0 ? to : to - at) * (1L + size / 4));
      return at >= from ? at : -1;
    }
    String reversedPart = new StringBuilder(pattern).reverse().toString();
    budget.chargeRead(4L * (to - from));
    String reversed = new StringBuilder(text.substring(from, to)).reverse().toString();
    int at = knuthMorrisPratt(reversed, reversedPart, 0, to - from, budget);
    return at < 0 ? -1 : to - at - size;
  }

  private static int knuthMorrisPratt(
      String text, String pattern, int from, int to, Budget budget) {
    int first = text.indexOf(pattern.charAt(0), from, to);
    budget.chargeRead((first < 0 ? to : first) - from);
    if (first < 0) {
      return -1;
    }
    budget.chargeWrite(4L * pattern.length());
    int[] border = new int[pattern.length()]; // longest proper border of each prefix
    for (int i = 1, k = 0; i < border.length; i++) {
      while (k > 0 && pattern.charAt(i) != pattern.charAt(k)) {
        k = border[k - 1];
      }
      if (pattern.charAt(i) == pattern.charAt(k)) {
        k++;
      }
      border[i] = k;
    }
    int k = 0;
    for (int i = first; i < to; i++) {
      while (k > 0 && text.charAt(i) != pattern.charAt(k)) {
        k = border[k - 1];
      }
      if (text.charAt(i) == pattern.charAt(k) && ++k == border.length) {
        budget.chargeWork(1 + (i - first) / 4);
        return i - k + 1;
      }
    }
    budget.chargeWork(1 + (to - first) / 4);
    return -1;
  }
}
