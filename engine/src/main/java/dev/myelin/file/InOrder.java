package dev.myelin.file;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.util.TreeMap;

/**
 * Pieces for a pipe, which has no positions: those that come too early wait for the ones before
 * them. Several threads may write.
 */
final class InOrder {
  private final WritableByteChannel out;
  private final TreeMap<Long, ByteBuffer> waiting = new TreeMap<>();
  private long next;

  InOrder(WritableByteChannel out) {
    this.out = out;
  }

  synchronized void write(ByteBuffer bytes, long position) throws IOException {
    if (position != next) {
      waiting.put(position, ByteBuffer.allocate(bytes.remaining()).put(bytes).flip());
      return;
    }
    pass(bytes);
    while (!waiting.isEmpty() && waiting.firstKey() == next) {
      pass(waiting.pollFirstEntry().getValue());
    }
  }

  private void pass(ByteBuffer bytes) throws IOException {
    next += bytes.remaining();
    while (bytes.hasRemaining()) {
      out.write(bytes);
    }
  }
}
