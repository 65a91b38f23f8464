package dev.myelin.generate;

import dev.myelin.error.ModelFileException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;

/**
 * Reads what {@link FieldWriter} has written. Each count is compared with the bytes that are left
 * before memory is allocated. Confined to one thread at a time.
 */
final class FieldReader {
  private final ByteBuffer in;
  private final Path file;

  /**
   * @param file for messages
   */
  FieldReader(byte[] bytes, Path file) {
    in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    this.file = file;
  }

  /**
   * A number.
   *
   * @param what it is, for messages
   */
  int number(String what, int min, int max) {
    require(what, 1, Integer.BYTES);
    int value = in.getInt();
    if (value < min || value > max) {
      throw error(what + " = " + value, "expected " + min + " to " + max);
    }
    return value;
  }

  /**
   * A number of things that follow.
   *
   * @param bytes of each, at least
   */
  int count(String what, int bytes) {
    int count = number(what, 0, Integer.MAX_VALUE);
    require(what, count, bytes);
    return count;
  }

  private void require(String what, int count, int bytes) {
    if ((long) count * bytes > in.remaining()) {
      throw error(what, "cut: " + in.remaining() + " bytes are left");
    }
  }

  String text(String what) {
    char[] chars = new char[count(what, Character.BYTES)];
    in.asCharBuffer().get(chars);
    in.position(in.position() + Character.BYTES * chars.length);
    return new String(chars);
  }

  byte[] bytes(String what) {
    byte[] bytes = new byte[count(what, 1)];
    in.get(bytes);
    return bytes;
  }

  /** Token ids, 0 to {@code vocabulary} - 1. */
  int[] tokens(String what, int vocabulary) {
    int[] ids = new int[count(what, Integer.BYTES)];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = number(what, 0, vocabulary - 1);
    }
    return ids;
  }

  /** Checks that everything was read. */
  void end() {
    if (in.hasRemaining()) {
      throw error("conversation", in.remaining() + " bytes too many");
    }
  }

  ModelFileException error(String what, String expected) {
    return new ModelFileException(file, "conversation: " + what, expected);
  }
}
