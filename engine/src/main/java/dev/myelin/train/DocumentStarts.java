package dev.myelin.train;

import dev.myelin.error.InvalidRequestException;
import java.util.Arrays;

/** Finds the starts of documents in a token stream. */
final class DocumentStarts {
  private DocumentStarts() {}

  /**
   * The positions of document starts that are followed by a whole window.
   *
   * @param bos the token at the start of every document; -1 if the vocabulary has none
   * @throws InvalidRequestException if there are none
   */
  static int[] find(int[] tokens, int bos, BatchShape shape) {
    int[] starts = new int[16];
    int count = 0;
    for (int i = 0; i + shape.windowLength() <= tokens.length; i++) {
      if (tokens[i] == bos) {
        starts = count == starts.length ? Arrays.copyOf(starts, 2 * count) : starts;
        starts[count++] = i;
      }
    }
    if (bos < 0 || count == 0) {
      throw new InvalidRequestException(
          bos < 0
              ? "whole documents: the vocabulary has no BOS token"
              : "%s tokens of text: expected a document of at least %s tokens"
                  .formatted(tokens.length, shape.windowLength()));
    }
    return Arrays.copyOf(starts, count);
  }
}
