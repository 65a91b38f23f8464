package dev.myelin.generate;

import dev.myelin.error.InvalidRequestException;

/**
 * What a session can be fed. Tokens are checked before anything is computed: native code does not
 * check them. Immutable.
 *
 * @param vocabulary number of token ids
 * @param batch maximum number of tokens computed together
 * @param context maximum number of tokens of the session
 * @param isOnePass whether a sequence is computed in one pass
 */
record FeedLimits(int vocabulary, int batch, int context, boolean isOnePass) {

  /**
   * Checks tokens to be appended.
   *
   * @param position number of tokens before them
   */
  void check(int[] tokens, int position) {
    if (tokens.length == 0) {
      throw new InvalidRequestException("no tokens to feed: the prompt is empty");
    }
    for (int id : tokens) {
      if (id < 0 || id >= vocabulary) {
        throw new InvalidRequestException(
            "token id " + id + ": the vocabulary has 0 to " + (vocabulary - 1));
      }
    }
    if (tokens.length > context - position) {
      throw new InvalidRequestException(
          "%s tokens at position %s do not fit into a context of %s"
              .formatted(tokens.length, position, context));
    }
    if (isOnePass) {
      checkWhole(tokens.length, position);
    }
  }

  private void checkWhole(int tokens, int position) {
    if (position > 0) {
      throw new InvalidRequestException(
          "tokens after position %s: this model computes a sequence in one pass"
              .formatted(position));
    }
    checkOneBatch(tokens);
  }

  /** Checks that tokens which cannot be computed apart are in one batch. */
  void checkOneBatch(int tokens) {
    if (tokens > batch) {
      throw new InvalidRequestException(
          "%s tokens: this model needs all of them in one batch, which is %s"
              .formatted(tokens, batch));
    }
  }

  /** Checks tokens that are one batch, and how many of the last have outputs. */
  void checkBatch(int tokens, int outputs) {
    if (tokens > batch) {
      throw outOfRange(tokens, outputs);
    }
    checkOutputs(tokens, outputs, tokens);
  }

  /**
   * Checks how many of the last tokens have outputs.
   *
   * @param most at most so many
   */
  void checkOutputs(int tokens, int outputs, int most) {
    if (outputs < 1 || outputs > most) {
      throw outOfRange(tokens, outputs);
    }
  }

  private InvalidRequestException outOfRange(int tokens, int outputs) {
    return new InvalidRequestException(
        "%s tokens, logits of %s: expected at most %s tokens, and logits of 1 to all of them"
            .formatted(tokens, outputs, batch));
  }
}
