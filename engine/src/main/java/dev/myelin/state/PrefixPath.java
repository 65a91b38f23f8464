package dev.myelin.state;

import java.util.ArrayList;
import java.util.List;

/**
 * The nodes of the full pages of one sequence that are in the prefix cache, from the first page on.
 * Confined to one thread at a time.
 */
final class PrefixPath {
  private final List<PrefixNode> nodes = new ArrayList<>();

  int pages() {
    return nodes.size();
  }

  PrefixNode last() {
    return nodes.getLast();
  }

  /** The nodes; not to be changed. */
  List<PrefixNode> nodes() {
    return nodes;
  }

  void add(PrefixNode node) {
    node.enter();
    nodes.add(node);
  }

  /** Begins as another one. */
  void share(PrefixPath other, int pages) {
    other.nodes.stream().limit(pages).forEach(this::add);
  }

  void truncate(int pages) {
    while (nodes.size() > pages) {
      nodes.removeLast().leave();
    }
  }

  /** Whether the first pages of both are the same, and known. */
  boolean isSame(PrefixPath other, int pages) {
    return nodes.size() >= pages
        && other.nodes.size() >= pages
        && (pages == 0 || nodes.get(pages - 1) == other.nodes.get(pages - 1));
  }
}
