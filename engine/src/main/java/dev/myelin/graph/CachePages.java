package dev.myelin.graph;

import dev.myelin.error.MyelinException;
import dev.myelin.gguf.GgmlType;
import dev.myelin.natives.KernelInfo;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Two inputs of a graph that say which cells of a cache a token attends to: the page table and the
 * ranges. A page is {@link #pageCells} positions; position i is in slot i % pageCells of page i /
 * pageCells.
 *
 * @param table i32 [pages]: the first cell of each page, -1 for one that is not held
 * @param ranges i32 [2, tokens]: the first position that a token sees, and the one after the last
 */
public record CachePages(Tensor table, Tensor ranges) {
  /** Adds the inputs {@code name_pages} and {@code name_ranges}. */
  public static CachePages input(GraphBuilder g, String name, long pages, long tokens) {
    return new CachePages(
        g.input(name + "_pages", GgmlType.I32, pages),
        g.input(name + "_ranges", GgmlType.I32, 2, tokens));
  }

  /** Positions of a page. */
  public static int pageCells() {
    return KernelInfo.pageCells();
  }

  /**
   * Fills the inputs of a graph.
   *
   * @param firstCells of each page
   * @param used pages; the others of the graph are not held
   * @param ranges begin and end of each token
   * @param cells of the cache
   * @throws MyelinException if a page is not inside the cache, or a range not inside held pages;
   *     native code relies on it
   */
  public static void fill(
      Graph graph, String name, int[] firstCells, int used, int[] ranges, long cells) {
    MemorySegment table = graph.input(name + "_pages");
    MemorySegment spans = graph.input(name + "_ranges");
    int pages = (int) (table.byteSize() / Integer.BYTES);
    if (used > pages || (long) ranges.length * Integer.BYTES != spans.byteSize()) {
      throw new MyelinException(
          "attention: %s pages and %s ranges, the graph %s has %s and %s"
              .formatted(used, ranges.length / 2, name, pages, spans.byteSize() / 8));
    }
    int[] held = new int[used + 1];
    for (int i = 0; i < used; i++) {
      int cell = firstCells[i];
      if (cell < -1 || cell > cells - pageCells()) {
        throw new MyelinException("attention: page %s at cell %s of %s".formatted(i, cell, cells));
      }
      held[i + 1] = held[i] + (cell >= 0 ? 1 : 0);
      table.setAtIndex(ValueLayout.JAVA_INT, i, cell);
    }
    table.asSlice((long) used * Integer.BYTES).fill((byte) -1);
    for (int i = 0; i < ranges.length; i += 2) {
      checkRange(ranges[i], ranges[i + 1], held);
    }
    MemorySegment.copy(ranges, 0, spans, ValueLayout.JAVA_INT, 0, ranges.length);
  }

  /**
   * @param held the number of pages before each that are held
   */
  private static void checkRange(int begin, int end, int[] held) {
    boolean isInside = 0 <= begin && begin <= end && end <= (long) (held.length - 1) * pageCells();
    if (isInside && begin < end) {
      int first = begin / pageCells();
      int last = (end - 1) / pageCells();
      isInside = held[last + 1] - held[first] == last + 1 - first;
    }
    if (!isInside) {
      throw new MyelinException(
          "attention: a token sees positions %s to %s, which are not all in the cache"
              .formatted(begin, end - 1));
    }
  }
}
