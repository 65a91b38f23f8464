package dev.myelin.gguf;

import java.util.List;

/**
 * Where a tensor's data lies and how to read it. Checked when the file is opened: every dimension
 * is at least 1, rows are whole blocks, and the data lie inside the file.
 *
 * @param name at most 63 bytes of UTF-8
 * @param shape one to four dimensions in ggml's order: {@code shape.get(0)} is the row length, in
 *     elements
 * @param part index of the file that holds it, 0 where there is only one
 * @param offset of its first byte from the start of that file
 * @param bytes how many bytes it takes
 */
public record TensorInfo(
    String name, GgmlType type, List<Long> shape, int part, long offset, long bytes) {

  public TensorInfo {
    shape = List.copyOf(shape);
  }

  /** How many elements it has. */
  public long elements() {
    long elements = 1;
    for (long dim : shape) {
      elements *= dim;
    }
    return elements;
  }

  /** Size of dimension {@code i}, counted from the row length on; 1 beyond the rank. */
  public long dim(int i) {
    return i < shape.size() ? shape.get(i) : 1;
  }

  /** Its rank: how many dimensions the file gives it. */
  public int rank() {
    return shape.size();
  }
}
