package dev.myelin.snapshot;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;

/** Memory in pieces that fit into a buffer. */
final class Chunks {
  static final long BYTES = 1 << 26;

  private Chunks() {}

  /** The bytes from {@code at} on, at most {@link #BYTES}. */
  static ByteBuffer of(MemorySegment bytes, long at) {
    return bytes.asSlice(at, Math.min(BYTES, bytes.byteSize() - at)).asByteBuffer();
  }
}
