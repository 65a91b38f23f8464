package dev.myelin.tokenizer;

/** The edges of a trie of byte strings: nodes are numbers, from 0, the root, on. */
final class ByteTrie {
  static final int NONE = -1;

  /** So that an edge's key, node and byte, fits 32 bits; a byte takes a node at most. */
  static final int MAX_NODES = (1 << 24) - 2;

  /**
   * Edges by open addressing: parent node and byte in the high half (+1, 0 is free), child below.
   */
  private long[] edges = new long[256];

  private int nodes = 1;

  /** The node one byte further, from node 0 on; or {@link #NONE}. */
  int child(int node, byte b) {
    long key = key(node, b);
    for (int slot = slot(key); edges[slot] != 0; slot = slot + 1 & edges.length - 1) {
      if (edges[slot] >>> 32 == key) {
        return (int) edges[slot];
      }
    }
    return NONE;
  }

  /** How many nodes there are; a child's number is higher than its parent's. */
  int size() {
    return nodes;
  }

  /** A new node below this one, which has no such child yet. */
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
