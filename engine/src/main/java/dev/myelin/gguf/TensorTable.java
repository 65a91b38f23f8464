package dev.myelin.gguf;

import dev.myelin.error.ModelFileException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Reads the tensors' names, shapes, types and places, and checks that each has its own bytes. */
final class TensorTable {
  /** A class, not a lambda: the first lambda of a process costs milliseconds of start-up. */
  private static final Comparator<TensorInfo> BY_OFFSET =
      new Comparator<>() {
        @Override
        public int compare(TensorInfo a, TensorInfo b) {
          return Long.compare(a.offset(), b.offset());
        }
      };

  private final Source source;
  private final Cursor cursor;
  private final int alignment;
  private final int part;

  TensorTable(Source source, Cursor cursor, int alignment, int part) {
    this.source = source;
    this.cursor = cursor;
    this.alignment = alignment;
    this.part = part;
  }

  List<TensorInfo> read(int count) {
    List<TensorInfo> relative = new ArrayList<>();
    Set<String> names = new HashSet<>();
    for (int i = 0; i < count; i++) {
      TensorInfo tensor = tensor(i);
      if (!names.add(tensor.name())) {
        throw source.bad("tensor " + tensor.name(), "expected once, the file has it twice");
      }
      relative.add(tensor);
    }
    long data = align(cursor.at());
    List<TensorInfo> tensors = new ArrayList<>(relative.size());
    for (TensorInfo tensor : relative) {
      tensors.add(place(tensor, data));
    }
    checkOverlaps(tensors);
    return List.copyOf(tensors);
  }

  /** A tensor whose offset still counts from the start of the data. */
  private TensorInfo tensor(int i) {
    cursor.reading("tensor", i);
    String name = cursor.name(Limits.NAME_BYTES);
    List<Long> shape = shape();
    int typeId = cursor.i32("type");
    GgmlType type = GgmlType.ofId(typeId).orElse(null);
    if (type == null) {
      throw cursor.bad(
          "type " + Integer.toUnsignedString(typeId), "expected a type that ggml 0.25.1 has");
    }
    if (shape.getFirst() % type.blockSize() != 0) {
      throw cursor.bad(
          "row of " + shape.getFirst() + " elements of " + type.ggmlName(),
          "expected a multiple of " + type.blockSize());
    }
    long bytes = bytes(shape, type);
    return new TensorInfo(name, type, shape, part, cursor.i64("offset"), bytes);
  }

  private List<Long> shape() {
    int rank = cursor.i32("rank");
    if (rank < 0 || rank > Limits.RANK) {
      throw cursor.bad("rank " + Integer.toUnsignedString(rank), "expected at most " + Limits.RANK);
    }
    if (rank == 0) {
      return List.of(1L); // a single number, as ggml takes it
    }
    Long[] dims = new Long[rank];
    for (int d = 0; d < rank; d++) {
      dims[d] = cursor.i64("dimension");
      if (dims[d] <= 0) {
        throw cursor.bad(
            "dimension " + d + " = " + Long.toUnsignedString(dims[d]),
            "expected 1 to " + Long.MAX_VALUE);
      }
    }
    return List.of(dims);
  }

  private long bytes(List<Long> shape, GgmlType type) {
    try {
      long elements = 1;
      for (long dim : shape) {
        elements = Math.multiplyExact(elements, dim);
      }
      return Math.multiplyExact(elements / type.blockSize(), (long) type.blockBytes());
    } catch (ArithmeticException e) {
      throw cursor.bad("shape " + shape, "expected fewer than 2^63 elements and bytes");
    }
  }

  private TensorInfo place(TensorInfo tensor, long data) {
    long offset = tensor.offset();
    if (offset < 0 || offset % alignment != 0) {
      throw bad(
          tensor,
          "offset " + Long.toUnsignedString(offset),
          "expected a multiple of the alignment " + alignment);
    }
    long room = source.size() - data;
    if (offset > room || tensor.bytes() > room - offset) {
      throw bad(
          tensor,
          tensor.bytes() + " bytes at data offset " + offset,
          "expected them within the file, which has " + Math.max(0, room) + " bytes of data");
    }
    return new TensorInfo(
        tensor.name(), tensor.type(), tensor.shape(), part, data + offset, tensor.bytes());
  }

  private void checkOverlaps(List<TensorInfo> tensors) {
    List<TensorInfo> byOffset = new ArrayList<>(tensors);
    byOffset.sort(BY_OFFSET);
    for (int i = 1; i < byOffset.size(); i++) {
      TensorInfo before = byOffset.get(i - 1);
      TensorInfo after = byOffset.get(i);
      if (after.offset() < before.offset() + before.bytes()) {
        throw bad(
            after, "offset " + after.offset(), "expected no overlap with tensor " + before.name());
      }
    }
  }

  private long align(long at) {
    return (at + alignment - 1) & -(long) alignment;
  }

  private ModelFileException bad(TensorInfo tensor, String detail, String expected) {
    return source.bad("tensor " + tensor.name() + ", " + detail, expected);
  }
}
