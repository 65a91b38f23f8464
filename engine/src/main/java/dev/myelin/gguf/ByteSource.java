package dev.myelin.gguf;

import dev.myelin.error.ModelFileException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * The bytes of one file, little endian. A read throws if it is out of bounds, if any thread has
 * closed the file, or if the file was truncated: the JVM reports a missing page of a mapping as an
 * {@link InternalError}.
 */
final class ByteSource {
  private static final ValueLayout.OfShort I16 =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt I32 =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfLong I64 =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final Path path;
  private final MemorySegment bytes;
  private final Lifetime lifetime;

  ByteSource(Path path, MemorySegment bytes, Lifetime lifetime) {
    this.path = path;
    this.bytes = bytes.asReadOnly();
    this.lifetime = lifetime;
  }

  Path path() {
    return path;
  }

  Lifetime lifetime() {
    return lifetime;
  }

  long size() {
    return bytes.byteSize();
  }

  byte i8(long offset) {
    lifetime.requireOpen();
    try {
      return bytes.get(ValueLayout.JAVA_BYTE, offset);
    } catch (IllegalStateException e) {
      throw lifetime.closedError();
    } catch (InternalError e) {
      throw MappedFile.changedError(path);
    }
  }

  short i16(long offset) {
    lifetime.requireOpen();
    try {
      return bytes.get(I16, offset);
    } catch (IllegalStateException e) {
      throw lifetime.closedError();
    } catch (InternalError e) {
      throw MappedFile.changedError(path);
    }
  }

  int i32(long offset) {
    lifetime.requireOpen();
    try {
      return bytes.get(I32, offset);
    } catch (IllegalStateException e) {
      throw lifetime.closedError();
    } catch (InternalError e) {
      throw MappedFile.changedError(path);
    }
  }

  long i64(long offset) {
    lifetime.requireOpen();
    try {
      return bytes.get(I64, offset);
    } catch (IllegalStateException e) {
      throw lifetime.closedError();
    } catch (InternalError e) {
      throw MappedFile.changedError(path);
    }
  }

  MemorySegment slice(long offset, long length) {
    lifetime.requireOpen();
    return bytes.asSlice(offset, length);
  }

  byte[] copy(long offset, long length) {
    MemorySegment slice = slice(offset, length);
    try {
      return slice.toArray(ValueLayout.JAVA_BYTE);
    } catch (IllegalStateException e) {
      throw lifetime.closedError();
    } catch (InternalError e) {
      throw MappedFile.changedError(path);
    }
  }

  /** Copies {@code length} bytes to the beginning of {@code into}. */
  void copy(long offset, byte[] into, int length) {
    lifetime.requireOpen();
    try {
      MemorySegment.copy(bytes, ValueLayout.JAVA_BYTE, offset, into, 0, length);
    } catch (IllegalStateException e) {
      throw lifetime.closedError();
    } catch (InternalError e) {
      throw MappedFile.changedError(path);
    }
  }

  /** A string. Invalid UTF-8 is replaced by U+FFFD. */
  String string(long offset, long length) {
    return new String(copy(offset, length), StandardCharsets.UTF_8);
  }

  /** The bits of a scalar: integers sign- or zero-extended, floats as IEEE 754 bits. */
  long bits(GgufValueType type, long offset) {
    return switch (type) {
      case U8, BOOL -> i8(offset) & 0xffL;
      case I8 -> i8(offset);
      case U16 -> i16(offset) & 0xffffL;
      case I16 -> i16(offset);
      case U32 -> i32(offset) & 0xffff_ffffL;
      case I32, F32 -> i32(offset);
      case U64, I64, F64 -> i64(offset);
      case STRING, ARRAY -> throw new IllegalArgumentException(type.shortName());
    };
  }

  ModelFileException error(String subject, String expected) {
    return new ModelFileException(path, subject, expected);
  }
}
