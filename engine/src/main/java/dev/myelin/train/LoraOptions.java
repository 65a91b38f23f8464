package dev.myelin.train;

import dev.myelin.error.InvalidRequestException;

/**
 * Options of a LoRA adapter (Hu et al. 2021). Immutable and thread-safe.
 *
 * @param rank rank of A and B
 * @param alpha the update is scaled by alpha / rank
 */
public record LoraOptions(int rank, float alpha) {
  public static final LoraOptions DEFAULT = new LoraOptions(8, 16f);

  private static final int MAX_RANK = 1024;

  public LoraOptions {
    if (rank < 1 || rank > MAX_RANK) {
      throw new InvalidRequestException("rank = " + rank + ": expected 1 to " + MAX_RANK);
    }
    if (!(alpha > 0 && alpha < Float.POSITIVE_INFINITY)) {
      throw new InvalidRequestException("alpha = " + alpha + ": expected above 0");
    }
  }

  float scale() {
    return alpha / rank;
  }
}
