package dev.myelin.evaluate;

import dev.myelin.error.InvalidRequestException;

/**
 * How a text is split into chunks. Immutable and thread-safe.
 *
 * @param contextLength tokens per chunk; 0 means {@value #DEFAULT_CONTEXT}, or the model's context
 *     length if that is shorter
 * @param stride 0: chunks do not overlap, and the second half of each is predicted. Otherwise
 *     windows start {@code stride} tokens apart, the last {@code stride} tokens of each are
 *     predicted, and a window is {@code stride / 2} longer than {@code contextLength}
 * @param chunks maximum number of chunks; {@value #ALL} means all
 */
public record ChunkOptions(int contextLength, int stride, int chunks) {
  public static final int DEFAULT_CONTEXT = 512;
  public static final int ALL = -1;

  /** The minimum of which half is context and one token is predicted. */
  static final int MIN_CONTEXT = 3;

  static final int MAX_CONTEXT = 1 << 24;

  /**
   * @throws InvalidRequestException naming the option that is out of range
   */
  public ChunkOptions {
    if (contextLength != 0 && contextLength < MIN_CONTEXT || contextLength > MAX_CONTEXT) {
      throw new InvalidRequestException(
          "context = %s: expected %s to %s tokens per chunk"
              .formatted(contextLength, MIN_CONTEXT, MAX_CONTEXT));
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

  /** The number of chunks to compute. */
  int limit(int available) {
    return chunks == ALL ? available : Math.min(chunks, available);
  }
}
