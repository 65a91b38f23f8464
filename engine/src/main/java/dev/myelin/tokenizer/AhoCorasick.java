package dev.myelin.tokenizer;

import java.util.Arrays;

/**
 * An Aho-Corasick automaton over tokens written backwards (Aho and Corasick 1975). Reading a text
 * from its end to its start, the state tells at each place which tokens begin there, the longest
 * one first, in time that does not depend on how many tokens there are.
 */
final class AhoCorasick {
  static final int NONE = -1;
  private static final int ROOT = 0;

  private final ByteTrie trie = new ByteTrie();

  /** Of each node. */
  private int[] parents = new int[64];

  private byte[] bytes = new byte[64];
  private int[] tokens = new int[64];

  /** The longest proper suffix of a node's string that is a node too. */
  private int[] failureLinks;

  /**
   * The node itself where a token ends there, else the nearest such node on the way of fallbacks.
   */
  private int[] outputLinks;

  /** Whether some token has this last byte; in most texts most bytes are none. */
  private final boolean[] isLastByte = new boolean[256];

  AhoCorasick() {
    tokens[ROOT] = NONE;
  }

  /**
   * Adds the token {@code text[from..to)}, which is not empty; before {@link #build}.
   *
   * @return its match
   */
  int add(byte[] text, int from, int to, int token) {
    int node = ROOT;
    isLastByte[text[to - 1] & 0xff] = true;
    for (int i = to - 1; i >= from; i--) {
      int child = trie.child(node, text[i]);
      node = child == ByteTrie.NONE ? addChild(node, text[i]) : child;
    }
    tokens[node] = token;
    return node;
  }

  private int addChild(int parent, byte b) {
    int node = trie.addChild(parent, b);
    if (node == parents.length) {
      parents = Arrays.copyOf(parents, node * 2);
      bytes = Arrays.copyOf(bytes, node * 2);
      tokens = Arrays.copyOf(tokens, node * 2);
    }
    parents[node] = parent;
    bytes[node] = b;
    tokens[node] = NONE;
    return node;
  }

  /** Makes the automaton ready to read. */
  void build() {
    failureLinks = new int[trie.size()];
    outputLinks = new int[trie.size()];
    for (int node : nodesByDepth()) {
      int parent = parents[node];
      failureLinks[node] = parent == ROOT ? ROOT : step(failureLinks[parent], bytes[node]);
      outputLinks[node] = tokens[node] != NONE ? node : outputLinks[failureLinks[node]];
    }
  }

  /** Every node but the root, a shorter string before a longer one. */
  private int[] nodesByDepth() {
    int size = trie.size();
    int[] depths = new int[size];
    int[] starts = new int[size + 1];
    for (int node = 1; node < size; node++) {
      depths[node] = depths[parents[node]] + 1;
      starts[depths[node]]++;
    }
    int sum = 0;
    for (int depth = 0; depth <= size; depth++) {
      int count = starts[depth];
      starts[depth] = sum;
      sum += count;
    }
    int[] order = new int[size - 1];
    for (int node = 1; node < size; node++) {
      order[starts[depths[node]]++] = node;
    }
    return order;
  }

  /** The state one byte nearer to the start of the text; the first state is 0. */
  int step(int state, byte b) {
    if (state == ROOT && !isLastByte[b & 0xff]) {
      return ROOT;
    }
    int node = state;
    int next = trie.child(node, b);
    while (next == ByteTrie.NONE && node != ROOT) {
      node = failureLinks[node];
      next = trie.child(node, b);
    }
    return next == ByteTrie.NONE ? ROOT : next;
  }

  /** The match of the longest token that begins where the state was reached, 0 for none. */
  int longest(int state) {
    return outputLinks[state];
  }

  /** The match of the next shorter token that begins at the same place, 0 for none. */
  int shorter(int match) {
    return outputLinks[failureLinks[match]];
  }

  /** The token of a match. */
  int token(int match) {
    return tokens[match];
  }
}
