package dev.myelin.model.config;

/**
 * The shape of one layer. Immutable and thread-safe.
 *
 * @param heads query heads
 * @param kvHeads key and value heads, a divisor of heads (grouped-query attention)
 * @param headSize values per query, key or value head
 * @param feedForward width of the hidden layer of the feed-forward network, or of one expert
 */
public record LayerConfig(int heads, int kvHeads, int headSize, int feedForward) {
  /** Values of all query heads of a position. */
  public int queryWidth() {
    return heads * headSize;
  }

  /** Values of all key heads, or all value heads, of a position. */
  public int kvWidth() {
    return kvHeads * headSize;
  }

  /** 1 / sqrt(headSize), the default factor of QKᵀ. */
  public float attentionScale() {
    return (float) (1.0 / Math.sqrt(headSize));
  }
}
