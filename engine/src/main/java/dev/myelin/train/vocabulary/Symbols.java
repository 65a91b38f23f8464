package dev.myelin.train.vocabulary;

import dev.myelin.error.InvalidRequestException;
import java.util.Arrays;

/**
 * The words during training: symbols in one array, with a gap between words. A symbol of n
 * characters takes n cells: the first holds its token, the last its negative length.
 */
final class Symbols {
  /** The end of a word. */
  static final int GAP = Integer.MIN_VALUE;

  private static final int CONTINUATION = GAP + 1;
  private static final int MAX_CELLS = Integer.MAX_VALUE - 16;

  private int[] cells = new int[1 << 12];
  private long[] weights = new long[1 << 8];
  private int[] gaps = new int[1 << 8];
  private int words;
  private int size;

  /** The number of cells of each token. */
  private int[] lengths = new int[1 << 9];

  Symbols() {
    cells[size++] = GAP;
  }

  /** Sets the number of characters of a token. */
  void setLength(int token, int length) {
    if (token >= lengths.length) {
      lengths = Arrays.copyOf(lengths, token + token / 2);
    }
    lengths[token] = length;
  }

  int length(int token) {
    return lengths[token];
  }

  /** Adds a character to the current word. */
  void add(int token) {
    reserve();
    cells[size++] = token;
  }

  /** Ends the current word, which occurs {@code weight} times. */
  void endWord(long weight) {
    if (cells[size - 1] == GAP) {
      return;
    }
    reserve();
    if (words == gaps.length) {
      gaps = Arrays.copyOf(gaps, words + words / 2);
      weights = Arrays.copyOf(weights, words + words / 2);
    }
    weights[words] = weight;
    gaps[words++] = size;
    cells[size++] = GAP;
  }

  /** The number of cells: one more than the last position. */
  int end() {
    return size;
  }

  /** The token that begins at a position; {@link #GAP} or another negative number if none does. */
  int token(int position) {
    return cells[position];
  }

  /** The position of the next symbol or gap. */
  int next(int position) {
    return position + lengths[cells[position]];
  }

  /** The position of the previous symbol or gap. */
  int previous(int position) {
    int last = cells[position - 1];
    return last >= 0 || last == GAP ? position - 1 : position + last;
  }

  /** The number of occurrences of the word at a position. */
  long weight(int position) {
    return weights[-1 - Arrays.binarySearch(gaps, 0, words, position)];
  }

  /** Merges the symbol at a position and the next one. */
  void merge(int position, int token) {
    int second = next(position);
    int end = second + lengths[cells[second]];
    cells[second] = CONTINUATION;
    cells[end - 1] = position - end;
    cells[position] = token;
  }

  private void reserve() {
    if (size == cells.length) {
      if (size == MAX_CELLS) {
        throw new InvalidRequestException(
            "more than "
                + MAX_CELLS
                + " characters in distinct words: train the vocabulary on less text");
      }
      cells = Arrays.copyOf(cells, (int) Math.min(MAX_CELLS, size + size / 2L));
    }
  }
}
