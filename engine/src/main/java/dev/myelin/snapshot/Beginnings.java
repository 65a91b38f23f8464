package dev.myelin.snapshot;

import dev.myelin.state.PageTable;
import dev.myelin.state.SequencePages;
import java.util.HashMap;
import java.util.Map;

/** Which beginnings of a prompt are in a folder. Confined to one thread at a time. */
final class Beginnings {
  private final PageNames names;
  private final PageFolder folder;
  private final int limit;
  private final Map<String, Boolean> exists = new HashMap<>();

  /**
   * A beginning.
   *
   * @param length its tokens
   * @param names of its pages
   */
  record Found(int length, PageNames names) {}

  /**
   * @param names of the prompt's pages
   * @param tokens of the prompt; one of them at least is left to compute
   */
  Beginnings(PageNames names, PageFolder folder, int tokens) {
    this.names = names;
    this.folder = folder;
    limit = tokens - 1;
  }

  /** A file cannot be used. */
  void drop(String name) {
    exists.put(name, false);
  }

  /**
   * The longest beginning that a sequence can continue after; of no more than {@code at} tokens if
   * there is none.
   *
   * @param at the sequence's length, the end of a page
   */
  Found longest(SequencePages pages, int at) {
    int lastPage = limit / PageTable.PAGE;
    Found inLast = inPage(pages, at, lastPage);
    if (inLast.length > at) {
      return inLast;
    }
    int full = pages.reachable(at, lastPage, (kind, index) -> has(names.of(kind, index)));
    int page = Math.max(full, at / PageTable.PAGE);
    Found further = page < lastPage ? inPage(pages, at, page) : inLast;
    return further.length > at ? further : new Found(full * PageTable.PAGE, names);
  }

  /** The longest beginning that ends in a page, which was the last one of a prompt. */
  private Found inPage(SequencePages pages, int at, int page) {
    int first = page * PageTable.PAGE;
    int left = limit - first;
    // a prompt that ended with the last token is known, as far as it is not computed
    int rows = left == 0 ? 0 : Math.min(left + 1, PageTable.PAGE);
    for (; rows > 0; rows--) {
      int end = first + Math.min(rows, left);
      PageNames cut = names.first(first + rows);
      if (pages.reaches(at, end, (kind, index) -> has(cut.of(kind, index)))) {
        return new Found(end, cut);
      }
    }
    return new Found(0, names);
  }

  private boolean has(String name) {
    return exists.computeIfAbsent(name, folder::has);
  }
}
