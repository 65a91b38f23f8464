package dev.myelin.gguf;

import dev.myelin.error.ModelFileException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * The bytes of one file, little endian. Reading outside of them throws, and so does reading them
 * after the file was closed, whichever thread closed it, or was cut short: the JVM reports a
 * missing page of a mapping as an {@link InternalError}.
 */
final class Source {
  private static final ValueLayout.OfShort I16 =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfInt I32 =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfLong I64 =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final Path path;
  private final MemorySegment bytes;
  private final Lifetime lifetime;

  Source(Path path, MemorySegment bytes, Lifetime lifetime) {
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

  byte i8(long at) {
    lifetime.check();
    try {
      return bytes.get(ValueLayout.JAVA_BYTE, at);
    } catch (IllegalStateException e) {
      throw lifetime.closed();
    } catch (InternalError e) {
      throw MappedFile.changed(path);
    }
  }

  short i16(long at) {
    lifetime.check();
    try {
      return bytes.get(I16, at);
    } catch (IllegalStateException e) {
      throw lifetime.closed();
    } catch (InternalError e) {
      throw MappedFile.changed(path);
    }
  }

  int i32(long at) {
    lifetime.check();
    try {
      return bytes.get(I32, at);
    } catch (IllegalStateException e) {
      throw lifetime.closed();
    } catch (InternalError e) {
      throw MappedFile.changed(path);
    }
  }

  long i64(long at) {
    lifetime.check();
    try {
      return bytes.get(I64, at);
    } catch (IllegalStateException e) {
      throw lifetime.closed();
    } catch (InternalError e) {
      throw MappedFile.changed(path);
    }
  }

  MemorySegment slice(long at, long length) {
    lifetime.check();
    return bytes.asSlice(at, length);
  }

  byte[] copy(long at, long length) {
    MemorySegment slice = slice(at, length);
    try {
      return slice.toArray(ValueLayout.JAVA_BYTE);
    } catch (IllegalStateException e) {
      throw lifetime.closed();
    } catch (InternalError e) {
      throw MappedFile.changed(path);
    }
  }

  /** Fills the beginning of {@code into}. */
  void copy(long at, byte[] into, int length) {
    lifetime.check();
    try {
      MemorySegment.copy(bytes, ValueLayout.JAVA_BYTE, at, into, 0, length);
    } catch (IllegalStateException e) {
      throw lifetime.closed();
    } catch (InternalError e) {
      throw MappedFile.changed(path);
    }
  }

  /** Text of which invalid UTF-8 is replaced. */
  String text(long at, long length) {
    return new String(copy(at, length), StandardCharsets.UTF_8);
  }

  /** The bits of a value of a fixed size: integers sign- or zero-extended, floats as they are. */
  long bits(GgufValueType type, long at) {
    return switch (type) {
      case U8, BOOL -> i8(at) & 0xffL;
      case I8 -> i8(at);
      case U16 -> i16(at) & 0xffffL;
      case I16 -> i16(at);
      case U32 -> i32(at) & 0xffff_ffffL;
      case I32, F32 -> i32(at);
      case U64, I64, F64 -> i64(at);
      case STRING, ARRAY -> throw new IllegalArgumentException(type.shortName());
    };
  }

  ModelFileException bad(String subject, String expected) {
    return new ModelFileException(path, subject, expected);
  }
}
