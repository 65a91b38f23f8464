package dev.myelin.state;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A page of 64 tokens after the pages of its parents, and the pages of each class that hold its
 * keys and values. Confined to one thread at a time.
 */
final class PrefixNode {
  private static final int NONE = -1;

  private final @Nullable PrefixNode parent;
  private final int[] tokens;
  private final int hash;
  private final List<PrefixNode> children = new ArrayList<>(0);
  private final int[] pages;
  // the recurrent states after the page's last token
  private int slot = NONE;
  private long lastUse;

  PrefixNode(@Nullable PrefixNode parent, int[] tokens, int classes) {
    this.parent = parent;
    this.tokens = tokens;
    hash = Arrays.hashCode(tokens);
    pages = new int[classes];
    Arrays.fill(pages, NONE);
  }

  @Nullable PrefixNode parent() {
    return parent;
  }

  List<PrefixNode> children() {
    return children;
  }

  /** The child with the tokens from index {@code from} on, or null. */
  @Nullable PrefixNode child(int[] ids, int from) {
    if (children.isEmpty()) {
      return null;
    }
    int wanted = 1;
    for (int i = from; i < from + PageTable.PAGE; i++) {
      wanted = 31 * wanted + ids[i];
    }
    for (PrefixNode child : children) {
      if (child.hash == wanted
          && Arrays.equals(child.tokens, 0, PageTable.PAGE, ids, from, from + PageTable.PAGE)) {
        return child;
      }
    }
    return null;
  }

  int page(PageClass kind) {
    return pages[kind.index()];
  }

  void setPage(PageClass kind, int page) {
    pages[kind.index()] = page;
  }

  boolean has(PageClass kind) {
    return page(kind) != NONE;
  }

  void removePage(PageClass kind) {
    setPage(kind, NONE);
  }

  int slot() {
    return slot;
  }

  boolean hasSlot() {
    return slot != NONE;
  }

  void setSlot(int slot) {
    this.slot = slot;
  }

  void removeSlot() {
    slot = NONE;
  }

  long lastUse() {
    return lastUse;
  }

  void use(long time) {
    lastUse = time;
  }
}
