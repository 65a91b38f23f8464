package dev.myelin.gguf;

import dev.myelin.error.ModelFileException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;

/** Reads a header from front to back; every read is compared with the bytes that remain. */
final class Cursor {
  private static final String HEADER = "header";

  private final ByteSource source;
  private long position;

  /** What is being read, for messages; put together only for one. */
  private String kind = HEADER;

  private int index;
  private String name;

  Cursor(ByteSource source) {
    this.source = source;
  }

  /**
   * Says for messages that key or tensor {@code index} comes next, whose name is yet to be read.
   */
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

  /** A key's or tensor's name: UTF-8 of 1 to {@code longest} bytes, without zeros. */
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
