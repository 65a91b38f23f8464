package dev.myelin.train.vocabulary;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A hash table from two symbols to their {@link Pair}: open addressing. */
final class PairTable {
  private final boolean byText;
  private final Map<String, Pair> texts = new HashMap<>();
  private long[] keys = new long[1 << 14];
  private Pair[] pairs = new Pair[1 << 14];
  private int size;

  /**
   * @param byText whether pairs with the same text are one
   */
  PairTable(boolean byText) {
    this.byText = byText;
  }

  /** The pair of two symbols, or null if {@link #getOrCreate} has not created it. */
  @Nullable Pair find(int left, int right) {
    return pairs[slot(key(left, right))];
  }

  Pair getOrCreate(int left, int right, String leftText, String rightText) {
    long key = key(left, right);
    int slot = slot(key);
    if (pairs[slot] == null) {
      String text = leftText + rightText;
      pairs[slot] =
          byText
              ? texts.computeIfAbsent(text, t -> new Pair(leftText, t))
              : new Pair(leftText, text);
      keys[slot] = key;
      if (++size > pairs.length / 2) {
        grow();
        return pairs[slot(key)];
      }
    }
    return pairs[slot];
  }

  private static long key(int left, int right) {
    return (long) left << 32 | right;
  }

  private int slot(long key) {
    long hash = key * 0x9e3779b97f4a7c15L;
    int mask = pairs.length - 1;
    int slot = (int) (hash ^ hash >>> 32) & mask;
    while (pairs[slot] != null && keys[slot] != key) {
      slot = slot + 1 & mask;
    }
    return slot;
  }

  private void grow() {
    long[] oldKeys = keys;
    Pair[] oldPairs = pairs;
    keys = new long[2 * oldKeys.length];
    pairs = new Pair[2 * oldPairs.length];
    for (int i = 0; i < oldPairs.length; i++) {
      if (oldPairs[i] != null) {
        int slot = slot(oldKeys[i]);
        keys[slot] = oldKeys[i];
        pairs[slot] = oldPairs[i];
      }
    }
  }
}
