package dev.myelin.train;

import java.util.Arrays;

/**
 * Where windows of a stream of tokens begin, and where each is over: beyond that, padding follows
 * that is not learned.
 *
 * @param starts of the windows
 * @param ends of what belongs to each; null where a window always fits
 */
record Pieces(int[] starts, int[] ends) {
  /** What stands for no token: it is read and not learned, and nothing learned sees it. */
  private static final int PADDING = ~0;

  /** Windows that always fit. */
  static Pieces whole(int[] starts) {
    return new Pieces(starts, null);
  }

  int count() {
    return starts.length;
  }

  /** Copies a window of so many tokens. */
  void copy(int[] tokens, int window, int[] to, int at, int length) {
    int from = starts[window];
    int own = ends == null ? length : Math.min(length, ends[window] - from);
    System.arraycopy(tokens, from, to, at, own);
    Arrays.fill(to, at + own, at + length, PADDING);
  }
}
