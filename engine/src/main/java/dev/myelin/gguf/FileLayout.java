package dev.myelin.gguf;

import dev.myelin.error.InvalidRequestException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;

/** One file about to be written: its header's bytes and where each tensor goes. */
final class FileLayout {
  private final int alignment;
  private final byte[] header;
  private final List<GgufWriter.OutgoingTensor> tensors;
  private final long size;

  FileLayout(
      int version,
      int alignment,
      Map<String, byte[]> values,
      List<GgufWriter.OutgoingTensor> tensors) {
    this.alignment = alignment;
    this.tensors = tensors;
    ValueWriter out = new ValueWriter();
    out.i32(HeaderReader.MAGIC).i32(version).i64(tensors.size()).i64(values.size());
    values.forEach((key, value) -> out.string(key).raw(value));
    long offset = 0;
    for (GgufWriter.OutgoingTensor tensor : tensors) {
      out.string(tensor.name()).i32(tensor.shape().size());
      tensor.shape().forEach(out::i64);
      out.i32(tensor.type().id()).i64(offset);
      offset = align(Math.addExact(offset, tensor.bytes()));
    }
    this.header = out.toBytes();
    this.size = tensors.isEmpty() ? header.length : Math.addExact(align(header.length), offset);
  }

  /** Bytes of the whole file, which ends at a multiple of the alignment where it has tensors. */
  long size() {
    return size;
  }

  /** Takes the bytes of a file, from any thread. */
  @FunctionalInterface
  interface Target {
    void write(long position, MemorySegment piece) throws IOException;
  }

  /** Writes the file, tensor by tensor. */
  void writeTo(Target out) throws IOException {
    out.write(0, MemorySegment.ofArray(header));
    if (tensors.isEmpty()) {
      return;
    }
    long at = pad(out, header.length);
    for (GgufWriter.OutgoingTensor tensor : tensors) {
      Counting counting = new Counting(tensor, at, out);
      tensor.data().writeTo(counting);
      counting.finish();
      at = pad(out, at + tensor.bytes());
    }
  }

  /** Fills up to a multiple of the alignment, and returns where that is. */
  private long pad(Target out, long end) throws IOException {
    long aligned = align(end);
    if (aligned > end) {
      out.write(end, MemorySegment.ofArray(new byte[(int) (aligned - end)]));
    }
    return aligned;
  }

  private long align(long at) {
    return Math.addExact(at, alignment - 1) & -(long) alignment;
  }

  /** Stops a source that writes more than its tensor has. */
  private static final class Counting implements DataSource.Sink {
    private final GgufWriter.OutgoingTensor tensor;
    private final long start;
    private final Target out;
    private final AtomicLong written = new AtomicLong();
    private long next;

    Counting(GgufWriter.OutgoingTensor tensor, long start, Target out) {
      this.tensor = tensor;
      this.start = start;
      this.out = out;
    }

    @Override
    public void write(MemorySegment piece) throws IOException {
      writeAt(next, piece);
      next += piece.byteSize();
    }

    @Override
    public void writeAt(long offset, MemorySegment piece) throws IOException {
      long bytes = piece.byteSize();
      if (offset < 0 || offset > tensor.bytes() || bytes > tensor.bytes() - offset) {
        throw wrong(offset + bytes);
      }
      out.write(start + offset, piece);
      written.addAndGet(bytes);
    }

    void finish() {
      if (written.get() != tensor.bytes()) {
        throw wrong(written.get());
      }
    }

    private InvalidRequestException wrong(long bytes) {
      return new InvalidRequestException(
          "tensor "
              + tensor.name()
              + ": its source wrote "
              + bytes
              + " bytes, expected "
              + tensor.bytes());
    }
  }
}
