package dev.myelin.train.vocabulary;

import dev.myelin.error.InvalidRequestException;
import java.util.Arrays;

/**
 * The words under training, as symbols in one array with a gap between words. A symbol of several
 * characters takes as many cells: the first holds its token, the last how far back that is.
 */
final class Symbols {
  /** No symbol: the end of a word. */
  static final int GAP = Integer.MIN_VALUE;

  private static final int CONTINUATION = GAP + 1;
  private static final int MAX_CELLS = Integer.MAX_VALUE - 16;

  private int[] cells = new int[1 << 12];
  private long[] weights = new long[1 << 8];
  private int[] gaps = new int[1 << 8];
  private int words;
  private int size;

  /** Cells that each token takes. */
  private int[] lengths = new int[1 << 9];

  Symbols() {
    cells[size++] = GAP;
  }

  /** Says how many characters a token has. */
  void setLength(int token, int length) {
    if (token >= lengths.length) {
      lengths = Arrays.copyOf(lengths, token + token / 2);
    }
    lengths[token] = length;
  }

  int length(int token) {
    return lengths[token];
  }

  /** Adds a character to the word that is being written. */
  void add(int token) {
    reserve();
    cells[size++] = token;
  }

  /** Ends a word that occurs this often. */
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

  /** One more than the last place. */
  int end() {
    return size;
  }

  /** The token that begins here; {@link #GAP} or another negative number where none does. */
  int token(int position) {
    return cells[position];
  }

  /** Where the symbol after the one that begins here begins, or the gap. */
  int next(int position) {
    return position + lengths[cells[position]];
  }

  /** Where the symbol before the one that begins here begins, or the gap. */
  int previous(int position) {
    int last = cells[position - 1];
    return last >= 0 || last == GAP ? position - 1 : position + last;
  }

  /** How often the word occurs that this place is in. */
  long weight(int position) {
    return weights[-1 - Arrays.binarySearch(gaps, 0, words, position)];
  }

  /** Makes one symbol of the one that begins here and the next. */
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
                + " characters of different words: train the vocabulary on less text");
      }
      cells = Arrays.copyOf(cells, (int) Math.min(MAX_CELLS, size + size / 2L));
    }
  }
}
