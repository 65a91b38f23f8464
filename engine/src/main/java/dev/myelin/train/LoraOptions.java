package dev.myelin.train;

import dev.myelin.error.InvalidRequestException;

/**
 * What an adapter of low rank is like (LoRA, Hu et al. 2021).
 *
 * @param rank columns of A and rows of B
 * @param alpha its change is scaled by alpha / rank
 */
public record LoraOptions(int rank, float alpha) {
  public static final LoraOptions DEFAULT = new LoraOptions(8, 16f);

  private static final int MOST = 1024;

  public LoraOptions {
    if (rank < 1 || rank > MOST) {
      throw new InvalidRequestException("rank = " + rank + ": expected 1 to " + MOST);
    }
    if (!(alpha > 0 && alpha < Float.POSITIVE_INFINITY)) {
      throw new InvalidRequestException("alpha = " + alpha + ": expected above 0");
    }
  }

  float scale() {
    return alpha / rank;
  }
}
