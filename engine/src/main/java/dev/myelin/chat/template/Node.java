package dev.myelin.chat.template;

import java.util.List;

/** A node of the syntax tree. */
abstract class Node {
  private static final int MAX_DEPTH = 400;

  /** Offset in the template. */
  final int offset;

  /** Height of the subtree. */
  private int depth = 1;

  Node(int offset) {
    this.offset = offset;
  }

  int depth() {
    return depth;
  }

  /** Registers a child node, which may be null, and updates the depth. */
  final <N extends Node> N child(N node) {
    if (node != null && node.depth() >= depth) {
      depth = node.depth() + 1;
      if (depth > MAX_DEPTH) {
        throw new TemplateError("nested too deeply", offset);
      }
    }
    return node;
  }

  final <N extends Node> List<N> children(List<N> nodes) {
    for (N node : nodes) {
      child(node);
    }
    return nodes;
  }
}
