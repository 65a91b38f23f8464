package dev.myelin.tokenizer;

/**
 * A hash table from strings to their indices: open addressing with linear probing. The hashes are
 * stored, so that a miss rarely reads the strings. The table is small, because a new process pays
 * for each page of memory that it touches.
 *
 * <p>The hash is salted, because the strings come from an untrusted file. For equal strings the
 * first index is returned.
 */
final class ByteStringTable {
  static final int NONE = -1;

  private final ByteStrings strings;
  private final long salt = System.nanoTime() * 0x9e37_79b9_7f4a_7c15L | 1;
  private final int[] hashes;

  /** Index + 1; 0 if the slot is free. */
  private final int[] slots;

  private final int mask;
  private final int maxLength;
  private int duplicate = NONE;

  ByteStringTable(ByteStrings strings) {
    this.strings = strings;
    int size = strings.size();
    hashes = new int[size];
    slots = new int[Integer.highestOneBit(Math.max(8, size + (size >> 1)) - 1) << 1];
    mask = slots.length - 1;
    byte[] bytes = strings.bytes();
    int max = 0;
    for (int i = 0; i < size; i++) {
      int from = strings.start(i);
      int to = strings.end(i);
      max = Math.max(max, to - from);
      hashes[i] = mix(hash(salt, bytes, from, to));
    }
    maxLength = max;
    for (int i = 0; i < size; i++) {
      insert(i);
    }
  }

  private void insert(int i) {
    int slot = hashes[i] & mask;
    while (slots[slot] != 0) {
      int other = slots[slot] - 1;
      if (hashes[other] == hashes[i]
          && isEqual(other, strings.bytes(), strings.start(i), strings.end(i))) {
        if (duplicate == NONE) {
          duplicate = i;
        }
        return;
      }
      slot = slot + 1 & mask;
    }
    slots[slot] = i + 1;
  }

  /** The first string that equals an earlier one, or {@link #NONE}. */
  int duplicate() {
    return duplicate;
  }

  int find(byte[] text) {
    return find(text, 0, text.length);
  }

  /** The index of the string {@code text[from..to)}, or {@link #NONE}. */
  int find(byte[] text, int from, int to) {
    if (to - from > maxLength) {
      return NONE;
    }
    int hash = mix(hash(salt, text, from, to));
    for (int slot = hash & mask; slots[slot] != 0; slot = slot + 1 & mask) {
      int i = slots[slot] - 1;
      if (hashes[i] == hash && isEqual(i, text, from, to)) {
        return i;
      }
    }
    return NONE;
  }

  /**
   * The index of the concatenation of {@code text[from..middle)}, a space and {@code
   * text[middle..to)}, or {@link #NONE}.
   */
  int findPair(byte[] text, int from, int middle, int to) {
    if (to - from + 1 > maxLength) {
      return NONE;
    }
    int hash = mix(hash(hashStep(hash(salt, text, from, middle), ' '), text, middle, to));
    for (int slot = hash & mask; slots[slot] != 0; slot = slot + 1 & mask) {
      int i = slots[slot] - 1;
      if (hashes[i] == hash && isEqualPair(i, text, from, middle, to)) {
        return i;
      }
    }
    return NONE;
  }

  private boolean isEqual(int i, byte[] text, int from, int to) {
    int start = strings.start(i);
    return strings.end(i) - start == to - from && equalBytes(text, from, start, to - from);
  }

  private boolean isEqualPair(int i, byte[] text, int from, int middle, int to) {
    int start = strings.start(i);
    int split = start + middle - from;
    return strings.end(i) - start == to - from + 1
        && strings.bytes()[split] == ' '
        && equalBytes(text, from, start, middle - from)
        && equalBytes(text, middle, split + 1, to - middle);
  }

  private boolean equalBytes(byte[] text, int from, int start, int length) {
    byte[] bytes = strings.bytes();
    for (int i = 0; i < length; i++) {
      if (text[from + i] != bytes[start + i]) {
        return false;
      }
    }
    return true;
  }

  private long hashStep(long hash, int b) {
    return (hash + b) * salt;
  }

  private long hash(long start, byte[] bytes, int from, int to) {
    long hash = start;
    for (int i = from; i < to; i++) {
      hash = hashStep(hash, bytes[i]);
    }
    return hash;
  }

  private static int mix(long hash) {
    long mixed = (hash ^ hash >>> 32) * 0xd6e8_feb8_6659_fd93L;
    return (int) (mixed ^ mixed >>> 32);
  }
}
