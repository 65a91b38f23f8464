package dev.myelin.tokenizer;

import java.util.Arrays;

/** A growable list of ints. */
final class IntList {
  private int[] values = new int[64];
  private int size;

  int size() {
    return size;
  }

  int get(int i) {
    return values[i];
  }

  int last() {
    return values[size - 1];
  }

  void add(int value) {
    if (size == values.length) {
      values = Arrays.copyOf(values, size + (size >> 1) + 16);
    }
    values[size++] = value;
  }

  /** Removes the elements from this index on. */
  void truncate(int newSize) {
    size = newSize;
  }

  /** Reverses the elements from this index on. */
  void reverse(int from) {
    for (int low = from, high = size - 1; low < high; low++, high--) {
      int value = values[low];
      values[low] = values[high];
      values[high] = value;
    }
  }

  void clear() {
    size = 0;
  }

  int[] toArray() {
    return Arrays.copyOf(values, size);
  }
}
