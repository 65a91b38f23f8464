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
  long queued;

  /** Whether its count grew since that was last looked at. */
  boolean touched;

  /** When it was joined: 0 for the first, or {@link #NONE} yet. */
  int rank = NONE;

  /** The token that it was joined to. */
  int token = NONE;

  /** Where it begins or began, in any order. */
  private int[] places = new int[2];

  private int size;

  Pair(String left, String text) {
    this.left = left;
    this.text = text;
  }

  boolean isJoined() {
    return rank != NONE;
  }

  void addPlace(int place) {
    if (size == places.length) {
      places = Arrays.copyOf(places, size + (size >> 1) + 2);
    }
    places[size++] = place;
  }

  /** The places in ascending order, which are then forgotten. */
  int[] takePlaces() {
    int[] taken = Arrays.copyOf(places, size);
    Arrays.sort(taken);
    places = new int[0];
    size = 0;
    return taken;
  }
}
