package dev.myelin.state;

import dev.myelin.graph.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * What is in the pages of one class: of each state the keys of all heads, then the values. Copying
 * is thread-safe while nobody writes to the page.
 *
 * @param tensors [size, cells, kvHeads] each
 */
record PageContents(List<Tensor> tensors) {
  PageContents {
    tensors = List.copyOf(tensors);
  }

  private static long bytesOfHead(Tensor t) {
    return PageTable.PAGE * t.stride(1);
  }

  /** Bytes of a page. */
  long bytes() {
    long sum = 0;
    for (Tensor t : tensors) {
      sum += bytesOfHead(t) * t.dim(2);
    }
    return sum;
  }

  /** Copies a page to another. */
  void copy(int from, int to) {
    for (Tensor t : tensors) {
      MemorySegment data = t.data();
      long bytes = bytesOfHead(t);
      for (long head = 0; head < t.dim(2); head++) {
        long start = head * t.stride(2);
        MemorySegment.copy(data, start + from * bytes, data, start + to * bytes, bytes);
      }
    }
  }

  /**
   * Copies a page to {@code to}.
   *
   * @param rows its positions that are in use; the others become zeros
   */
  void read(int page, int rows, MemorySegment to) {
    long at = 0;
    for (Tensor t : tensors) {
      MemorySegment data = t.data();
      long bytes = bytesOfHead(t);
      long used = rows * t.stride(1);
      for (long head = 0; head < t.dim(2); head++) {
        MemorySegment.copy(data, head * t.stride(2) + page * bytes, to, at, used);
        to.asSlice(at + used, bytes - used).fill((byte) 0);
        at += bytes;
      }
    }
  }

  /** Fills a page with what {@link #read} has copied. */
  void write(int page, MemorySegment from) {
    long at = 0;
    for (Tensor t : tensors) {
      MemorySegment data = t.data();
      long bytes = bytesOfHead(t);
      for (long head = 0; head < t.dim(2); head++) {
        MemorySegment.copy(from, at, data, head * t.stride(2) + page * bytes, bytes);
        at += bytes;
      }
    }
  }
}
