package dev.myelin.gguf;

import dev.myelin.error.ModelFileException;
import java.lang.foreign.MemorySegment;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * An array value of the metadata. Elements are read from the file on access. For an array of
 * strings, only the start of each string is kept (4 bytes per element).
 *
 * <p>A getter that does not match the element type throws {@link ModelFileException} with the file,
 * the key and the expected type. An index outside 0..size-1 throws {@link
 * IndexOutOfBoundsException}. Immutable and thread-safe, while its file is open.
 */
public final class GgufArray implements GgufValue {
  private final ByteSource source;
  private final String key;
  private final GgufValueType elementType;
  private final int size;
  private final long offset;

  /** For strings: the start of each string relative to {@code offset}, unsigned, and one end. */
  private final int @Nullable [] stringStarts;

  GgufArray(
      ByteSource source,
      String key,
      GgufValueType elementType,
      int size,
      long offset,
      int @Nullable [] stringStarts) {
    this.source = source;
    this.key = key;
    this.elementType = elementType;
    this.size = size;
    this.offset = offset;
    this.stringStarts = stringStarts;
  }

  @Override
  public GgufValueType type() {
    return GgufValueType.ARRAY;
  }

  public GgufValueType elementType() {
    return elementType;
  }

  public int size() {
    return size;
  }

  /** String {@code i}. Invalid UTF-8 is replaced by U+FFFD. */
  public String string(int i) {
    long length = length(i);
    if (length > Integer.MAX_VALUE - 16) {
      throw error(
          "expected element "
              + i
              + " to be a string of at most 2 GiB, it has "
              + length
              + " bytes");
    }
    return source.string(start(i), length);
  }

  /** The bytes of string {@code i}: a view of the file, valid while the file is open. */
  public MemorySegment bytes(int i) {
    long length = length(i);
    return source.slice(start(i), length);
  }

  /** Integer {@code i} of any integer type. It must fit an int. */
  public int i32(int i) {
    long value = i64(i);
    if (value != (int) value) {
      throw error("expected element " + i + " to fit 32 bits, it is " + value);
    }
    return (int) value;
  }

  /** Integer {@code i} of any integer type. It must fit a long. */
  public long i64(int i) {
    if (!elementType.isInteger()) {
      throw error("expected an array of integers");
    }
    long bits = bits(i);
    if (elementType == GgufValueType.U64 && bits < 0) {
      throw error(
          "expected element " + i + " to fit 63 bits, it is " + Long.toUnsignedString(bits));
    }
    return bits;
  }

  /** Float {@code i}. An f64 is rounded. */
  public float f32(int i) {
    return switch (elementType) {
      case F32 -> Float.intBitsToFloat((int) bits(i));
      case F64 -> (float) Double.longBitsToDouble(bits(i));
      default -> throw error("expected an array of f32");
    };
  }

  /** Float {@code i} as a double. */
  public double f64(int i) {
    return elementType == GgufValueType.F64 ? Double.longBitsToDouble(bits(i)) : f32(i);
  }

  public boolean bool(int i) {
    if (elementType != GgufValueType.BOOL) {
      throw error("expected an array of bool");
    }
    return bits(i) != 0;
  }

  /** All elements as ints; see {@link #i32(int)}. */
  public int[] toInts() {
    int[] values = new int[size];
    for (int i = 0; i < size; i++) {
      values[i] = i32(i);
    }
    return values;
  }

  /** All elements as floats; see {@link #f32(int)}. */
  public float[] toFloats() {
    float[] values = new float[size];
    for (int i = 0; i < size; i++) {
      values[i] = f32(i);
    }
    return values;
  }

  /** Returns this array, or throws if its elements have another type. */
  public GgufArray requireType(GgufValueType type) {
    if (elementType != type) {
      throw error("expected an array of " + type.shortName());
    }
    return this;
  }

  /** Element {@code i} as a Java object; see {@link GgufValue#toJava}. */
  public Object toJava(int i) {
    return elementType == GgufValueType.STRING
        ? string(i)
        : new Scalar(elementType, bits(i)).toJava();
  }

  @Override
  public Object toJava() {
    return this;
  }

  @Override
  public String describe() {
    return "[" + size + " x " + elementType.shortName() + "]";
  }

  @Override
  public long bytes() {
    return elementType == GgufValueType.STRING
        ? Integer.toUnsignedLong(stringStarts[size]) - Long.BYTES
        : (long) size * elementType.bytes();
  }

  /** The bytes of the elements in the file. */
  MemorySegment rawBytes() {
    return source.slice(offset, bytes());
  }

  private long bits(int i) {
    Objects.checkIndex(i, size);
    return source.bits(elementType, offset + (long) i * elementType.bytes());
  }

  private long start(int i) {
    return offset + Integer.toUnsignedLong(stringStarts[i]);
  }

  private long length(int i) {
    requireType(GgufValueType.STRING);
    Objects.checkIndex(i, size);
    return Integer.toUnsignedLong(stringStarts[i + 1])
        - Long.BYTES
        - Integer.toUnsignedLong(stringStarts[i]);
  }

  private ModelFileException error(String expected) {
    return source.error("key " + MessageText.abbreviate(key) + " = " + describe(), expected);
  }
}
