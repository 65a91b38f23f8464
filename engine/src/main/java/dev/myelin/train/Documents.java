package dev.myelin.train;

import dev.myelin.error.InvalidRequestException;
import java.util.Arrays;

/** Where documents begin in a stream of tokens. */
final class Documents {
  private Documents() {}

  /**
   * The positions from which a whole window fits.
   *
   * @param bos what every document begins with; -1 if the vocabulary has no such token
   * @throws InvalidRequestException if there are none
   */
  static int[] starts(int[] tokens, int bos, BatchShape shape) {
    int[] starts = new int[16];
    int count = 0;
    for (int i = 0; i + shape.window() <= tokens.length; i++) {
      if (tokens[i] == bos) {
        starts = count == starts.length ? Arrays.copyOf(starts, 2 * count) : starts;
        starts[count++] = i;
      }
    }
    if (bos < 0 || count == 0) {
      throw new InvalidRequestException(
          bos < 0
              ? "whole documents: the vocabulary has no token that begins them"
              : "%s tokens of text: expected a document and at least %s tokens from there on"
                  .formatted(tokens.length, shape.window()));
    }
    return Arrays.copyOf(starts, count);
  }
}
