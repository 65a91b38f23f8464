package dev.myelin.gguf;

import dev.myelin.error.ModelFileException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;

/** Reads a header from front to back; every read is compared with the bytes that remain. */
final class Cursor {
  private static final String HEADER = "header";

  private final Source source;
  private long at;

  /** What is being read, for messages; put together only for one. */
  private String kind = HEADER;

  private int index;
  private String name;

  Cursor(Source source) {
    this.source = source;
  }

  /**
   * Says for messages that key or tensor {@code index} comes next, whose name is yet to be read.
   */
  void reading(String kind, int index) {
    this.kind = kind;
    this.index = index;
    this.name = null;
  }

  long at() {
    return at;
  }

  long remaining() {
    return source.size() - at;
  }

  int i32(String field) {
    need(Integer.BYTES, field);
    int value = source.i32(at);
    at += Integer.BYTES;
    return value;
  }

  long i64(String field) {
    need(Long.BYTES, field);
    long value = source.i64(at);
    at += Long.BYTES;
    return value;
  }

  long bits(GgufValueType type) {
    need(type.bytes(), "value");
    long bits = source.bits(type, at);
    at += type.bytes();
    return bits;
  }

  void skip(long bytes) {
    at += bytes;
  }

  /** A key's or tensor's name: UTF-8 of 1 to {@code longest} bytes, without zeros. */
  String name(int longest) {
    long length = i64("name length");
    if (length <= 0 || length > longest) {
      throw bad(
          "name length " + Long.toUnsignedString(length), "expected 1 to " + longest + " bytes");
    }
    need(length, "name");
    byte[] bytes = source.copy(at, length);
    at += length;
    for (byte b : bytes) {
      if (b == 0) {
        throw bad("name " + quoted(bytes), "expected no zero byte in it");
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
      throw bad("name " + quoted(bytes), "expected UTF-8");
    }
  }

  void need(long bytes, String field) {
    if (bytes > remaining()) {
      throw bad(
          field,
          "truncated: expected "
              + bytes
              + " bytes at offset "
              + at
              + ", the file has "
              + source.size());
    }
  }

  ModelFileException bad(String detail, String expected) {
    String subject = name != null ? kind + " " + Names.shown(name) : kind + " " + index;
    return source.bad((kind.equals(HEADER) ? HEADER : subject) + ", " + detail, expected);
  }

  private static String quoted(byte[] bytes) {
    return '"' + Names.shown(new String(bytes, StandardCharsets.UTF_8)) + '"';
  }
}
