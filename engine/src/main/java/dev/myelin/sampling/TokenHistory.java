package dev.myelin.sampling;

import java.util.Arrays;

/**
 * The last N accepted tokens as counts, with the distinct ones listed, so that the penalties look
 * at what occurred and not at the whole vocabulary.
 */
final class TokenHistory {
  private final int[] counts; // [vocabulary]
  private final int[] slots; // [vocabulary]: where in distinct a counted token stands
  private final int[] distinct; // [vocabulary], the first distinctCount in use
  private final int[] ring; // [lastN]; empty where the window has no end
  private final boolean endless;
  private int distinctCount;
  private long accepted;

  /**
   * @param lastN length of the window; 0 remembers nothing, -1 everything
   */
  TokenHistory(int vocabulary, int lastN) {
    int tracked = lastN == 0 ? 0 : vocabulary;
    this.counts = new int[tracked];
    this.slots = new int[tracked];
    this.distinct = new int[tracked];
    this.ring = new int[Math.max(lastN, 0)];
    this.endless = lastN < 0;
  }

  void accept(int token) {
    if (counts.length == 0) {
      return;
    }
    if (counts[token]++ == 0) {
      slots[token] = distinctCount;
      distinct[distinctCount++] = token;
    }
    if (!endless) {
      int position = (int) (accepted % ring.length);
      if (accepted >= ring.length) {
        forget(ring[position]);
      }
      ring[position] = token;
    }
    accepted++;
  }

  private void forget(int token) {
    if (--counts[token] == 0) {
      int last = distinct[--distinctCount];
      distinct[slots[token]] = last;
      slots[last] = slots[token];
    }
  }

  /** How many different tokens are in the window. */
  int distinct() {
    return distinctCount;
  }

  /** One of the different tokens, 0 to distinct() - 1, in no particular order. */
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
