package dev.myelin.pass;

import dev.myelin.state.SequenceStates;

/**
 * Consecutive tokens of one sequence in a batch. Immutable, but shares {@code ids} and the states.
 *
 * @param states of the sequence
 * @param ids token ids, those of the segment from {@code from} on
 * @param from index of the segment's first token in {@code ids}
 * @param count number of tokens
 * @param position position of the first token
 * @param outputs how many of the last tokens have outputs
 */
public record Segment(
    SequenceStates states, int[] ids, int from, int count, int position, int outputs) {
  /** One after the last position. */
  public int end() {
    return position + count;
  }
}
