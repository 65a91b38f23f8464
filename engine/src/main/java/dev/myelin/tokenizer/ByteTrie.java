package dev.myelin.tokenizer;

/** The edges of a trie of byte strings. Nodes are numbered from 0, the root. */
final class ByteTrie {
  static final int NONE = -1;

  /** The key of an edge, node and byte, must fit 32 bits. Each byte adds at most one node. */
  static final int MAX_NODES = (1 << 24) - 2;

  /**
   * A hash table of edges, open addressing: key (parent node and byte, + 1) in the high half, child
   * in the low half; 0 is free.
   */
  private long[] edges = new long[256];

  private int nodes = 1;

  /** The child of a node for a byte, or {@link #NONE}. */
  int child(int node, byte b) {
    long key = key(node, b);
    for (int slot = slot(key); edges[slot] != 0; slot = slot + 1 & edges.length - 1) {
      if (edges[slot] >>> 32 == key) {
        return (int) edges[slot];
      }
    }
    return NONE;
  }

  /** The number of nodes. A child has a higher number than its parent. */
  int size() {
    return nodes;
  }

  /** Adds a child. The parent must not have a child for this byte yet. */
  int addChild(int parent, byte b) {
    if (nodes * 2 > edges.length) {
      long[] old = edges;
      edges = new long[old.length * 2];
      for (long edge : old) {
        if (edge != 0) {
          insert(edge);
        }
      }
    }
    insert(key(parent, b) << 32 | nodes);
    return nodes++;
  }

  private void insert(long edge) {
    int slot = slot(edge >>> 32);
    while (edges[slot] != 0) {
      slot = slot + 1 & edges.length - 1;
    }
    edges[slot] = edge;
  }

  private static long key(int node, byte b) {
    return ((long) node << 8 | b & 0xff) + 1;
  }

  private int slot(long key) {
    return (int) (key * 0x9e37_79b9_7f4a_7c15L >>> 40) & edges.length - 1;
  }
}
