package dev.myelin.evaluate;

import dev.myelin.error.ModelFileException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * The layout of llama.cpp's files of log-probabilities, little endian: {@code "_logits_"}; i32
 * tokens of a chunk, vocabulary, chunks; the i32 tokens of all chunks; then a row for each
 * prediction, of the second half of every chunk. A row is f32 scale, f32 smallest log-probability,
 * and a u16 for each token (one more where the vocabulary is odd): its log-probability is {@code
 * scale * u16 + smallest}, at most 16 below the largest.
 */
record LogitsFormat(int contextLength, int vocabulary, int chunks) {
  static final byte[] MAGIC = "_logits_".getBytes(StandardCharsets.US_ASCII);
  static final int HEADER_BYTES = MAGIC.length + 3 * Integer.BYTES;

  private static final int ROW_HEADER = 2 * Float.BYTES;
  private static final float STEPS = 65535f;
  private static final float RANGE = 16f;

  /** Rows of a chunk. */
  int rows() {
    return contextLength - 1 - contextLength / 2;
  }

  int rowBytes() {
    return ROW_HEADER + Math.ceilDiv(vocabulary, 2) * 2 * Short.BYTES;
  }

  long tokenBytes() {
    return (long) contextLength * chunks * Integer.BYTES;
  }

  /** Where a row begins. */
  long offset(int chunk, int row) {
    return HEADER_BYTES + tokenBytes() + ((long) chunk * rows() + row) * rowBytes();
  }

  /** Bytes of the whole file, {@link Long#MAX_VALUE} where they are beyond any. */
  long size() {
    double about = (double) chunks * rows() * rowBytes();
    return about > Long.MAX_VALUE / 2 ? Long.MAX_VALUE : offset(chunks, 0);
  }

  /** A buffer for one row. */
  ByteBuffer rowBuffer() {
    return ByteBuffer.allocate(rowBytes()).order(ByteOrder.LITTLE_ENDIAN);
  }

  /** Writes what {@link Distribution#fromLogits} made. */
  void encode(Distribution from, ByteBuffer row) {
    float[] logits = from.values();
    float most = logits[from.top()];
    float least = most;
    for (float logit : logits) {
      least = Math.min(least, logit);
    }
    least = Math.max(least, most - RANGE);
    float scale = (most - least) / STEPS;
    float inverse = scale == 0 ? 0 : 1 / scale;
    row.clear();
    row.putFloat(scale);
    row.putFloat((float) (least - from.logSum()));
    for (float logit : logits) {
      row.putShort((short) (logit > least ? (int) Math.rint(inverse * (logit - least)) : 0));
    }
    while (row.hasRemaining()) {
      row.put((byte) 0);
    }
    row.flip();
  }

  /**
   * Reads a row into the values of a distribution.
   *
   * @throws ModelFileException if its numbers are no log-probabilities
   */
  void decode(ByteBuffer row, Distribution to, Path file, int chunk, int index) {
    float scale = row.getFloat(0);
    float least = row.getFloat(Float.BYTES);
    // rounding may lift the likeliest token of a sure model a little above 0
    float most = scale * STEPS + least;
    if (!(scale >= 0
        && scale <= RANGE * 1.01f / STEPS
        && least >= -Float.MAX_VALUE
        && most <= 0.01f)) {
      throw new ModelFileException(
          file,
          "chunk %s, row %s: scale %s, smallest log-probability %s"
              .formatted(chunk + 1, index, scale, least),
          "expected log-probabilities, at most 16 apart");
    }
    float[] values = to.values();
    for (int i = 0; i < values.length; i++) {
      values[i] = scale * (row.getShort(ROW_HEADER + i * Short.BYTES) & 0xffff) + least;
    }
    to.fromLogProbabilities();
  }
}
