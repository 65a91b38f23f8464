package dev.myelin.gguf;

import dev.myelin.error.InvalidRequestException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Map;

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

  /** Writes the file from front to back. */
  void writeTo(DataSource.Sink out) throws IOException {
    out.write(MemorySegment.ofArray(header));
    if (!tensors.isEmpty()) {
      pad(out, header.length);
    }
    for (GgufWriter.OutgoingTensor tensor : tensors) {
      data(tensor, out);
      pad(out, tensor.bytes());
    }
  }

  private static void data(GgufWriter.OutgoingTensor tensor, DataSource.Sink out)
      throws IOException {
    Counting counting = new Counting(tensor, out);
    tensor.data().writeTo(counting);
    if (counting.written != tensor.bytes()) {
      throw counting.wrong(counting.written);
    }
  }

  private void pad(DataSource.Sink out, long written) throws IOException {
    long missing = align(written) - written;
    if (missing > 0) {
      out.write(MemorySegment.ofArray(new byte[(int) missing]));
    }
  }

  private long align(long at) {
    return Math.addExact(at, alignment - 1) & -(long) alignment;
  }

  /** Stops a source that writes more than its tensor has. */
  private static final class Counting implements DataSource.Sink {
    private final GgufWriter.OutgoingTensor tensor;
    private final DataSource.Sink out;
    private long written;

    Counting(GgufWriter.OutgoingTensor tensor, DataSource.Sink out) {
      this.tensor = tensor;
      this.out = out;
    }

    @Override
    public void write(MemorySegment piece) throws IOException {
      if (piece.byteSize() > tensor.bytes() - written) {
        throw wrong(written + piece.byteSize());
      }
      out.write(piece);
      written += piece.byteSize();
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
