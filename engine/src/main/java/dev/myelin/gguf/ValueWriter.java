package dev.myelin.gguf;

import dev.myelin.error.InvalidRequestException;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.ValueLayout;
import java.lang.reflect.Array;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** Serializes names, numbers and metadata values, little endian. */
final class ValueWriter {
  private static final BigInteger U64_LIMIT = BigInteger.ONE.shiftLeft(64);

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();

  byte[] toBytes() {
    return out.toByteArray();
  }

  long size() {
    return out.size();
  }

  ValueWriter i32(int value) {
    out.writeBytes(buffer(4).putInt(value).array());
    return this;
  }

  ValueWriter i64(long value) {
    out.writeBytes(buffer(8).putLong(value).array());
    return this;
  }

  ValueWriter string(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    i64(bytes.length);
    out.writeBytes(bytes);
    return this;
  }

  ValueWriter rawBytes(byte[] bytes) {
    out.writeBytes(bytes);
    return this;
  }

  /** A value preceded by its type. */
  ValueWriter value(GgufValueType type, Object value) {
    i32(type.id());
    return scalar(type, value);
  }

  /**
   * An array preceded by its types.
   *
   * @param values a Java array of numbers, booleans or strings
   */
  ValueWriter array(GgufValueType elementType, Object values) {
    int size = Array.getLength(values);
    i32(GgufValueType.ARRAY.id()).i32(elementType.id()).i64(size);
    for (int i = 0; i < size; i++) {
      scalar(elementType, Array.get(values, i));
    }
    return this;
  }

  /** A copy of a value of another file. */
  ValueWriter copy(GgufValue value) {
    return switch (value) {
      case GgufValue.Scalar scalar -> value(scalar.type(), scalar.toJava());
      case GgufValue.StringValue text -> {
        i32(GgufValueType.STRING.id()).i64(text.length());
        yield rawBytes(text.rawBytes().toArray(ValueLayout.JAVA_BYTE));
      }
      case GgufArray array -> {
        i32(GgufValueType.ARRAY.id()).i32(array.elementType().id()).i64(array.size());
        yield rawBytes(array.rawBytes().toArray(ValueLayout.JAVA_BYTE));
      }
    };
  }

  private ValueWriter scalar(GgufValueType type, Object value) {
    if (type == GgufValueType.STRING && value instanceof String text) {
      return string(text);
    }
    if (type == GgufValueType.BOOL && value instanceof Boolean bool) {
      out.write(bool ? 1 : 0);
      return this;
    }
    if (type.isFloat() && value instanceof Number number) {
      return type == GgufValueType.F32
          ? i32(Float.floatToRawIntBits(number.floatValue()))
          : i64(Double.doubleToRawLongBits(number.doubleValue()));
    }
    if (type.isInteger() && value instanceof Number number) {
      byte[] bytes = buffer(8).putLong(integer(type, number)).array();
      out.write(bytes, 0, type.bytes());
      return this;
    }
    throw new InvalidRequestException(
        "a value of " + type.shortName() + " cannot hold " + GgufWriter.describe(value));
  }

  private static long integer(GgufValueType type, Number number) {
    BigInteger value;
    if (number instanceof BigInteger big) {
      value = big;
    } else if (number instanceof Float || number instanceof Double) {
      throw new InvalidRequestException(
          "a value of " + type.shortName() + " cannot hold " + number);
    } else {
      value = BigInteger.valueOf(number.longValue());
    }
    int bits = 8 * type.bytes();
    boolean signed = type.name().startsWith("I");
    boolean fits =
        signed
            ? value.bitLength() < bits
            : value.signum() >= 0 && value.bitLength() <= bits && value.compareTo(U64_LIMIT) < 0;
    if (!fits) {
      throw new InvalidRequestException(
          "a value of " + type.shortName() + " cannot hold " + number);
    }
    return value.longValue();
  }

  private static ByteBuffer buffer(int bytes) {
    return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }
}
