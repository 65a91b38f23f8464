package dev.myelin.model.config;

/**
 * The shape of the indexer of sparse attention (DeepSeek-V3.2). Immutable and thread-safe.
 *
 * @param heads query heads
 * @param size values per head, of which the first are rotated
 * @param topK positions that a token sees at most
 */
public record IndexerConfig(int heads, int size, int topK) {
  private static final String SIZE = "attention.indexer.key_length";

  /** Reads the keys {@code attention.indexer.*}. */
  public static IndexerConfig of(Config c, MlaConfig mla) {
    int heads = c.intBetween("attention.indexer.head_count", 1, Config.MAX_WIDTH);
    int size = c.intBetween(SIZE, 1, Config.MAX_WIDTH);
    if (size != Integer.highestOneBit(size) || size < mla.ropeSize()) {
      throw c.error(SIZE, "a power of two of at least " + mla.ropeSize());
    }
    if ((long) heads * size > Config.MAX_WIDTH) {
      throw c.error(SIZE, "heads of " + Config.MAX_WIDTH + " values in all");
    }
    return new IndexerConfig(
        heads, size, c.intBetween("attention.indexer.top_k", 1, Config.MAX_CONTEXT));
  }
}
