package dev.myelin.train;

/**
 * What is computed together.
 *
 * @param sequences windows of text
 * @param context positions of each
 */
public record BatchShape(int sequences, int context) {
  public int tokens() {
    return sequences * context;
  }

  /** Tokens of a window: each position also needs the one that follows. */
  public int window() {
    return context + 1;
  }
}
