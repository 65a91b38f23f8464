package dev.myelin.gguf;

import java.util.Locale;

/** A metadata value: a scalar, a string or an array. Immutable and thread-safe. */
public sealed interface GgufValue permits GgufValue.Scalar, GgufValue.StringValue, GgufArray {
  /** The longest part of a string that {@link #describe} shows, in characters. */
  int MAX_DESCRIBED_CHARS = 60;

  GgufValueType type();

  /**
   * The value as a Java object: {@link Long} for integers (u64 above 2^63-1 as {@link
   * java.math.BigInteger}), {@link Float}, {@link Double}, {@link Boolean}, {@link String} or
   * {@link GgufArray}.
   */
  Object toJava();

  /** The size of the value in a file in bytes, without its type. */
  long bytes();

  /** The value for messages, on one line, shortened. */
  String describe();

  /**
   * A number or a bool.
   *
   * @param bits an integer sign- or zero-extended, a float as IEEE 754 bits, 1 for true
   */
  record Scalar(GgufValueType type, long bits) implements GgufValue {
    @Override
    public Object toJava() {
      return switch (type) {
        case F32 -> Float.intBitsToFloat((int) bits);
        case F64 -> Double.longBitsToDouble(bits);
        case BOOL -> bits != 0;
        case U64 -> bits >= 0 ? bits : new java.math.BigInteger(Long.toUnsignedString(bits));
        default -> bits;
      };
    }

    /** Whether this is an integer that fits a long. */
    boolean isLong() {
      return type.isInteger() && !(type == GgufValueType.U64 && bits < 0);
    }

    @Override
    public long bytes() {
      return type.bytes();
    }

    @Override
    public String describe() {
      return String.format(Locale.ROOT, "%s %s", type.shortName(), toJava());
    }
  }

  /** A string, read from the file on access; see {@link Metadata#string}. */
  final class StringValue implements GgufValue {
    private static final int MAX_BYTES = 64 << 20;

    private final ByteSource source;
    private final String key;
    private final long offset;
    private final long length;

    StringValue(ByteSource source, String key, long offset, long length) {
      this.source = source;
      this.key = key;
      this.offset = offset;
      this.length = length;
    }

    @Override
    public GgufValueType type() {
      return GgufValueType.STRING;
    }

    /** The length in bytes of UTF-8. */
    public long length() {
      return length;
    }

    /**
     * The string. Invalid UTF-8 is replaced by U+FFFD.
     *
     * @throws dev.myelin.error.ModelFileException if it is longer than 64 MiB
     */
    public String string() {
      if (length > MAX_BYTES) {
        throw source.error(
            "key " + MessageText.abbreviate(key) + " = a string of " + length + " bytes",
            "expected at most " + MAX_BYTES + " bytes");
      }
      return source.string(offset, length);
    }

    @Override
    public Object toJava() {
      return string();
    }

    @Override
    public long bytes() {
      return length;
    }

    @Override
    public String describe() {
      // a character has at most four bytes: enough to know whether the string is longer
      String start = source.string(offset, Math.min(length, 4 * (MAX_DESCRIBED_CHARS + 1)));
      return '"' + MessageText.abbreviate(start, MAX_DESCRIBED_CHARS) + '"';
    }

    java.lang.foreign.MemorySegment rawBytes() {
      return source.slice(offset, length);
    }
  }
}
