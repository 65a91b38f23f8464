package dev.myelin.chat.template;

import java.util.List;

/** A part of a parsed template. */
abstract class Node {
  private static final int DEEPEST = 400;

  /** Offset in the template. */
  final int at;

  /** Levels of nodes below it, and itself. */
  private int depth = 1;

  Node(int at) {
    this.at = at;
  }

  int depth() {
    return depth;
  }

  /** Tells of a part, which may be null. */
  final <N extends Node> N part(N node) {
    if (node != null && node.depth() >= depth) {
      depth = node.depth() + 1;
      if (depth > DEEPEST) {
        throw new Failure("nested too deeply", at);
      }
    }
    return node;
  }

  final <N extends Node> List<N> parts(List<N> nodes) {
    for (N node : nodes) {
      part(node);
    }
    return nodes;
  }
}
