package dev.myelin.state;

import java.util.Arrays;

/**
 * The pages of all states of one window and scope: which are free, and how many users each has. A
 * page with one user may be written, others are read only. Confined to one thread at a time.
 */
final class PagePool {
  private final int[] users;
  private final int[] free;
  private int freeCount;

  PagePool(int pages) {
    users = new int[pages];
    free = new int[pages];
    Arrays.setAll(free, i -> pages - 1 - i);
    freeCount = pages;
  }

  /** Takes a free page, for one user; -1 if there is none. */
  int take() {
    if (freeCount == 0) {
      return -1;
    }
    int page = free[--freeCount];
    users[page] = 1;
    return page;
  }

  /** Adds a user. */
  void retain(int page) {
    users[page]++;
  }

  /** Removes a user; without any the page is free. */
  void release(int page) {
    if (--users[page] == 0) {
      free[freeCount++] = page;
    }
  }

  boolean isShared(int page) {
    return users[page] > 1;
  }

  int free() {
    return freeCount;
  }

  int pages() {
    return users.length;
  }
}
