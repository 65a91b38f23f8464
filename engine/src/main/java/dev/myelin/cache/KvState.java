package dev.myelin.cache;

/**
 * Keys and values that a model remembers of every position, usually those of one layer. Immutable
 * and thread-safe.
 *
 * @param index number of the state in its model, from 0
 * @param kvHeads key and value heads
 * @param headSize values per key or value head
 */
public record KvState(int index, int kvHeads, int headSize) {
  /** Values of all key heads, or all value heads, of a position. */
  public long width() {
    return (long) kvHeads * headSize;
  }
}
