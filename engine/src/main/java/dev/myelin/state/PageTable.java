package dev.myelin.state;

import java.util.Arrays;

/**
 * Which cells of a cache hold which positions: for all states of one window and scope. Position i
 * is in slot i % 64 of its page, and pages follow each other in a ring: with a window, a new page
 * overwrites the oldest one. Confined to one thread at a time.
 */
public final class PageTable {
  /** Positions of a page. */
  public static final int PAGE = 64;

  private final int pages;
  private final int[] firstCells;
  private int written;

  /**
   * @param pages of the ring
   * @param length maximum number of positions
   */
  PageTable(int pages, int length) {
    this.pages = pages;
    firstCells = new int[Math.ceilDiv(length, PAGE)];
    Arrays.fill(firstCells, -1);
  }

  /** The cells of the ring. */
  public int cells() {
    return pages * PAGE;
  }

  /** The cell of a position. */
  public int cell(int position) {
    return position / PAGE % pages * PAGE + position % PAGE;
  }

  /** The number of entries of {@link #firstCells}. */
  public int entries() {
    return firstCells.length;
  }

  /** The first cell of each page of positions, -1 for one that is not held. Not to be changed. */
  public int[] firstCells() {
    return firstCells;
  }

  /** Holds the pages of positions up to {@code end}, which a pass writes. */
  void write(int end) {
    if (end <= written) {
      return;
    }
    int last = (end - 1) / PAGE;
    int next = written == 0 ? 0 : (written - 1) / PAGE + 1;
    for (int page = Math.max(next, last - pages + 1); page <= last; page++) {
      firstCells[page] = page % pages * PAGE;
    }
    for (int page = Math.max(0, next - pages); page <= last - pages; page++) {
      firstCells[page] = -1;
    }
    written = end;
  }

  /** Whether the positions from {@code begin} on, up to {@code end}, are held. */
  boolean holds(int begin, int end) {
    if (end > written) {
      return false;
    }
    for (int page = begin / PAGE; begin < end && page <= (end - 1) / PAGE; page++) {
      if (firstCells[page] < 0) {
        return false;
      }
    }
    return true;
  }

  /** Drops all positions. */
  void clear() {
    Arrays.fill(firstCells, -1);
    written = 0;
  }
}
