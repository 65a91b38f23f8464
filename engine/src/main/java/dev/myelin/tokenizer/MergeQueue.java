package dev.myelin.tokenizer;

import java.util.Arrays;

/** A binary min-heap of candidate merges: a key and the length of the pair in bytes. */
final class MergeQueue {
  private long[] keys = new long[32];
  private int[] lengths = new int[32];
  private int size;

  boolean isEmpty() {
    return size == 0;
  }

  long firstKey() {
    return keys[0];
  }

  int firstLength() {
    return lengths[0];
  }

  void add(long key, int length) {
    if (size == keys.length) {
      int capacity = size + (size >> 1);
      keys = Arrays.copyOf(keys, capacity);
      lengths = Arrays.copyOf(lengths, capacity);
    }
    int at = size++;
    while (at > 0) {
      int parent = at - 1 >> 1;
      if (keys[parent] <= key) {
        break;
      }
      keys[at] = keys[parent];
      lengths[at] = lengths[parent];
      at = parent;
    }
    keys[at] = key;
    lengths[at] = length;
  }

  void removeFirst() {
    size--;
    long key = keys[size];
    int length = lengths[size];
    int at = 0;
    for (int child = 1; child < size; child = 2 * at + 1) {
      if (child + 1 < size && keys[child + 1] < keys[child]) {
        child++;
      }
      if (keys[child] >= key) {
        break;
      }
      keys[at] = keys[child];
      lengths[at] = lengths[child];
      at = child;
    }
    keys[at] = key;
    lengths[at] = length;
  }
}
