package dev.myelin.train;

/**
 * The shape of a batch. Immutable and thread-safe.
 *
 * @param sequences number of sequences
 * @param context positions per sequence
 */
public record BatchShape(int sequences, int context) {
  public int tokens() {
    return sequences * context;
  }

  /** Tokens per window: the context and the token after it. */
  public int windowLength() {
    return context + 1;
  }
}
