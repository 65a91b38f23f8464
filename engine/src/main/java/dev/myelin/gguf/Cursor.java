package dev.myelin.gguf;

import dev.myelin.error.ModelFileException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Reads a header sequentially. Every read is checked against the remaining bytes. */
final class Cursor {
  private static final String HEADER = "header";

  private final ByteSource source;
  private long position;

  /** What is being read, for messages. The message text is built only when it is needed. */
  private String kind = HEADER;

  private int index;
  private @Nullable String name;

  Cursor(ByteSource source) {
    this.source = source;
  }

  /** Starts key or tensor {@code index}, for messages. Its name is not read yet. */
  void startEntry(String kind, int index) {
    this.kind = kind;
    this.index = index;
    this.name = null;
  }

  long position() {
    return position;
  }

  long remaining() {
    return source.size() - position;
  }

  int i32(String field) {
    require(Integer.BYTES, field);
    int value = source.i32(position);
    position += Integer.BYTES;
    return value;
  }

  long i64(String field) {
    require(Long.BYTES, field);
    long value = source.i64(position);
    position += Long.BYTES;
    return value;
  }

  long bits(GgufValueType type) {
    require(type.bytes(), "value");
    long bits = source.bits(type, position);
    position += type.bytes();
    return bits;
  }

  void skip(long bytes) {
    position += bytes;
  }

  /** The name of a key or tensor: UTF-8, 1 to {@code maxBytes} bytes, no zero byte. */
  String name(int maxBytes) {
    long length = i64("name length");
    if (length <= 0 || length > maxBytes) {
      throw error(
          "name length " + Long.toUnsignedString(length), "expected 1 to " + maxBytes + " bytes");
    }
    require(length, "name");
    byte[] bytes = source.copy(position, length);
    position += length;
    for (byte b : bytes) {
      if (b == 0) {
        throw error("name " + quoted(bytes), "expected no zero byte in it");
      }
    }
    try {
      name =
          StandardCharsets.UTF_8
              .newDecoder()
              .onMalformedInput(CodingErrorAction.REPORT)
              .onUnmappableCharacter(CodingErrorAction.REPORT)
              .decode(ByteBuffer.wrap(bytes))
              .toString();
      return name;
    } catch (CharacterCodingException e) {
      throw error("name " + quoted(bytes), "expected UTF-8");
    }
  }

  void require(long bytes, String field) {
    if (bytes > remaining()) {
      throw error(
          field,
          "truncated: expected "
              + bytes
              + " bytes at offset "
              + position
              + ", the file has "
              + source.size());
    }
  }

  ModelFileException error(String detail, String expected) {
    String subject = name != null ? kind + " " + MessageText.abbreviate(name) : kind + " " + index;
    return source.error((kind.equals(HEADER) ? HEADER : subject) + ", " + detail, expected);
  }

  private static String quoted(byte[] bytes) {
    return '"' + MessageText.abbreviate(new String(bytes, StandardCharsets.UTF_8)) + '"';
  }
}
