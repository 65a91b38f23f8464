package dev.myelin.sampling;

import java.util.List;

/** Sets the logits of tokens that must never be sampled to -Infinity. Immutable and thread-safe. */
public final class SuppressedTokens implements SamplerStage {
  private final int[] tokens;

  private SuppressedTokens(int[] tokens) {
    this.tokens = tokens;
  }

  /**
   * The stage, to run before all others; empty if no token is suppressed.
   *
   * @param tokens ids, each below the size of the vocabulary
   */
  public static List<SamplerStage> of(int[] tokens) {
    return tokens.length == 0 ? List.of() : List.of(new SuppressedTokens(tokens.clone()));
  }

  @Override
  public void apply(Candidates candidates) {
    for (int token : tokens) {
      int index = candidates.indexOf(token);
      if (index >= 0) {
        candidates.setLogit(index, Float.NEGATIVE_INFINITY);
      }
    }
  }
}
