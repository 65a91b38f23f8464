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
    int index = size++;
    while (index > 0) {
      int parent = index - 1 >> 1;
      if (keys[parent] <= key) {
        break;
      }
      keys[index] = keys[parent];
      lengths[index] = lengths[parent];
      index = parent;
    }
    keys[index] = key;
    lengths[index] = length;
  }

  void removeFirst() {
    size--;
    long key = keys[size];
    int length = lengths[size];
    int index = 0;
    for (int child = 1; child < size; child = 2 * index + 1) {
      if (child + 1 < size && keys[child + 1] < keys[child]) {
        child++;
      }
      if (keys[child] >= key) {
        break;
      }
      keys[index] = keys[child];
      lengths[index] = lengths[child];
      index = child;
    }
    keys[index] = key;
    lengths[index] = length;
  }
}
