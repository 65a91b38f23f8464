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
  // after the page's last token
  private @Nullable StateSnapshot snapshot;
  // open ones that begin with the page and its parents
  private int sequences;
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

  /** A page in the middle of a longer prefix is of use to it, unless a window passes over it. */
  boolean isLast(PageClass kind) {
    return kind.window().isPresent() || children.stream().noneMatch(child -> child.has(kind));
  }

  void removePage(PageClass kind) {
    setPage(kind, NONE);
  }

  @Nullable StateSnapshot snapshot() {
    return snapshot;
  }

  void setSnapshot(@Nullable StateSnapshot value) {
    snapshot = value;
  }

  void enter() {
    sequences++;
  }

  void leave() {
    sequences--;
    prune();
  }

  /** Removes the page, and parents, if they hold nothing and lead to nothing. */
  void prune() {
    PrefixNode node = this;
    while (node.parent != null && node.isEmpty()) {
      node.parent.children.remove(node);
      node = node.parent;
    }
  }

  private boolean isEmpty() {
    for (int page : pages) {
      if (page != NONE) {
        return false;
      }
    }
    return sequences == 0 && snapshot == null && children.isEmpty();
  }

  long lastUse() {
    return lastUse;
  }

  void use(long time) {
    lastUse = time;
  }
}
