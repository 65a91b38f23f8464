package dev.myelin.gguf;

import java.io.ByteArrayOutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Builds GGUF files byte by byte, malformed ones too. Nothing is validated. */
final class RawGguf {
  static final int U8 = 0;
  static final int U32 = 4;
  static final int I32 = 5;
  static final int BOOL = 7;
  static final int STRING = 8;
  static final int ARRAY = 9;
  static final int U64 = 10;

  private byte[] magic = {'G', 'G', 'U', 'F'};
  private int version = 3;
  private Long tensorCount;
  private Long keyCount;
  private final List<byte[]> keys = new ArrayList<>();
  private final List<byte[]> tensors = new ArrayList<>();
  private int padTo = 32;
  private int dataBytes;

  /** Little-endian bytes, appended. */
  static final class Bytes {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    Bytes u8(int... values) {
      for (int value : values) {
        out.write(value);
      }
      return this;
    }

    Bytes i32(long value) {
      byte[] bytes =
          ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt((int) value).array();
      out.writeBytes(bytes);
      return this;
    }

    Bytes i64(long... values) {
      for (long value : values) {
        out.writeBytes(
            ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(value).array());
      }
      return this;
    }

    Bytes str(String text) {
      return bytes(text.getBytes(StandardCharsets.UTF_8));
    }

    /** Bytes preceded by their length. */
    Bytes bytes(byte[] bytes) {
      i64(bytes.length);
      out.writeBytes(bytes);
      return this;
    }

    Bytes zeros(int count) {
      out.writeBytes(new byte[count]);
      return this;
    }

    byte[] get() {
      return out.toByteArray();
    }
  }

  static Bytes bytes() {
    return new Bytes();
  }

  /** A valid file: four keys, two tensors ("a", 32 bytes of F32; "b", 36 bytes of Q4_0). */
  static RawGguf valid() {
    return keysOnly()
        .tensor(bytes().str("a").i32(1).i64(8).i32(0).i64(0))
        .tensor(bytes().str("b").i32(2).i64(32, 2).i32(2).i64(32))
        .data(32 + 36);
  }

  /** The valid file without tensors. */
  static RawGguf keysOnly() {
    return new RawGguf()
        .key(bytes().str("general.architecture").i32(STRING).str("llama"))
        .key(bytes().str("llama.block_count").i32(U32).i32(2))
        .key(bytes().str("flag").i32(BOOL).u8(1))
        .key(bytes().str("words").i32(ARRAY).i32(STRING).i64(2).str("ab").str(""));
  }

  /** The valid file with one more key. */
  static RawGguf withKey(Bytes key) {
    return valid().key(key);
  }

  /** The keys of the valid file, one tensor, and that many bytes of data. */
  static RawGguf withTensor(Bytes tensor, int dataBytes) {
    return keysOnly().tensor(tensor).data(dataBytes);
  }

  RawGguf magic(String text) {
    magic = text.getBytes(StandardCharsets.ISO_8859_1);
    return this;
  }

  RawGguf version(int version) {
    this.version = version;
    return this;
  }

  RawGguf tensorCount(long count) {
    this.tensorCount = count;
    return this;
  }

  RawGguf keyCount(long count) {
    this.keyCount = count;
    return this;
  }

  RawGguf key(Bytes key) {
    keys.add(key.get());
    return this;
  }

  RawGguf tensor(Bytes tensor) {
    tensors.add(tensor.get());
    return this;
  }

  /** Sets the number of bytes after the header and its padding. */
  RawGguf data(int bytes) {
    this.dataBytes = bytes;
    return this;
  }

  RawGguf padTo(int alignment) {
    this.padTo = alignment;
    return this;
  }

  byte[] header() {
    Bytes out = new Bytes();
    out.out.writeBytes(magic);
    out.i32(version);
    out.i64(tensorCount == null ? tensors.size() : tensorCount);
    out.i64(keyCount == null ? keys.size() : keyCount);
    keys.forEach(out.out::writeBytes);
    tensors.forEach(out.out::writeBytes);
    return out.get();
  }

  byte[] build() {
    Bytes out = new Bytes();
    byte[] header = header();
    out.out.writeBytes(header);
    if (!tensors.isEmpty()) {
      out.zeros((padTo - header.length % padTo) % padTo);
      out.zeros(dataBytes);
    }
    return out.get();
  }

  /** The file without its last {@code bytes} bytes. */
  byte[] truncated(int bytes) {
    byte[] file = build();
    return java.util.Arrays.copyOf(file, file.length - bytes);
  }

  /** A native copy of exactly the size of the file. */
  static MemorySegment segment(byte[] file) {
    return Arena.ofAuto()
        .allocate(Math.max(1, file.length))
        .asSlice(0, file.length)
        .copyFrom(MemorySegment.ofArray(file));
  }
}
