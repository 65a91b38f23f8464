package dev.myelin.tokenizer;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;

/**
 * Cuts a text at the special tokens that it names, before anything else looks at it. As in
 * llama.cpp the longest tokens are taken first, each from left to right in what the longer ones
 * left.
 */
final class SpecialTokens {
  /** A token, or where it is {@link Vocabulary#NONE} the bytes {@code [from..to)} of the text. */
  record Fragment(int token, int from, int to) {
    boolean isText() {
      return token == Vocabulary.NONE;
    }
  }

  private final Vocabulary vocabulary;
  private final int[] longestFirst;
  private final ByteTrie trie = new ByteTrie();

  /** A table of the tokens that have one of these attributes and none of those. */
  SpecialTokens(Vocabulary vocabulary, int any, int none) {
    this.vocabulary = vocabulary;
    ByteStrings texts = vocabulary.texts();
    byte[] attributes = vocabulary.attributes();
    long[] sorted = new long[16];
    int size = 0;
    for (int id = 0; id < attributes.length; id++) {
      if ((attributes[id] & any) != 0 && (attributes[id] & none) == 0) {
        if (size == sorted.length) {
          sorted = Arrays.copyOf(sorted, size * 2);
        }
        sorted[size++] = (long) (texts.start(id) - texts.end(id)) << 32 | id;
      }
    }
    Arrays.sort(sorted, 0, size);
    longestFirst = new int[size];
    for (int i = 0; i < size; i++) {
      int id = (int) sorted[i];
      longestFirst[i] = id;
      trie.put(texts.bytes(), texts.start(id), texts.end(id), i);
    }
  }

  /**
   * The text's fragments in order; none is empty.
   *
   * @param trusted where control tokens may be; those that the file calls user-defined may be
   *     anywhere
   */
  List<Fragment> cut(byte[] text, TrustedBytes trusted) {
    List<Fragment> fragments = new ArrayList<>();
    if (text.length > 0) {
      fragments.add(new Fragment(Vocabulary.NONE, 0, text.length));
    }
    BitSet present = present(text);
    for (int i = present.nextSetBit(0); i >= 0; i = present.nextSetBit(i + 1)) {
      List<Fragment> next = new ArrayList<>(fragments.size() + 2);
      for (Fragment fragment : fragments) {
        if (fragment.isText()) {
          cut(text, trusted, fragment, longestFirst[i], next);
        } else {
          next.add(fragment);
        }
      }
      fragments = next;
    }
    return fragments;
  }

  private void cut(
      byte[] text, TrustedBytes trusted, Fragment fragment, int token, List<Fragment> out) {
    ByteStrings texts = vocabulary.texts();
    int length = texts.end(token) - texts.start(token);
    int attribute = vocabulary.attribute(token);
    int from = fragment.from;
    int at = indexOf(text, trusted, from, fragment.to, token);
    if (at < 0) {
      out.add(fragment);
      return;
    }
    while (at >= 0) {
      int end = at;
      while ((attribute & Attribute.STRIPS_LEFT) != 0 && end > from && isSpace(text[end - 1])) {
        end--;
      }
      addText(from, end, out);
      out.add(new Fragment(token, at, at + length));
      from = at + length;
      while ((attribute & Attribute.STRIPS_RIGHT) != 0
          && from < fragment.to
          && isSpace(text[from])) {
        from++;
      }
      at = indexOf(text, trusted, from, fragment.to, token);
    }
    addText(from, fragment.to, out);
  }

  private static void addText(int from, int to, List<Fragment> out) {
    if (from < to) {
      out.add(new Fragment(Vocabulary.NONE, from, to));
    }
  }

  /** Which of {@link #longestFirst} occur in the text at all: mostly none do. */
  private BitSet present(byte[] text) {
    BitSet present = new BitSet();
    for (int from = 0; from < text.length; from++) {
      int node = 0;
      for (int i = from; i < text.length; i++) {
        node = trie.child(node, text[i]);
        if (node == ByteTrie.NONE) {
          break;
        }
        if (trie.value(node) != ByteTrie.NONE) {
          present.set(trie.value(node));
        }
      }
    }
    return present;
  }

  private int indexOf(byte[] text, TrustedBytes trusted, int from, int to, int token) {
    boolean hidden = (vocabulary.attribute(token) & Attribute.HIDDEN) != 0;
    ByteStrings texts = vocabulary.texts();
    byte[] bytes = texts.bytes();
    int start = texts.start(token);
    int length = texts.end(token) - start;
    for (int at = from; at <= to - length; at++) {
      int i = 0;
      while (i < length && text[at + i] == bytes[start + i]) {
        i++;
      }
      if (i == length && (!hidden || trusted.cover(at, at + length))) {
        return at;
      }
    }
    return -1;
  }

  /** As C's isspace. */
  private static boolean isSpace(byte b) {
    return b == ' ' || b >= '\t' && b <= '\r';
  }
}
