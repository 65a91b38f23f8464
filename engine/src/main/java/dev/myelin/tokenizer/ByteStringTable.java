package dev.myelin.tokenizer;

/**
 * Finds a string's index by its bytes: open addressing with linear probing, where each slot holds
 * 32 bits of the hash beside the index, so that a miss rarely touches the strings.
 *
 * <p>The hash is salted, for the strings come from a file that nobody vouches for. Of equal strings
 * the first is found.
 */
final class ByteStringTable {
  static final int NONE = -1;

  private final ByteStrings strings;
  private final long salt = System.nanoTime() * 0x9e37_79b9_7f4a_7c15L | 1;

  /** Hash in the high half, index + 1 in the low half; 0 is free. */
  private final long[] slots;

  private final int mask;
  private final int longest;
  private final int duplicate;

  ByteStringTable(ByteStrings strings) {
    this.strings = strings;
    int size = strings.size();
    slots = new long[Integer.highestOneBit(Math.max(8, size + (size >> 1)) - 1) << 1];
    mask = slots.length - 1;
    byte[] bytes = strings.bytes();
    int most = 0;
    int second = NONE;
    for (int i = 0; i < size; i++) {
      int from = strings.start(i);
      int to = strings.end(i);
      most = Math.max(most, to - from);
      int hash = finish(hash(salt, bytes, from, to));
      int slot = hash & mask;
      while (slots[slot] != 0) {
        if ((int) (slots[slot] >>> 32) == hash && equal((int) slots[slot] - 1, bytes, from, to)) {
          break;
        }
        slot = slot + 1 & mask;
      }
      if (slots[slot] == 0) {
        slots[slot] = (long) hash << 32 | i + 1;
      } else if (second == NONE) {
        second = i;
      }
    }
    longest = most;
    duplicate = second;
  }

  /** The first string that an earlier one equals, or {@link #NONE}. */
  int duplicate() {
    return duplicate;
  }

  int find(byte[] text) {
    return find(text, 0, text.length);
  }

  /** The index of the string {@code text[from..to)}, or {@link #NONE}. */
  int find(byte[] text, int from, int to) {
    if (to - from > longest) {
      return NONE;
    }
    int hash = finish(hash(salt, text, from, to));
    for (int slot = hash & mask; slots[slot] != 0; slot = slot + 1 & mask) {
      if ((int) (slots[slot] >>> 32) == hash) {
        int i = (int) slots[slot] - 1;
        if (equal(i, text, from, to)) {
          return i;
        }
      }
    }
    return NONE;
  }

  /**
   * The index of {@code text[from..middle)}, a space, {@code text[middle..to)}; or {@link #NONE}.
   */
  int findPair(byte[] text, int from, int middle, int to) {
    if (to - from + 1 > longest) {
      return NONE;
    }
    int hash = finish(hash(step(hash(salt, text, from, middle), ' '), text, middle, to));
    for (int slot = hash & mask; slots[slot] != 0; slot = slot + 1 & mask) {
      if ((int) (slots[slot] >>> 32) == hash) {
        int i = (int) slots[slot] - 1;
        int split = strings.start(i) + middle - from;
        if (strings.end(i) - strings.start(i) == to - from + 1
            && strings.bytes()[split] == ' '
            && same(text, from, strings.start(i), middle - from)
            && same(text, middle, split + 1, to - middle)) {
          return i;
        }
      }
    }
    return NONE;
  }

  private boolean equal(int i, byte[] text, int from, int to) {
    int start = strings.start(i);
    return strings.end(i) - start == to - from && same(text, from, start, to - from);
  }

  private boolean same(byte[] text, int from, int start, int length) {
    byte[] bytes = strings.bytes();
    for (int i = 0; i < length; i++) {
      if (text[from + i] != bytes[start + i]) {
        return false;
      }
    }
    return true;
  }

  private long step(long hash, int b) {
    return (hash + b) * salt;
  }

  private long hash(long start, byte[] bytes, int from, int to) {
    long hash = start;
    for (int i = from; i < to; i++) {
      hash = step(hash, bytes[i]);
    }
    return hash;
  }

  private static int finish(long hash) {
    long mixed = (hash ^ hash >>> 32) * 0xd6e8_feb8_6659_fd93L;
    return (int) (mixed ^ mixed >>> 32);
  }
}
