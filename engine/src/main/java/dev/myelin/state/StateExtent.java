package dev.myelin.state;

import java.util.Collections;
import java.util.List;

/**
 * Which parts of a sequence's states there are. Immutable and thread-safe.
 *
 * @param length tokens of the sequence
 * @param encoderLength positions of the encoder; 0 if there are none
 * @param hasStates whether the states after the last token are known; if not, they are computed
 *     again from the tokens
 * @param pages of each class of states
 */
public record StateExtent(int length, int encoderLength, boolean hasStates, List<Pages> pages) {
  public StateExtent {
    pages = List.copyOf(pages);
  }

  /**
   * Pages of 64 positions, one after the other.
   *
   * @param first index of the first one: page i holds the positions from 64 i on
   */
  public record Pages(int first, int count) {
    /** No pages. */
    public static final Pages NONE = new Pages(0, 0);
  }

  /** Tokens without states. */
  static StateExtent ofTokens(int length, int classes) {
    return new StateExtent(length, 0, false, Collections.nCopies(classes, Pages.NONE));
  }
}
