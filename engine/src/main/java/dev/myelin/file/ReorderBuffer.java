package dev.myelin.file;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.util.TreeMap;

/**
 * Pieces for a pipe, which has no positions: those that come too early wait for the ones before
 * them. Several threads may write.
 */
final class ReorderBuffer {
  private final WritableByteChannel out;
  private final TreeMap<Long, ByteBuffer> pending = new TreeMap<>();
  private long position;

  ReorderBuffer(WritableByteChannel out) {
    this.out = out;
  }

  synchronized void write(ByteBuffer bytes, long position) throws IOException {
    if (position != position) {
      pending.put(position, ByteBuffer.allocate(bytes.remaining()).put(bytes).flip());
      return;
    }
    writeNext(bytes);
    while (!pending.isEmpty() && pending.firstKey() == position) {
      writeNext(pending.pollFirstEntry().getValue());
    }
  }

  private void writeNext(ByteBuffer bytes) throws IOException {
    position += bytes.remaining();
    while (bytes.hasRemaining()) {
      out.write(bytes);
    }
  }
}
