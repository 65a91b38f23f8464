package dev.myelin.tokenizer;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
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
    List<Integer> ids = new ArrayList<>();
    for (int id = 0; id < vocabulary.size(); id++) {
      int attribute = vocabulary.attribute(id);
      if ((attribute & any) != 0 && (attribute & none) == 0) {
        ids.add(id);
      }
    }
    ids.sort(Comparator.comparingInt((Integer id) -> texts.start(id) - texts.end(id)));
    longestFirst = new int[ids.size()];
    for (int i = 0; i < longestFirst.length; i++) {
      int id = ids.get(i);
      longestFirst[i] = id;
      trie.put(texts.bytes(), texts.start(id), texts.end(id), i);
    }
  }

  /** The text's fragments in order; none is empty. */
  List<Fragment> cut(byte[] text) {
    List<Fragment> fragments = new ArrayList<>();
    if (text.length > 0) {
      fragments.add(new Fragment(Vocabulary.NONE, 0, text.length));
    }
    BitSet present = present(text);
    for (int i = present.nextSetBit(0); i >= 0; i = present.nextSetBit(i + 1)) {
      List<Fragment> next = new ArrayList<>(fragments.size() + 2);
      for (Fragment fragment : fragments) {
        if (fragment.isText()) {
          cut(text, fragment, longestFirst[i], next);
        } else {
          next.add(fragment);
        }
      }
      fragments = next;
    }
    return fragments;
  }

  private void cut(byte[] text, Fragment fragment, int token, List<Fragment> out) {
    ByteStrings texts = vocabulary.texts();
    int length = texts.end(token) - texts.start(token);
    int attribute = vocabulary.attribute(token);
    int from = fragment.from;
    int at = indexOf(text, from, fragment.to, token);
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
      at = indexOf(text, from, fragment.to, token);
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

  private int indexOf(byte[] text, int from, int to, int token) {
    ByteStrings texts = vocabulary.texts();
    byte[] bytes = texts.bytes();
    int start = texts.start(token);
    int length = texts.end(token) - start;
    for (int at = from; at <= to - length; at++) {
      int i = 0;
      while (i < length && text[at + i] == bytes[start + i]) {
        i++;
      }
      if (i == length) {
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
