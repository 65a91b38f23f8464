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

  /** The group's part of [size, heads, tokens] as [size, heads, length, sequences]. */
  public Tensor ofHeads(Tensor x) {
    long token = x.stride(2);
    return x.graph()
        .view4d(
            x,
            x.dim(0),
            x.dim(1),
            length,
            sequences,
            x.stride(1),
            token,
            length * token,
            first * token);
  }

  /** The number of its tokens. */
  public int tokens() {
    return sequences * length;
  }
}
