package dev.myelin.file;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.util.TreeMap;

/**
 * Writes chunks to a pipe in the order of their positions: a chunk that arrives early waits for
 * those before it. Thread-safe.
 */
final class ReorderBuffer {
  private final WritableByteChannel out;
  private final TreeMap<Long, ByteBuffer> pending = new TreeMap<>();
  private long next;

  ReorderBuffer(WritableByteChannel out) {
    this.out = out;
  }

  synchronized void write(ByteBuffer bytes, long position) throws IOException {
    if (position != next) {
      pending.put(position, ByteBuffer.allocate(bytes.remaining()).put(bytes).flip());
      return;
    }
    writeNext(bytes);
    while (!pending.isEmpty() && pending.firstKey() == next) {
      writeNext(pending.pollFirstEntry().getValue());
    }
  }

  private void writeNext(ByteBuffer bytes) throws IOException {
    next += bytes.remaining();
    while (bytes.hasRemaining()) {
      out.write(bytes);
    }
  }
}
