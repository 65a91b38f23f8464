package dev.myelin.generate;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Writes numbers, texts and arrays as little-endian bytes. Confined to one thread at a time. */
final class FieldWriter {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();

  void put(int value) {
    out.writeBytes(buffer(1).putInt(value).array());
  }

  void put(int[] values) {
    put(values.length);
    ByteBuffer bytes = buffer(values.length);
    bytes.asIntBuffer().put(values);
    out.writeBytes(bytes.array());
  }

  void put(byte[] bytes) {
    put(bytes.length);
    out.writeBytes(bytes);
  }

  /** UTF-16: a text may contain unpaired surrogates. */
  void put(String text) {
    put(text.length());
    ByteBuffer bytes = ByteBuffer.allocate(2 * text.length()).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asCharBuffer().put(text);
    out.writeBytes(bytes.array());
  }

  private static ByteBuffer buffer(int ints) {
    return ByteBuffer.allocate(4 * ints).order(ByteOrder.LITTLE_ENDIAN);
  }

  byte[] bytes() {
    return out.toByteArray();
  }
}
