package dev.myelin.evaluate;

import dev.myelin.error.ModelFileException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * The layout of llama.cpp's files of log-probabilities, little endian: {@code "_logits_"}; i32
 * tokens per chunk, vocabulary, chunks; the i32 tokens of all chunks; then a row for each
 * prediction of the second half of every chunk. A row is f32 scale, f32 minimum, and a u16 for each
 * token (padded to an even number). The log-probability is {@code scale * u16 + minimum}, clipped
 * at 16 below the largest.
 */
record LogitsFormat(int contextLength, int vocabulary, int chunks) {
  static final byte[] MAGIC = "_logits_".getBytes(StandardCharsets.US_ASCII);
  static final int HEADER_BYTES = MAGIC.length + 3 * Integer.BYTES;

  private static final int ROW_HEADER_BYTES = 2 * Float.BYTES;
  private static final float MAX_QUANT = 65535f;
  private static final float RANGE = 16f;

  /** Rows per chunk. */
  int rows() {
    return contextLength - 1 - contextLength / 2;
  }

  int rowBytes() {
    return ROW_HEADER_BYTES + Math.ceilDiv(vocabulary, 2) * 2 * Short.BYTES;
  }

  long tokenBytes() {
    return (long) contextLength * chunks * Integer.BYTES;
  }

  /** Offset of a row. */
  long offset(int chunk, int row) {
    return HEADER_BYTES + tokenBytes() + ((long) chunk * rows() + row) * rowBytes();
  }

  /** Size of the file in bytes; {@link Long#MAX_VALUE} if it overflows. */
  long size() {
    double estimate = (double) chunks * rows() * rowBytes();
    return estimate > Long.MAX_VALUE / 2 ? Long.MAX_VALUE : offset(chunks, 0);
  }

  /** A buffer for one row. */
  ByteBuffer rowBuffer() {
    return ByteBuffer.allocate(rowBytes()).order(ByteOrder.LITTLE_ENDIAN);
  }

  /** Encodes a distribution of {@link Distribution#fromLogits}. */
  void encode(Distribution from, ByteBuffer row) {
    float[] logits = from.values();
    float max = logits[from.argmax()];
    float min = max;
    for (float logit : logits) {
      min = Math.min(min, logit);
    }
    min = Math.max(min, max - RANGE);
    float scale = (max - min) / MAX_QUANT;
    float inverse = scale == 0 ? 0 : 1 / scale;
    row.clear();
    row.putFloat(scale);
    row.putFloat((float) (min - from.logSumExp()));
    for (float logit : logits) {
      row.putShort((short) (logit > min ? (int) Math.rint(inverse * (logit - min)) : 0));
    }
    while (row.hasRemaining()) {
      row.put((byte) 0);
    }
    row.flip();
  }

  /**
   * Decodes a row into a distribution.
   *
   * @throws ModelFileException if the values are not log-probabilities
   */
  void decode(ByteBuffer row, Distribution to, Path file, int chunk, int index) {
    float scale = row.getFloat(0);
    float min = row.getFloat(Float.BYTES);
    // rounding may lift the largest log-probability slightly above 0
    float max = scale * MAX_QUANT + min;
    if (!(scale >= 0
        && scale <= RANGE * 1.01f / MAX_QUANT
        && min >= -Float.MAX_VALUE
        && max <= 0.01f)) {
      throw new ModelFileException(
          file,
          "chunk %s, row %s: scale %s, smallest log-probability %s"
              .formatted(chunk + 1, index, scale, min),
          "expected log-probabilities, at most 16 apart");
    }
    float[] values = to.values();
    for (int i = 0; i < values.length; i++) {
      values[i] = scale * (row.getShort(ROW_HEADER_BYTES + i * Short.BYTES) & 0xffff) + min;
    }
    to.fromLogProbabilities();
  }
}
