package dev.myelin.gguf;

import dev.myelin.error.ModelFileException;

/** Reads one metadata value, keeping where strings and arrays lie instead of their contents. */
final class ValueReader {
  private static final int WINDOW = 1 << 14;

  private final Source source;
  private final Cursor cursor;

  /** Elements of arrays that were read one by one so far. */
  private int readElements;

  ValueReader(Source source, Cursor cursor) {
    this.source = source;
    this.cursor = cursor;
  }

  GgufValue read(String key) {
    GgufValueType type = type("value type");
    return switch (type) {
      case STRING -> text(key);
      case ARRAY -> array(key);
      default -> scalar(type);
    };
  }

  private GgufValueType type(String field) {
    int id = cursor.i32(field);
    GgufValueType type = GgufValueType.ofId(id);
    if (type == null) {
      throw cursor.bad(field + " " + Integer.toUnsignedString(id), "expected a type from 0 to 12");
    }
    return type;
  }

  private GgufValue scalar(GgufValueType type) {
    long bits = cursor.bits(type);
    if (type == GgufValueType.BOOL && bits > 1) {
      throw cursor.bad("bool " + bits, "expected 0 or 1");
    }
    return new GgufValue.Scalar(type, bits);
  }

  private GgufValue text(String key) {
    long length = cursor.i64("string length");
    if (length < 0 || length > cursor.remaining() || length > Limits.STRING_BYTES) {
      throw badLength(length, "string", cursor.remaining());
    }
    long at = cursor.at();
    cursor.skip(length);
    return new GgufValue.Text(source, key, at, length);
  }

  private GgufValue array(String key) {
    GgufValueType type = type("element type");
    if (type == GgufValueType.ARRAY) {
      throw cursor.bad("an array of arrays", "expected an array of numbers, bools or strings");
    }
    long size = cursor.i64("array size");
    int least = type == GgufValueType.STRING ? Long.BYTES : type.bytes();
    long fit = Math.min(Limits.ARRAY_ELEMENTS, cursor.remaining() / least);
    if (size < 0 || size > fit) {
      throw cursor.bad(
          "array of " + Long.toUnsignedString(size) + " " + type.shortName(),
          "expected at most " + fit + " elements, what the rest of the file can hold");
    }
    if (type == GgufValueType.STRING || type == GgufValueType.BOOL) {
      if (size > Limits.READ_ELEMENTS - readElements) {
        throw cursor.bad(
            "array of " + size + " " + type.shortName(),
            "expected at most " + Limits.READ_ELEMENTS + " strings and bools in all arrays");
      }
      readElements += (int) size;
    }
    long at = cursor.at();
    int[] starts = type == GgufValueType.STRING ? strings((int) size) : null;
    if (starts == null) {
      cursor.skip(size * type.bytes());
    }
    if (type == GgufValueType.BOOL) {
      checkBools(at, (int) size);
    }
    return new GgufArray(source, key, type, (int) size, at, starts);
  }

  /** Walks over the strings; returns where each one's bytes begin, from here on, and an end. */
  private int[] strings(int size) {
    int[] starts = new int[size + 1];
    long begin = cursor.at();
    long end = Math.min(source.size(), begin + Limits.STRINGS_BYTES);
    long at = begin;
    Lengths lengths = new Lengths(source);
    for (int i = 0; i < size; i++) {
      if (end - at < Long.BYTES) {
        throw cursor.bad("string " + i, "truncated: expected its length within the file");
      }
      long length = lengths.at(at);
      at += Long.BYTES;
      if (length < 0 || length > end - at || length > Limits.STRING_BYTES) {
        throw badLength(length, "string " + i, end - at);
      }
      starts[i] = (int) (at - begin);
      at += length;
    }
    starts[size] = (int) (at - begin + Long.BYTES);
    cursor.skip(at - begin);
    return starts;
  }

  private ModelFileException badLength(long length, String what, long remaining) {
    return cursor.bad(
        what + " of " + Long.toUnsignedString(length) + " bytes",
        "expected at most " + Math.min(remaining, Limits.STRING_BYTES) + " bytes");
  }

  private void checkBools(long at, int size) {
    byte[] window = new byte[Math.min(size, WINDOW)];
    for (int from = 0; from < size; from += window.length) {
      int held = Math.min(window.length, size - from);
      source.copy(at + from, window, held);
      for (int i = 0; i < held; i++) {
        int value = window[i] & 0xff;
        if (value > 1) {
          throw cursor.bad("element " + (from + i) + ", bool " + value, "expected 0 or 1");
        }
      }
    }
  }
}
