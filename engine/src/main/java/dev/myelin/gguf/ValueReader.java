package dev.myelin.gguf;

import dev.myelin.error.ModelFileException;

/** Reads a metadata value. For strings and arrays it keeps the location, not the content. */
final class ValueReader {
  private static final int BUFFER_BYTES = 1 << 14;

  private final ByteSource source;
  private final Cursor cursor;

  /** Array elements scanned so far. */
  private int scannedElements;

  ValueReader(ByteSource source, Cursor cursor) {
    this.source = source;
    this.cursor = cursor;
  }

  GgufValue read(String key) {
    GgufValueType type = type("value type");
    return switch (type) {
      case STRING -> string(key);
      case ARRAY -> array(key);
      default -> scalar(type);
    };
  }

  private GgufValueType type(String field) {
    int id = cursor.i32(field);
    GgufValueType type = GgufValueType.ofId(id);
    if (type == null) {
      throw cursor.error(
          field + " " + Integer.toUnsignedString(id), "expected a type from 0 to 12");
    }
    return type;
  }

  private GgufValue scalar(GgufValueType type) {
    long bits = cursor.bits(type);
    if (type == GgufValueType.BOOL && bits > 1) {
      throw cursor.error("bool " + bits, "expected 0 or 1");
    }
    return new GgufValue.Scalar(type, bits);
  }

  private GgufValue string(String key) {
    long length = cursor.i64("string length");
    if (length < 0 || length > cursor.remaining() || length > Limits.MAX_STRING_BYTES) {
      throw lengthError(length, "string", cursor.remaining());
    }
    long offset = cursor.position();
    cursor.skip(length);
    return new GgufValue.StringValue(source, key, offset, length);
  }

  private GgufValue array(String key) {
    GgufValueType type = type("element type");
    if (type == GgufValueType.ARRAY) {
      throw cursor.error("an array of arrays", "expected an array of numbers, bools or strings");
    }
    long size = cursor.i64("array size");
    int minBytes = type == GgufValueType.STRING ? Long.BYTES : type.bytes();
    long max = Math.min(Limits.MAX_ARRAY_ELEMENTS, cursor.remaining() / minBytes);
    if (size < 0 || size > max) {
      throw cursor.error(
          "array of " + Long.toUnsignedString(size) + " " + type.shortName(),
          "expected at most " + max + " elements, the capacity of the rest of the file");
    }
    if (type == GgufValueType.STRING || type == GgufValueType.BOOL) {
      if (size > Limits.MAX_SCANNED_ELEMENTS - scannedElements) {
        throw cursor.error(
            "array of " + size + " " + type.shortName(),
            "expected at most " + Limits.MAX_SCANNED_ELEMENTS + " strings and bools in all arrays");
      }
      scannedElements += (int) size;
    }
    long offset = cursor.position();
    int[] stringStarts = type == GgufValueType.STRING ? scanStrings((int) size) : null;
    if (stringStarts == null) {
      cursor.skip(size * type.bytes());
    }
    if (type == GgufValueType.BOOL) {
      checkBools(offset, (int) size);
    }
    return new GgufArray(source, key, type, (int) size, offset, stringStarts);
  }

  /** Skips the strings. Returns the start of each string relative to here, and one end. */
  private int[] scanStrings(int size) {
    int[] starts = new int[size + 1];
    long begin = cursor.position();
    long end = Math.min(source.size(), begin + Limits.MAX_STRING_ARRAY_BYTES);
    long offset = begin;
    StringLengthReader lengths = new StringLengthReader(source);
    for (int i = 0; i < size; i++) {
      if (end - offset < Long.BYTES) {
        throw cursor.error("string " + i, "truncated: expected its length inside the file");
      }
      long length = lengths.read(offset);
      offset += Long.BYTES;
      if (length < 0 || length > end - offset || length > Limits.MAX_STRING_BYTES) {
        throw lengthError(length, "string " + i, end - offset);
      }
      starts[i] = (int) (offset - begin);
      offset += length;
    }
    starts[size] = (int) (offset - begin + Long.BYTES);
    cursor.skip(offset - begin);
    return starts;
  }

  private ModelFileException lengthError(long length, String subject, long remaining) {
    return cursor.error(
        subject + " of " + Long.toUnsignedString(length) + " bytes",
        "expected at most " + Math.min(remaining, Limits.MAX_STRING_BYTES) + " bytes");
  }

  private void checkBools(long offset, int size) {
    byte[] buffer = new byte[Math.min(size, BUFFER_BYTES)];
    for (int from = 0; from < size; from += buffer.length) {
      int count = Math.min(buffer.length, size - from);
      source.copy(offset + from, buffer, count);
      for (int i = 0; i < count; i++) {
        int value = buffer[i] & 0xff;
        if (value > 1) {
          throw cursor.error("element " + (from + i) + ", bool " + value, "expected 0 or 1");
        }
      }
    }
  }
}
