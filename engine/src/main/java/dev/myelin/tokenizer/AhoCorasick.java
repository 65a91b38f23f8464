package dev.myelin.tokenizer;

import java.util.Arrays;

/**
 * An Aho-Corasick automaton over reversed tokens (Aho and Corasick 1975). It reads a text from its
 * end to its start. At each position the state gives the tokens that begin there, the longest
 * first. The time does not depend on the number of tokens.
 */
final class AhoCorasick {
  static final int NONE = -1;
  private static final int ROOT = 0;

  private final ByteTrie trie = new ByteTrie();

  /** Per node: parent, byte of the edge to it, token or {@link #NONE}. */
  private int[] parents = new int[64];

  private byte[] bytes = new byte[64];
  private int[] tokens = new int[64];

  /** Per node: the node of the longest proper suffix. */
  private int[] failureLinks;

  /**
   * Per node: the node itself if it is a token, else the nearest node with a token along the
   * failure links, else 0.
   */
  private int[] outputLinks;

  /** Whether a token ends with this byte. Most bytes of most texts do not. */
  private final boolean[] isLastByte = new boolean[256];

  AhoCorasick() {
    tokens[ROOT] = NONE;
  }

  /**
   * Adds the token {@code text[from..to)}, which must not be empty. Call before {@link #build}.
   *
   * @return the match of the token
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

  /** Computes the links after all tokens are added. */
  void build() {
    failureLinks = new int[trie.size()];
    outputLinks = new int[trie.size()];
    for (int node : nodesByDepth()) {
      int parent = parents[node];
      failureLinks[node] = parent == ROOT ? ROOT : step(failureLinks[parent], bytes[node]);
      outputLinks[node] = tokens[node] != NONE ? node : outputLinks[failureLinks[node]];
    }
  }

  /** All nodes except the root, by depth. */
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

  /** The next state for the byte before the current position. The initial state is 0. */
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

  /** The match of the longest token that begins at the current position; 0 for none. */
  int longest(int state) {
    return outputLinks[state];
  }

  /** The match of the next shorter token at the same position; 0 for none. */
  int shorter(int match) {
    return outputLinks[failureLinks[match]];
  }

  /** The token of a match. */
  int token(int match) {
    return tokens[match];
  }
}
