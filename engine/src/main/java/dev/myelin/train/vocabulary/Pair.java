package dev.myelin.train.vocabulary;

import java.util.Arrays;

/** Two neighbouring symbols that may be joined, or, of SPM, all pairs that give the same text. */
final class Pair {
  static final int NONE = -1;

  /**
   * The text of its first symbol and of both; of pairs that give the same text, of the first one.
   */
  final String left;

  final String text;

  /** How often it occurs now. */
  long count;

  /** The count by which it waits in the queue, 0 if it does not. */
  long queuedCount;

  /** Whether its count grew since that was last looked at. */
  boolean isTouched;

  /** When it was joined: 0 for the first, or {@link #NONE} yet. */
  int rank = NONE;

  /** The token that it was joined to. */
  int token = NONE;

  /** Where it begins or began, in any order. */
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

  /** The places in ascending order, which are then forgotten. */
  int[] takePositions() {
    int[] taken = Arrays.copyOf(positions, size);
    Arrays.sort(taken);
    positions = new int[0];
    size = 0;
    return taken;
  }
}
