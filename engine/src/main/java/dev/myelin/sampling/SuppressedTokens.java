package dev.myelin.sampling;

import java.util.List;

/** Rules out tokens that are never to be sampled, whatever the model thinks of them. */
public final class SuppressedTokens implements SamplerStage {
  private final int[] tokens;

  private SuppressedTokens(int[] tokens) {
    this.tokens = tokens;
  }

  /**
   * A stage to put before all others; none where there is nothing to rule out.
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
