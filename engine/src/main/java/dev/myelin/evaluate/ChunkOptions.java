package dev.myelin.evaluate;

import dev.myelin.error.InvalidRequestException;

/**
 * How a text is cut into chunks.
 *
 * @param contextLength tokens of a chunk; 0 means {@value #DEFAULT_CONTEXT}, or the model's
 *     positions where it has fewer
 * @param stride 0: chunks follow each other, the second half of each is predicted. More: each
 *     window begins so many tokens after the one before, its last {@code stride} tokens are
 *     predicted, and it is {@code stride / 2} longer than {@code contextLength}
 * @param chunks most of them; {@value #ALL} means as many as the text has
 */
public record ChunkOptions(int contextLength, int stride, int chunks) {
  public static final int DEFAULT_CONTEXT = 512;
  public static final int ALL = -1;

  /** Half of it is context, and a token must be left to be predicted. */
  static final int LEAST_CONTEXT = 3;

  static final int MOST_CONTEXT = 1 << 24;

  /**
   * @throws InvalidRequestException naming the option that is out of range
   */
  public ChunkOptions {
    if (contextLength != 0 && contextLength < LEAST_CONTEXT || contextLength > MOST_CONTEXT) {
      throw new InvalidRequestException(
          "context = %s: expected %s to %s tokens a chunk"
              .formatted(contextLength, LEAST_CONTEXT, MOST_CONTEXT));
    }
    if (stride < 0) {
      throw new InvalidRequestException(
          "stride = " + stride + ": expected 1 or more, or 0 for chunks");
    }
    if (chunks != ALL && chunks < 1) {
      throw new InvalidRequestException("chunks = " + chunks + ": expected 1 or more, or -1 (all)");
    }
  }

  public static ChunkOptions defaults() {
    return new ChunkOptions(0, 0, ALL);
  }

  public ChunkOptions withContextLength(int value) {
    return new ChunkOptions(value, stride, chunks);
  }

  public ChunkOptions withStride(int value) {
    return new ChunkOptions(contextLength, value, chunks);
  }

  public ChunkOptions withChunks(int value) {
    return new ChunkOptions(contextLength, stride, value);
  }

  /** Of the chunks that there are, how many are wanted. */
  int limit(int available) {
    return chunks == ALL ? available : Math.min(chunks, available);
  }
}
