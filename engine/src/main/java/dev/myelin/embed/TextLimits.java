package dev.myelin.embed;

import dev.myelin.error.ContextFullException;
import dev.myelin.error.InvalidRequestException;
import dev.myelin.model.ModelInfo;
import dev.myelin.runtime.RuntimeOptions;

/**
 * Which texts can be computed. Immutable and thread-safe.
 *
 * @param vocabulary number of token ids
 * @param context maximum number of tokens of a text
 * @param batch maximum number of tokens computed together
 * @param isOneBatch whether all tokens of a text are computed together
 */
record TextLimits(int vocabulary, int context, int batch, boolean isOneBatch) {
  static TextLimits of(ModelInfo info, RuntimeOptions options, Pooling pooling) {
    return new TextLimits(
        info.vocabulary(),
        options.contextLength(),
        options.batch(),
        info.isOnePass() || pooling == Pooling.RANK);
  }

  /** Implements {@link Embedder#requireValid}. */
  void check(String name, int[] tokens) {
    if (tokens.length > context) {
      throw ContextFullException.text(name, tokens.length, context);
    }
    if (tokens.length == 0) {
      throw new InvalidRequestException(name + " has no tokens");
    }
    if (tokens.length > batch && isOneBatch) {
      throw new InvalidRequestException(
          "%s has %s tokens: this model needs all of them in one batch, which is %s"
              .formatted(name, tokens.length, batch));
    }
    for (int id : tokens) {
      if (id < 0 || id >= vocabulary) {
        throw new InvalidRequestException(
            "%s has the token id %s: the vocabulary has 0 to %s"
                .formatted(name, id, vocabulary - 1));
      }
    }
  }
}
