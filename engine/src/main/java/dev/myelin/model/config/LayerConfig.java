package dev.myelin.model.config;

/**
 * The shape of one layer. Immutable and thread-safe.
 *
 * @param heads query heads; 0 for a layer without attention
 * @param kvHeads key and value heads, a divisor of heads (grouped-query attention)
 * @param keySize values per query or key head
 * @param valueSize values per value head
 * @param feedForward width of the hidden layer of the feed-forward network, or of one expert; 0 if
 *     the file does not say
 */
public record LayerConfig(int heads, int kvHeads, int keySize, int valueSize, int feedForward) {
  /** Values of all query heads of a position. */
  public int queryWidth() {
    return heads * keySize;
  }

  /** Values of all key heads of a position. */
  public int keyWidth() {
    return kvHeads * keySize;
  }

  /** Values of all value heads of a position. */
  public int valueWidth() {
    return kvHeads * valueSize;
  }

  /** Values of the attention's output: one value head for each query head. */
  public int outputWidth() {
    return heads * valueSize;
  }

  /** 1 / sqrt(keySize), the default factor of QKᵀ. */
  public float attentionScale() {
    return (float) (1.0 / Math.sqrt(keySize));
  }
}
