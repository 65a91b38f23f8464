package dev.myelin.state;

/**
 * A state of fixed size that each token of a sequence updates: of a convolution, a state space
 * model or a linear attention. It starts as zeros. Immutable and thread-safe.
 *
 * @param index number of the recurrent state in its model, from 0
 * @param elements f32 values
 */
public record RecurrentState(int index, long elements) {
  public long bytes() {
    return elements * Float.BYTES;
  }
}
