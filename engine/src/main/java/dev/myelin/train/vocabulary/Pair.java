package dev.myelin.train.vocabulary;

import java.util.Arrays;

/** Two adjacent symbols that may be merged. For SPM, all pairs with the same text are one. */
final class Pair {
  static final int NONE = -1;

  /**
   * The text of the left symbol and of both. If pairs with the same text are one, those of the
   * first.
   */
  final String left;

  final String text;

  /** The current number of occurrences. */
  long count;

  /** The count of its entry in the queue; 0 if it has none. */
  long queuedCount;

  /** Whether its count has increased since it was last enqueued. */
  boolean isTouched;

  /** The rank of the merge: 0 for the first; {@link #NONE} if not merged. */
  int rank = NONE;

  /** The token of the merge; {@link #NONE} if not merged. */
  int token = NONE;

  /** Positions where it begins or began, in any order. */
  private int[] positions = new int[2];

  private int size;

  Pair(String left, String text) {
    this.left = left;
    this.text = text;
  }

  boolean isMerged() {
    return rank != NONE;
  }

  void addPosition(int position) {
    if (size == positions.length) {
      positions = Arrays.copyOf(positions, size + (size >> 1) + 2);
    }
    positions[size++] = position;
  }

  /** Returns the positions in ascending order and clears them. */
  int[] takePositions() {
    int[] taken = Arrays.copyOf(positions, size);
    Arrays.sort(taken);
    positions = new int[0];
    size = 0;
    return taken;
  }
}
