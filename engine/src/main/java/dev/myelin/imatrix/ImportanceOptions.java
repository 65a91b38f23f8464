package dev.myelin.imatrix;

import dev.myelin.error.InvalidRequestException;
import dev.myelin.generate.SessionOptions;

/**
 * How a model is run over a text.
 *
 * @param chunkSize tokens of a piece of text, which is the context too
 * @param chunks most pieces, -1 for all
 * @param skip pieces left out at the beginning
 * @param output whether the output matrix counts too
 * @param perplexity whether to compute it on the way
 * @param parseSpecial whether the text may name control tokens
 * @param session how it computes; the context is the chunk's
 */
public record ImportanceOptions(
    int chunkSize,
    int chunks,
    int skip,
    boolean output,
    boolean perplexity,
    boolean parseSpecial,
    SessionOptions session) {
  public static final int DEFAULT_CHUNK = 512;

  public ImportanceOptions {
    if (chunkSize < 2) {
      throw new InvalidRequestException("context = " + chunkSize + ": expected 2 or more");
    }
    if (chunks < -1 || chunks == 0) {
      throw new InvalidRequestException("chunks = " + chunks + ": expected 1 or more, or -1");
    }
    if (skip < 0) {
      throw new InvalidRequestException("chunks to skip = " + skip + ": expected 0 or more");
    }
    session = session.withContextLength(chunkSize);
  }

  /** All of a text in pieces of 512 tokens, with the perplexity. */
  public static ImportanceOptions defaults() {
    return new ImportanceOptions(
        DEFAULT_CHUNK, -1, 0, false, true, false, SessionOptions.defaults());
  }
}
