package dev.myelin.gguf;

import dev.myelin.error.ModelFileException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Reads names, shapes, types and offsets of the tensors, and checks that no two overlap. */
final class TensorTableReader {
  /** A class, not a lambda: the first lambda of a process costs milliseconds of start-up time. */
  private static final Comparator<TensorInfo> BY_OFFSET =
      new Comparator<>() {
        @Override
        public int compare(TensorInfo a, TensorInfo b) {
          return Long.compare(a.offset(), b.offset());
        }
      };

  private final ByteSource source;
  private final Cursor cursor;
  private final int alignment;
  private final int part;

  TensorTableReader(ByteSource source, Cursor cursor, int alignment, int part) {
    this.source = source;
    this.cursor = cursor;
    this.alignment = alignment;
    this.part = part;
  }

  List<TensorInfo> read(int count) {
    List<TensorInfo> relative = new ArrayList<>();
    Set<String> names = new HashSet<>();
    for (int i = 0; i < count; i++) {
      TensorInfo tensor = readTensor(i);
      if (!names.add(tensor.name())) {
        throw source.error("tensor " + tensor.name(), "expected once, the file has it twice");
      }
      relative.add(tensor);
    }
    long dataOffset = align(cursor.position());
    List<TensorInfo> tensors = new ArrayList<>(relative.size());
    for (TensorInfo tensor : relative) {
      tensors.add(withFileOffset(tensor, dataOffset));
    }
    checkOverlaps(tensors);
    return List.copyOf(tensors);
  }

  /** A tensor whose offset is relative to the start of the data section. */
  private TensorInfo readTensor(int i) {
    cursor.startEntry("tensor", i);
    String name = cursor.name(Limits.MAX_NAME_BYTES);
    List<Long> shape = readShape();
    int typeId = cursor.i32("type");
    GgmlType type = GgmlType.ofId(typeId).orElse(null);
    if (type == null) {
      throw cursor.error(
          "type " + Integer.toUnsignedString(typeId), "expected a type that ggml 0.25.1 has");
    }
    if (shape.getFirst() % type.blockSize() != 0) {
      throw cursor.error(
          "row of " + shape.getFirst() + " elements of " + type.ggmlName(),
          "expected a multiple of " + type.blockSize());
    }
    long bytes = byteSize(shape, type);
    return new TensorInfo(name, type, shape, part, cursor.i64("offset"), bytes);
  }

  private List<Long> readShape() {
    int rank = cursor.i32("rank");
    if (rank < 0 || rank > Limits.MAX_RANK) {
      throw cursor.error(
          "rank " + Integer.toUnsignedString(rank), "expected at most " + Limits.MAX_RANK);
    }
    if (rank == 0) {
      return List.of(1L); // a scalar, as in ggml
    }
    Long[] dims = new Long[rank];
    for (int d = 0; d < rank; d++) {
      dims[d] = cursor.i64("dimension");
      if (dims[d] <= 0) {
        throw cursor.error(
            "dimension " + d + " = " + Long.toUnsignedString(dims[d]),
            "expected 1 to " + Long.MAX_VALUE);
      }
    }
    return List.of(dims);
  }

  private long byteSize(List<Long> shape, GgmlType type) {
    try {
      long elements = 1;
      for (long dim : shape) {
        elements = Math.multiplyExact(elements, dim);
      }
      return Math.multiplyExact(elements / type.blockSize(), (long) type.blockBytes());
    } catch (ArithmeticException e) {
      throw cursor.error("shape " + shape, "expected fewer than 2^63 elements and bytes");
    }
  }

  private TensorInfo withFileOffset(TensorInfo tensor, long dataOffset) {
    long offset = tensor.offset();
    if (offset < 0 || offset % alignment != 0) {
      throw error(
          tensor,
          "offset " + Long.toUnsignedString(offset),
          "expected a multiple of the alignment " + alignment);
    }
    long dataBytes = source.size() - dataOffset;
    if (offset > dataBytes || tensor.bytes() > dataBytes - offset) {
      throw error(
          tensor,
          tensor.bytes() + " bytes at data offset " + offset,
          "expected them inside the file, which has " + Math.max(0, dataBytes) + " bytes of data");
    }
    return new TensorInfo(
        tensor.name(), tensor.type(), tensor.shape(), part, dataOffset + offset, tensor.bytes());
  }

  private void checkOverlaps(List<TensorInfo> tensors) {
    List<TensorInfo> byOffset = new ArrayList<>(tensors);
    byOffset.sort(BY_OFFSET);
    for (int i = 1; i < byOffset.size(); i++) {
      TensorInfo before = byOffset.get(i - 1);
      TensorInfo after = byOffset.get(i);
      if (after.offset() < before.offset() + before.bytes()) {
        throw error(
            after, "offset " + after.offset(), "expected no overlap with tensor " + before.name());
      }
    }
  }

  private long align(long offset) {
    return (offset + alignment - 1) & -(long) alignment;
  }

  private ModelFileException error(TensorInfo tensor, String detail, String expected) {
    return source.error("tensor " + tensor.name() + ", " + detail, expected);
  }
}
