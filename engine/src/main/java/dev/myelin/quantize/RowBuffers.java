package dev.myelin.quantize;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** The growing buffers of one worker: the rows read, their f32 values, the rows to write. */
final class RowBuffers {
  private static final long ALIGNMENT = 64;

  private final Arena arena;
  private final MemorySegment scratch;
  private MemorySegment in = MemorySegment.NULL;
  private MemorySegment floats = MemorySegment.NULL;
  private MemorySegment out = MemorySegment.NULL;

  /**
   * @param arena the shared arena of all workers
   */
  RowBuffers(Arena arena) {
    this.arena = arena;
    this.scratch = arena.allocate(ValueLayout.JAVA_LONG);
  }

  /** Eight bytes for the result of a native function. */
  MemorySegment scratch() {
    return scratch;
  }

  MemorySegment in(long bytes) {
    in = grow(in, bytes);
    return in.asSlice(0, bytes);
  }

  MemorySegment floats(long elements) {
    floats = grow(floats, elements * Float.BYTES);
    return floats.asSlice(0, elements * Float.BYTES);
  }

  MemorySegment out(long bytes) {
    out = grow(out, bytes);
    return out.asSlice(0, bytes);
  }

  private MemorySegment grow(MemorySegment buffer, long bytes) {
    return buffer.byteSize() >= bytes ? buffer : arena.allocate(bytes, ALIGNMENT);
  }
}
