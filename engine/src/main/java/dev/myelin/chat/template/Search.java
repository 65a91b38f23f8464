package dev.myelin.chat.template;

/** Finds a string in another, in time linear in both. */
final class Search {
  private static final int SHORT = 16; // up to here Java's own search is as good

  private Search() {}

  /** Offset of the first occurrence inside [from, to), or -1. */
  static int find(Str text, Str part, int from, int to, Budget budget) {
    return find(text.text, part.text, from, to, budget);
  }

  static int find(String text, String part, int from, int to, Budget budget) {
    int size = part.length();
    if (size > to - from || from > to) {
      budget.step();
      return -1;
    }
    if (size <= SHORT) {
      int at = text.indexOf(part, from, to);
      budget.read((at < 0 ? to - from : at - from) * (1L + size / 4));
      return at;
    }
    return knuthMorrisPratt(text, part, from, to, budget);
  }

  /** Offset of the last occurrence inside [from, to), or -1. */
  static int findLast(String text, String part, int from, int to, Budget budget) {
    int size = part.length();
    if (size > to - from) {
      budget.step();
      return -1;
    }
    if (size <= SHORT) {
      int at = text.lastIndexOf(part, to - size);
      budget.read((at < 0 ? to : to - at) * (1L + size / 4));
      return at >= from ? at : -1;
    }
    String reversedPart = new StringBuilder(part).reverse().toString();
    budget.read(4L * (to - from));
    String reversed = new StringBuilder(text.substring(from, to)).reverse().toString();
    int at = knuthMorrisPratt(reversed, reversedPart, 0, to - from, budget);
    return at < 0 ? -1 : to - at - size;
  }

  private static int knuthMorrisPratt(String text, String part, int from, int to, Budget budget) {
    int first = text.indexOf(part.charAt(0), from, to);
    budget.read((first < 0 ? to : first) - from);
    if (first < 0) {
      return -1;
    }
    budget.make(4L * part.length());
    int[] border = new int[part.length()]; // longest proper border of each prefix
    for (int i = 1, k = 0; i < border.length; i++) {
      while (k > 0 && part.charAt(i) != part.charAt(k)) {
        k = border[k - 1];
      }
      if (part.charAt(i) == part.charAt(k)) {
        k++;
      }
      border[i] = k;
    }
    int k = 0;
    for (int i = first; i < to; i++) {
      while (k > 0 && text.charAt(i) != part.charAt(k)) {
        k = border[k - 1];
      }
      if (text.charAt(i) == part.charAt(k) && ++k == border.length) {
        budget.spend(1 + (i - first) / 4);
        return i - k + 1;
      }
    }
    budget.spend(1 + (to - first) / 4);
    return -1;
  }
}
