package dev.myelin.imatrix;

import dev.myelin.error.InvalidRequestException;
import dev.myelin.generate.SessionOptions;

/**
 * How an importance matrix is computed. Immutable and thread-safe.
 *
 * @param chunkSize tokens per chunk, which is also the context length
 * @param maxChunks maximum number of chunks, -1 for all
 * @param skippedChunks number of chunks to skip at the start
 * @param includeOutput whether to observe the output matrix
 * @param perplexity whether to compute the perplexity as well
 * @param parseSpecial whether to parse control tokens in the text
 * @param session options of the session; the context length is the chunk size
 */
public record ImportanceOptions(
    int chunkSize,
    int maxChunks,
    int skippedChunks,
    boolean includeOutput,
    boolean perplexity,
    boolean parseSpecial,
    SessionOptions session) {
  public static final int DEFAULT_CHUNK_SIZE = 512;

  public ImportanceOptions {
    if (chunkSize < 2) {
      throw new InvalidRequestException("context = " + chunkSize + ": expected 2 or more");
    }
    if (maxChunks < -1 || maxChunks == 0) {
      throw new InvalidRequestException("chunks = " + maxChunks + ": expected 1 or more, or -1");
    }
    if (skippedChunks < 0) {
      throw new InvalidRequestException(
          "chunks to skip = " + skippedChunks + ": expected 0 or more");
    }
    session = session.withContextLength(chunkSize);
  }

  /** The whole text in chunks of 512 tokens, with the perplexity. */
  public static ImportanceOptions defaults() {
    return new ImportanceOptions(
        DEFAULT_CHUNK_SIZE, -1, 0, false, true, false, SessionOptions.defaults());
  }
}
