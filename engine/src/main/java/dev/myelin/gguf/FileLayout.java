package dev.myelin.gguf;

import dev.myelin.error.InvalidRequestException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;

/** The layout of one output file: the bytes of its header and the position of each tensor. */
final class FileLayout {
  private final int alignment;
  private final byte[] header;
  private final List<GgufWriter.PendingTensor> tensors;
  private final long size;

  FileLayout(
      int version,
      int alignment,
      Map<String, byte[]> values,
      List<GgufWriter.PendingTensor> tensors) {
    this.alignment = alignment;
    this.tensors = tensors;
    ValueWriter out = new ValueWriter();
    out.i32(HeaderReader.MAGIC).i32(version).i64(tensors.size()).i64(values.size());
    values.forEach((key, value) -> out.string(key).rawBytes(value));
    long offset = 0;
    for (GgufWriter.PendingTensor tensor : tensors) {
      out.string(tensor.name()).i32(tensor.shape().size());
      tensor.shape().forEach(out::i64);
      out.i32(tensor.type().id()).i64(offset);
      offset = align(Math.addExact(offset, tensor.bytes()));
    }
    this.header = out.toBytes();
    this.size = tensors.isEmpty() ? header.length : Math.addExact(align(header.length), offset);
  }

  /** The size of the file in bytes. If it has tensors, a multiple of the alignment. */
  long size() {
    return size;
  }

  /** Receives the bytes of a file, from any thread. */
  @FunctionalInterface
  interface Output {
    void write(long position, MemorySegment chunk) throws IOException;
  }

  /** Writes the header, then each tensor. */
  void writeTo(Output out) throws IOException {
    out.write(0, MemorySegment.ofArray(header));
    if (tensors.isEmpty()) {
      return;
    }
    long position = pad(out, header.length);
    for (GgufWriter.PendingTensor tensor : tensors) {
      TensorSink sink = new TensorSink(tensor, position, out);
      tensor.data().writeTo(sink);
      sink.requireComplete();
      position = pad(out, position + tensor.bytes());
    }
  }

  /** Pads with zeros to a multiple of the alignment, and returns that position. */
  private long pad(Output out, long end) throws IOException {
    long aligned = align(end);
    if (aligned > end) {
      out.write(end, MemorySegment.ofArray(new byte[(int) (aligned - end)]));
    }
    return aligned;
  }

  private long align(long position) {
    return Math.addExact(position, alignment - 1) & -(long) alignment;
  }

  /** Writes one tensor, and rejects a source that writes too many or too few bytes. */
  private static final class TensorSink implements DataSource.Sink {
    private final GgufWriter.PendingTensor tensor;
    private final long start;
    private final Output out;
    private final AtomicLong written = new AtomicLong();
    private long position;

    TensorSink(GgufWriter.PendingTensor tensor, long start, Output out) {
      this.tensor = tensor;
      this.start = start;
      this.out = out;
    }

    @Override
    public void write(MemorySegment chunk) throws IOException {
      writeAt(position, chunk);
      position += chunk.byteSize();
    }

    @Override
    public void writeAt(long offset, MemorySegment chunk) throws IOException {
      long bytes = chunk.byteSize();
      if (offset < 0 || offset > tensor.bytes() || bytes > tensor.bytes() - offset) {
        throw sizeError(offset + bytes);
      }
      out.write(start + offset, chunk);
      written.addAndGet(bytes);
    }

    void requireComplete() {
      if (written.get() != tensor.bytes()) {
        throw sizeError(written.get());
      }
    }

    private InvalidRequestException sizeError(long actualBytes) {
      return new InvalidRequestException(
          "tensor "
              + tensor.name()
              + ": its source wrote "
              + actualBytes
              + " bytes, expected "
              + tensor.bytes());
    }
  }
}
