package dev.myelin.tokenizer;

import java.util.Arrays;

/**
 * Byte-pair encoding of a text, shared by SPM and BPE. The initial symbols are the characters. The
 * adjacent pair of the lowest rank is merged, the leftmost of equals, until no pair can be merged.
 * A linked list of symbols and a heap of pairs give n log n steps.
 */
abstract class PairMerger {
  /** The rank of two symbols that cannot be merged. */
  static final long NO_MERGE = Long.MAX_VALUE;

  private final MergeQueue queue = new MergeQueue();
  private byte[] text;

  // symbol i is text[start[i]..end[i]); empty after it was merged into the previous one
  private int[] start = new int[32];
  private int[] end = new int[32];
  private int[] next = new int[32];
  private int[] previous = new int[32];
  private int size;

  /**
   * The rank of merging {@code text[from..middle)} and {@code text[middle..to)}: an int, the lowest
   * is merged first; or {@link #NO_MERGE}.
   */
  abstract long rank(byte[] text, int from, int middle, int to);

  /** Merges the symbols of {@code text[from..to)}, UTF-8. */
  final void merge(byte[] text, int from, int to) {
    this.text = text;
    size = 0;
    for (int offset = from; offset < to; ) {
      int length = Math.min(Utf8.sequenceLength(text[offset]), to - offset);
      add(offset, offset + length);
      offset += length;
    }
    if (size > 0) {
      next[size - 1] = -1;
    }
    for (int i = 1; i < size; i++) {
      enqueue(i - 1, i);
    }
    while (!queue.isEmpty()) {
      long key = queue.firstKey();
      int length = queue.firstLength();
      queue.removeFirst();
      int left = (int) key;
      int right = next[left];
      // the entry is stale if one of its symbols was merged since
      if (start[left] < end[left] && right >= 0 && end[right] - start[left] == length) {
        mergePair(left, right);
      }
    }
  }

  /** The first symbol, or -1 if the text is empty. */
  final int first() {
    return size == 0 ? -1 : 0;
  }

  /** The next symbol, or -1. */
  final int next(int symbol) {
    return next[symbol];
  }

  final int start(int symbol) {
    return start[symbol];
  }

  final int end(int symbol) {
    return end[symbol];
  }

  private void add(int from, int to) {
    if (size == start.length) {
      int capacity = size + (size >> 1);
      start = Arrays.copyOf(start, capacity);
      end = Arrays.copyOf(end, capacity);
      next = Arrays.copyOf(next, capacity);
      previous = Arrays.copyOf(previous, capacity);
    }
    start[size] = from;
    end[size] = to;
    previous[size] = size - 1;
    next[size] = size + 1;
    size++;
  }

  private void mergePair(int left, int right) {
    end[left] = end[right];
    end[right] = start[right];
    next[left] = next[right];
    if (next[left] >= 0) {
      previous[next[left]] = left;
      enqueue(left, next[left]);
    }
    if (previous[left] >= 0) {
      enqueue(previous[left], left);
    }
  }

  private void enqueue(int left, int right) {
    long rank = rank(text, start[left], start[right], end[right]);
    if (rank != NO_MERGE) {
      queue.add(rank << 32 | left, end[right] - start[left]);
    }
  }
}
