package dev.myelin.state;

/**
 * The size and types of the states of a model's sequences. Immutable and thread-safe.
 *
 * @param contextLength maximum number of positions of a sequence
 * @param batch maximum number of tokens computed together
 * @param sequences maximum number of sequences
 * @param cachePages pages of 64 positions for all sequences; 0 for as many as they need at most
 */
public record StateOptions(
    int contextLength,
    int batch,
    int sequences,
    int cachePages,
    CacheType keyType,
    CacheType valueType) {
  /** For one sequence. */
  public StateOptions(int contextLength, int batch, CacheType keyType, CacheType valueType) {
    this(contextLength, batch, 1, 0, keyType, valueType);
  }
}
