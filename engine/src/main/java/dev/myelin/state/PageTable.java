package dev.myelin.state;

import java.util.Arrays;

/**
 * The pages that hold the positions of one sequence, for all states of one class. Position i is in
 * slot i % 64 of its page. Confined to one thread at a time.
 */
public final class PageTable {
  /** Positions of a page. */
  public static final int PAGE = 64;

  private static final int NONE = -1;

  private final KvCache cache;
  private final PageClass kind;
  private final PagePool pool;
  private int[] pages = {};
  // pages [first, count) may be held
  private int first;
  private int count;

  PageTable(KvCache cache, PageClass kind) {
    this.cache = cache;
    this.kind = kind;
    pool = cache.pool(kind);
  }

  /** Pages that hold positions up to {@code end}. */
  static int pagesOf(int end) {
    return Math.ceilDiv(end, PAGE);
  }

  /** The cell of a position that is held. */
  public int cell(int position) {
    return firstCell(position / PAGE) + position % PAGE;
  }

  /** The first cell of a page of positions; -1 if it is not held. */
  public int firstCell(int page) {
    int held = page(page);
    return held == NONE ? NONE : held * PAGE;
  }

  /** The page of the pool that holds a page of positions, or -1. */
  int page(int index) {
    return index < count ? pages[index] : NONE;
  }

  /**
   * Makes positions [from, to) writable: takes new pages, and copies a page that others read.
   *
   * @throws dev.myelin.error.CapacityException if there are not enough pages; some may have been
   *     taken
   */
  void write(int from, int to) {
    for (int i = from / PAGE; i < pagesOf(to); i++) {
      int page = page(i);
      if (page == NONE) {
        put(i, cache.take(kind, pagesOf(to) - i));
      } else if (pool.isShared(page)) {
        int own = cache.takeInstead(kind, page);
        if (own != page) {
          cache.contents(kind).copy(page, own);
          pool.release(page);
          pages[i] = own;
        }
      }
    }
  }

  private void put(int index, int page) {
    if (index >= pages.length) {
      pages = Arrays.copyOf(pages, Math.max(index + 1, Math.min(2 * pages.length, 1 << 20)));
    }
    while (count <= index) {
      pages[count++] = NONE;
    }
    pages[index] = page;
    first = Math.min(first, index);
  }

  /**
   * Takes a page whose content will be filled in.
   *
   * @param needed how many the caller is about to take, for the message
   * @throws dev.myelin.error.CapacityException if there is none
   */
  void take(int index, int needed) {
    put(index, cache.take(kind, needed));
  }

  /** The first of the pages up to {@code end}, one after the other, that are all held. */
  int firstHeld(int end) {
    int index = end;
    while (index > 0 && page(index - 1) != NONE) {
      index--;
    }
    return index;
  }

  /** Reads a page of others from now on. */
  void share(int index, int page) {
    if (page(index) != NONE) {
      replace(index, page);
      return;
    }
    pool.retain(page);
    put(index, page);
  }

  /** Reads a page of others instead of an own one with the same content. */
  void replace(int index, int page) {
    pool.retain(page);
    pool.release(pages[index]);
    pages[index] = page;
  }

  /** Reads the pages of another table of the class, up to {@code end}. */
  void share(PageTable other, int end) {
    for (int i = 0; i < pagesOf(end); i++) {
      int page = other.page(i);
      if (page != NONE) {
        share(i, page);
      }
    }
  }

  /** Drops the positions from {@code end} on, in whole pages. */
  void truncate(int end) {
    while (count > pagesOf(end)) {
      drop(--count);
    }
    first = Math.min(first, count);
  }

  /** Drops the positions before {@code begin}, in whole pages. */
  void dropBefore(int begin) {
    for (; first < Math.min(count, begin / PAGE); first++) {
      drop(first);
    }
  }

  private void drop(int index) {
    if (pages[index] != NONE) {
      pool.release(pages[index]);
      pages[index] = NONE;
    }
  }

  /** Whether the positions [begin, end) are held. */
  boolean holds(int begin, int end) {
    for (int page = begin / PAGE; begin < end && page <= (end - 1) / PAGE; page++) {
      if (page(page) == NONE) {
        return false;
      }
    }
    return true;
  }
}
