package dev.myelin.state;

/**
 * The size and types of the states of a model's sequences. Immutable and thread-safe.
 *
 * @param contextLength maximum number of positions of a sequence
 * @param batch maximum number of tokens computed together
 * @param sequences maximum number of sequences
 * @param cachePages pages of 64 positions for all sequences; 0 for as many as they need at most
 * @param snapshotBytes for recurrent states of earlier positions
 */
public record StateOptions(
    int contextLength,
    int batch,
    int sequences,
    int cachePages,
    long snapshotBytes,
    CacheType keyType,
    CacheType valueType) {
  /** Of small states no more would be of use. */
  private static final int MAX_SNAPSHOTS = 1024;

  /** For one sequence, without snapshots. */
  public StateOptions(int contextLength, int batch, CacheType keyType, CacheType valueType) {
    this(contextLength, batch, 1, 0, 0, keyType, valueType);
  }

  /**
   * How many snapshots of recurrent states there may be.
   *
   * @param stateBytes of one
   */
  int snapshots(long stateBytes) {
    return stateBytes == 0 ? 0 : (int) Math.min(MAX_SNAPSHOTS, snapshotBytes / stateBytes);
  }
}
