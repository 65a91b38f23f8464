package dev.myelin.pass;

import dev.myelin.graph.Tensor;

/**
 * Adjacent sequences of a batch with equally many tokens each: recurrent operations compute them
 * together.
 *
 * @param first index of the first token in the batch
 * @param sequences how many
 * @param length tokens of each
 * @param readSlots i32 [sequences]: the slots of the states before the first tokens
 * @param writeSlots i64 [sequences]: those of the states after the last tokens
 */
public record SegmentGroup(
    int first, int sequences, int length, Tensor readSlots, Tensor writeSlots) {
  /** The group's columns of [n, tokens] as [n, length, sequences]. */
  public Tensor of(Tensor x) {
    long row = x.stride(1);
    return x.graph().view3d(x, x.dim(0), length, sequences, row, length * row, first * row);
  }

  /** The number of its tokens. */
  public int tokens() {
    return sequences * length;
  }
}
