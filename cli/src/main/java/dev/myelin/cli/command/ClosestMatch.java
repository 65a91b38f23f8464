package dev.myelin.cli.command;

import java.util.Collection;
import java.util.Comparator;
import java.util.Optional;

/** Finds the word that a mistyped one resembles. */
public final class ClosestMatch {
  /** At most one typo is accepted per this many characters. */
  private static final int CHARACTERS_PER_TYPO = 3;

  private ClosestMatch() {}

  /** The word with the smallest edit distance, if that is small enough. */
  public static Optional<String> find(String typed, Collection<String> words) {
    String name = typed.replaceFirst("=.*", "");
    return words.stream()
        .filter(word -> word.length() > 2)
        .min(Comparator.comparingInt((String word) -> distance(name, word)).thenComparing(w -> w))
        .filter(word -> distance(name, word) <= Math.max(1, name.length() / CHARACTERS_PER_TYPO));
  }

  /** Optimal string alignment distance: insertions, deletions, substitutions, transpositions. */
  static int distance(String a, String b) {
    int[][] d = new int[a.length() + 1][b.length() + 1];
    for (int i = 0; i <= a.length(); i++) {
      for (int j = 0; j <= b.length(); j++) {
        if (i == 0 || j == 0) {
          d[i][j] = i + j;
          continue;
        }
        boolean same = a.charAt(i - 1) == b.charAt(j - 1);
        d[i][j] =
            Math.min(Math.min(d[i - 1][j], d[i][j - 1]) + 1, d[i - 1][j - 1] + (same ? 0 : 1));
        if (i > 1
            && j > 1
            && a.charAt(i - 1) == b.charAt(j - 2)
            && a.charAt(i - 2) == b.charAt(j - 1)) {
          d[i][j] = Math.min(d[i][j], d[i - 2][j - 2] + 1);
        }
      }
    }
    return d[a.length()][b.length()];
  }
}
