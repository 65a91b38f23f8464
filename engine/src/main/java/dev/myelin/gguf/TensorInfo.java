package dev.myelin.gguf;

import java.util.List;

/**
 * The name, type, shape and location of a tensor. Validated when the file is opened: every
 * dimension is at least 1, rows are whole blocks, and the data is inside the file. Immutable and
 * thread-safe.
 *
 * @param name at most 63 bytes of UTF-8
 * @param shape 1 to 4 dimensions in ggml's order: {@code shape.get(0)} is the row length in
 *     elements
 * @param part index of the part that holds it; 0 if there is only one file
 * @param offset of its first byte from the start of that file
 * @param bytes size in bytes
 */
public record TensorInfo(
    String name, GgmlType type, List<Long> shape, int part, long offset, long bytes) {

  public TensorInfo {
    shape = List.copyOf(shape);
  }

  /** The number of elements. */
  public long elements() {
    long elements = 1;
    for (long dim : shape) {
      elements *= dim;
    }
    return elements;
  }

  /** Dimension {@code i}; 0 is the row length. 1 if {@code i} is not less than the rank. */
  public long dim(int i) {
    return i < shape.size() ? shape.get(i) : 1;
  }

  /** The number of dimensions in the file. */
  public int rank() {
    return shape.size();
  }
}
