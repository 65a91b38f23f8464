package dev.myelin.sampling;

import java.util.Arrays;

/**
 * Counts of the last N accepted tokens. Lists the distinct ones, so that the penalties do not scan
 * the whole vocabulary.
 */
final class TokenHistory {
  private final int[] counts; // [vocabulary]
  private final int[] slots; // [vocabulary], index of a counted token in distinct
  private final int[] distinct; // [vocabulary], the first distinctCount are in use
  private final int[] ring; // [lastN]; empty if the window is unbounded
  private final boolean unbounded;
  private int distinctCount;
  private long accepted;

  /**
   * @param lastN length of the window; 0 keeps nothing, -1 everything
   */
  TokenHistory(int vocabulary, int lastN) {
    int tracked = lastN == 0 ? 0 : vocabulary;
    this.counts = new int[tracked];
    this.slots = new int[tracked];
    this.distinct = new int[tracked];
    this.ring = new int[Math.max(lastN, 0)];
    this.unbounded = lastN < 0;
  }

  void accept(int token) {
    if (counts.length == 0) {
      return;
    }
    if (counts[token]++ == 0) {
      slots[token] = distinctCount;
      distinct[distinctCount++] = token;
    }
    if (!unbounded) {
      int position = (int) (accepted % ring.length);
      if (accepted >= ring.length) {
        remove(ring[position]);
      }
      ring[position] = token;
    }
    accepted++;
  }

  private void remove(int token) {
    if (--counts[token] == 0) {
      int last = distinct[--distinctCount];
      distinct[slots[token]] = last;
      slots[last] = slots[token];
    }
  }

  /** Number of distinct tokens in the window. */
  int distinct() {
    return distinctCount;
  }

  /** A distinct token by index, 0 to distinct() - 1, in no particular order. */
  int token(int index) {
    return distinct[index];
  }

  int count(int token) {
    return counts[token];
  }

  void clear() {
    Arrays.fill(counts, 0);
    distinctCount = 0;
    accepted = 0;
  }
}
