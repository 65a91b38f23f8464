package dev.myelin.gguf;

import java.io.IOException;
import java.lang.foreign.MemorySegment;

/**
 * Produces the data of a tensor in chunks, so that writing a large tensor needs little memory.
 * Confined to one thread at a time.
 */
@FunctionalInterface
public interface DataSource {
  /**
   * Writes the bytes of the tensor in chunks of any size, in total exactly as many as its shape and
   * type require. Called once for each file written.
   */
  void writeTo(Sink sink) throws IOException;

  /**
   * Receives the chunks, either all in order or all with an offset. A chunk may be reused as soon
   * as the call returns.
   */
  interface Sink {
    /** Appends a chunk. */
    void write(MemorySegment chunk) throws IOException;

    /**
     * Writes a chunk that begins at byte {@code offset} of the tensor. Any thread, any order, each
     * byte once.
     */
    void writeAt(long offset, MemorySegment chunk) throws IOException;
  }

  /** The bytes of a segment. It must stay alive until the file is written. */
  static DataSource of(MemorySegment bytes) {
    return sink -> sink.write(bytes);
  }
}
