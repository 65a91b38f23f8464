package dev.myelin.gguf;

import dev.myelin.error.ModelFileException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;

/** Reads a header from front to back; every read is compared with the bytes that remain. */
final class Cursor {
  private final Source source;
  private long at;

  /** What is being read, for messages: "key 7", "tensor output.weight". */
  private String subject = "header";

  Cursor(Source source) {
    this.source = source;
  }

  void reading(String subject) {
    this.subject = subject;
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
  String name(String field, int longest) {
    long length = i64(field + " length");
    if (length <= 0 || length > longest) {
      throw bad(
          field + " length " + Long.toUnsignedString(length),
          "expected 1 to " + longest + " bytes");
    }
    need(length, field);
    byte[] bytes = source.copy(at, length);
    at += length;
    for (byte b : bytes) {
      if (b == 0) {
        throw bad(field + " " + quoted(bytes), "expected no zero byte in it");
      }
    }
    try {
      return StandardCharsets.UTF_8
          .newDecoder()
          .onMalformedInput(CodingErrorAction.REPORT)
          .onUnmappableCharacter(CodingErrorAction.REPORT)
          .decode(ByteBuffer.wrap(bytes))
          .toString();
    } catch (CharacterCodingException e) {
      throw bad(field + " " + quoted(bytes), "expected UTF-8");
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
    return source.bad(subject + ", " + detail, expected);
  }

  private static String quoted(byte[] bytes) {
    return '"' + Names.shown(new String(bytes, StandardCharsets.UTF_8)) + '"';
  }
}
