package dev.myelin.train.vocabulary;

import dev.myelin.error.InvalidRequestException;
import java.util.Arrays;

/** Counts distinct words. Words are byte strings, stored consecutively in one array. */
final class WordCounts {
  private static final int MAX_BYTES = Integer.MAX_VALUE - 16;

  private byte[] bytes = new byte[1 << 16];
  private int[] ends = new int[1 << 12];
  private long[] counts = new long[1 << 12];
  private int[] hashes = new int[1 << 12];
  private int size;

  /** Open addressing: word index + 1; 0 if the slot is free. */
  private int[] slots = new int[1 << 14];

  /** The number of distinct words. */
  int size() {
    return size;
  }

  long count(int word) {
    return counts[word];
  }

  /** The bytes of all words. */
  byte[] bytes() {
    return bytes;
  }

  int start(int word) {
    return word == 0 ? 0 : ends[word - 1];
  }

  int end(int word) {
    return ends[word];
  }

  void add(byte[] from, int start, int end, long count) {
    int hash = hash(from, start, end);
    int mask = slots.length - 1;
    int slot = hash & mask;
    while (slots[slot] != 0) {
      int word = slots[slot] - 1;
      if (hashes[word] == hash && Arrays.equals(from, start, end, bytes, start(word), ends[word])) {
        counts[word] += count;
        return;
      }
      slot = slot + 1 & mask;
    }
    append(from, start, end, hash, count);
    slots[slot] = size;
    if (size > slots.length / 2) {
      grow();
    }
  }

  void addAll(WordCounts other) {
    for (int word = 0; word < other.size; word++) {
      add(other.bytes, other.start(word), other.ends[word], other.counts[word]);
    }
  }

  private void append(byte[] from, int start, int end, int hash, long count) {
    int offset = size == 0 ? 0 : ends[size - 1];
    int length = end - start;
    if (offset + length > bytes.length) {
      bytes = Arrays.copyOf(bytes, capacity((long) offset + length));
    }
    if (size == ends.length) {
      int capacity = size + size / 2;
      ends = Arrays.copyOf(ends, capacity);
      counts = Arrays.copyOf(counts, capacity);
      hashes = Arrays.copyOf(hashes, capacity);
    }
    System.arraycopy(from, start, bytes, offset, length);
    ends[size] = offset + length;
    counts[size] = count;
    hashes[size] = hash;
    size++;
  }

  private static int capacity(long needed) {
    if (needed > MAX_BYTES) {
      throw new InvalidRequestException(
          "more than " + MAX_BYTES + " bytes of distinct words: train the vocabulary on less text");
    }
    return (int) Math.min(MAX_BYTES, needed + needed / 2);
  }

  private void grow() {
    slots = new int[2 * slots.length];
    int mask = slots.length - 1;
    for (int word = 0; word < size; word++) {
      int slot = hashes[word] & mask;
      while (slots[slot] != 0) {
        slot = slot + 1 & mask;
      }
      slots[slot] = word + 1;
    }
  }

  private static int hash(byte[] bytes, int start, int end) {
    int hash = 0;
    for (int i = start; i < end; i++) {
      hash = 31 * hash + bytes[i];
    }
    hash *= 0x9e3779b9;
    return hash ^ hash >>> 15;
  }
}
