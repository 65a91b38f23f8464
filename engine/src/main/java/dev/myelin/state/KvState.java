package dev.myelin.state;

/**
 * Keys and values that a model stores for every position, usually those of one layer. Immutable and
 * thread-safe.
 *
 * @param index number of the state in its model, from 0
 * @param kvHeads key and value heads
 * @param keySize values per key
 * @param valueSize values per value; 0 if only keys are stored
 * @param window the positions that its readers see; older ones are dropped
 * @param scope how long the positions are kept
 * @param valuesInKeys whether a value is the first {@code valueSize} elements of its key (MLA,
 *     DeepSeek-V2, arXiv 2405.04434), and is not stored
 */
public record KvState(
    int index,
    int kvHeads,
    int keySize,
    int valueSize,
    Window window,
    Scope scope,
    boolean valuesInKeys) {

  /** How long positions are kept. */
  public enum Scope {
    /** As long as the sequence. */
    SEQUENCE,
    /** During one pass: layers without a cache share one such state. */
    PASS,
    /** Until the encoder runs again: the positions are the encoder's. */
    ENCODER
  }

  /** Whether both have the same shape, window and scope. */
  public boolean isLike(KvState other) {
    return kvHeads == other.kvHeads
        && keySize == other.keySize
        && valueSize == other.valueSize
        && valuesInKeys == other.valuesInKeys
        && scope == other.scope
        && window.equals(other.window);
  }

  /** Elements of all keys of a position. */
  public long keyWidth() {
    return (long) kvHeads * keySize;
  }

  /** Elements of all values of a position that are stored. */
  public long valueWidth() {
    return valuesInKeys ? 0 : (long) kvHeads * valueSize;
  }

  /** Elements per position. */
  public long width() {
    return keyWidth() + valueWidth();
  }
}
