package dev.myelin.gguf;

import java.io.IOException;
import java.lang.foreign.MemorySegment;

/** Produces a tensor's data piece by piece, so that a large one needs little memory to write. */
@FunctionalInterface
public interface DataSource {
  /**
   * Writes the tensor's bytes in order, in pieces of any size, and exactly as many as its shape and
   * type say. Called once for each file written.
   */
  void writeTo(Sink sink) throws IOException;

  /**
   * Where the pieces go, one after the other or each to its place, but not both. A piece may be
   * reused as soon as the call returns.
   */
  interface Sink {
    /** Appends a piece. */
    void write(MemorySegment chunk) throws IOException;

    /**
     * Writes a piece that begins at {@code offset} bytes of the tensor, from any thread and in any
     * order; every byte once.
     */
    void writeAt(long offset, MemorySegment chunk) throws IOException;
  }

  /** The bytes of a segment, which must stay alive until the file is written. */
  static DataSource of(MemorySegment bytes) {
    return sink -> sink.write(bytes);
  }
}
