package dev.myelin.tokenizer;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.PriorityQueue;

/**
 * Partitions a text into special tokens and ordinary text before it is tokenized. As in llama.cpp,
 * longer tokens are matched first, among equal lengths the one with the lowest id, each from left
 * to right in the remaining text.
 *
 * <p>One pass finds the longest token at each position. These candidates are taken in that order. A
 * candidate that overlaps a taken token is replaced by the next shorter one at its position.
 */
final class SpecialTokens {
  /**
   * A special token, or, if it is {@link Vocabulary#NONE}, the bytes {@code [from..to)} of the
   * text.
   */
  record Fragment(int token, int from, int to) {
    boolean isText() {
      return token == Vocabulary.NONE;
    }
  }

  private final Vocabulary vocabulary;

  /** Token ids by rank (longest first), and the match of each in the automaton. */
  private final int[] idsByRank;

  private final int[] matchesByRank;

  /** The tokens of the automaton are ranks. */
  private final AhoCorasick automaton = new AhoCorasick();

  /** The tokens that have an attribute of {@code included} and none of {@code excluded}. */
  SpecialTokens(Vocabulary vocabulary, int included, int excluded) {
    this.vocabulary = vocabulary;
    ByteStrings texts = vocabulary.texts();
    byte[] attributes = vocabulary.attributes();
    long[] sorted = new long[16];
    int size = 0;
    for (int id = 0; id < attributes.length; id++) {
      if ((attributes[id] & included) != 0 && (attributes[id] & excluded) == 0) {
        if (size == sorted.length) {
          sorted = Arrays.copyOf(sorted, size * 2);
        }
        sorted[size++] = (long) (texts.start(id) - texts.end(id)) << 32 | id;
      }
    }
    Arrays.sort(sorted, 0, size);
    idsByRank = new int[size];
    matchesByRank = new int[size];
    for (int i = 0; i < size; i++) {
      int id = (int) sorted[i];
      idsByRank[i] = id;
      matchesByRank[i] = automaton.add(texts.bytes(), texts.start(id), texts.end(id), i);
    }
    automaton.build();
  }

  /**
   * The fragments of a text in order; none is empty.
   *
   * @param trusted where control tokens, and tokens that are written like them, are found; other
   *     user-defined tokens are found anywhere
   */
  List<Fragment> partition(byte[] text, TrustedBytes trusted) {
    return new Partition(text, trusted).fragments();
  }

  /**
   * Whether a token is written like a control token: {@code <|message|>}, {@code <turn|>}. Some
   * files mark such tokens as user-defined, for example the roles of gpt-oss and Command R.
   */
  static boolean isWrittenAsControl(ByteStrings texts, int token) {
    byte[] bytes = texts.bytes();
    int from = texts.start(token);
    int to = texts.end(token);
    return to - from > 3
        && bytes[from] == '<'
        && bytes[to - 1] == '>'
        && (isBar(bytes, from + 1) || isBar(bytes, to - 2) || isBar(bytes, to - 4));
  }

  /** Whether an ASCII or full-width vertical bar begins here. */
  private static boolean isBar(byte[] bytes, int offset) {
    return bytes[offset] == '|'
        || bytes[offset] == (byte) 0xef
            && bytes[offset + 1] == (byte) 0xbd
            && bytes[offset + 2] == (byte) 0x9c;
  }

  /** The partition of one text. */
  private final class Partition {
    private final byte[] text;
    private final TrustedBytes trusted;

    /** Bytes of taken tokens and of the white space that they strip. */
    private final BitSet taken = new BitSet();

    /** Taken tokens: position in the high half, token in the low half. */
    private long[] tokens = new long[16];

    private int size;

    Partition(byte[] text, TrustedBytes trusted) {
      this.text = text;
      this.trusted = trusted;
    }

    List<Fragment> fragments() {
      take();
      Arrays.sort(tokens, 0, size);
      List<Fragment> fragments = new ArrayList<>(2 * size + 1);
      int from = 0;
      for (int i = 0; i < size; i++) {
        int offset = (int) (tokens[i] >>> 32);
        int token = (int) tokens[i];
        addText(from, offset, fragments);
        from = offset + length(token);
        fragments.add(new Fragment(token, offset, from));
      }
      addText(from, text.length, fragments);
      return fragments;
    }

    /** Adds the text between two tokens without stripped white space. */
    private void addText(int from, int to, List<Fragment> fragments) {
      int start = taken.nextClearBit(from);
      int end = taken.nextSetBit(start);
      if (start < to) {
        fragments.add(new Fragment(Vocabulary.NONE, start, end < 0 ? to : Math.min(end, to)));
      }
    }

    private void take() {
      long[] longest = candidates();
      PriorityQueue<Long> retries = new PriorityQueue<>();
      int next = 0;
      while (next < longest.length || !retries.isEmpty()) {
        boolean retry =
            next == longest.length || !retries.isEmpty() && retries.peek() < longest[next];
        long candidate = retry ? retries.poll() : longest[next++];
        int offset = (int) candidate;
        int rank = (int) (candidate >>> 32);
        int token = idsByRank[rank];
        if (!taken.get(offset)) {
          // taken tokens are at least as long: none is strictly inside this one
          if (taken.get(offset + length(token) - 1)) {
            int match = longestFitting(offset, matchesByRank[rank]);
            if (match != 0) {
              retries.add(candidate(match, offset));
            }
          } else {
            take(token, offset);
          }
        }
      }
    }

    /** The longest token at each position, in the order in which they are taken. */
    private long[] candidates() {
      long[] all = new long[16];
      int count = 0;
      int state = 0;
      for (int offset = text.length - 1; offset >= 0; offset--) {
        state = automaton.step(state, text[offset]);
        int match = longestAllowed(automaton.longest(state), offset);
        if (match != 0) {
          all = count == all.length ? Arrays.copyOf(all, count * 2) : all;
          all[count++] = candidate(match, offset);
        }
      }
      all = Arrays.copyOf(all, count);
      Arrays.sort(all);
      return all;
    }

    private long candidate(int match, int offset) {
      return (long) automaton.token(match) << 32 | offset;
    }

    /** This match, or the next shorter one that is allowed at the position. */
    private int longestAllowed(int match, int offset) {
      int m = match;
      while (m != 0 && !isAllowed(idsByRank[automaton.token(m)], offset)) {
        m = automaton.shorter(m);
      }
      return m;
    }

    private boolean isAllowed(int token, int offset) {
      boolean hidden = (vocabulary.attribute(token) & TokenAttribute.HIDDEN) != 0;
      return !hidden && !isWrittenAsControl(vocabulary.texts(), token)
          || trusted.covers(offset, offset + length(token));
    }

    /**
     * The longest match at a position that is at most as long as this one and ends before the next
     * taken token.
     */
    private int longestFitting(int offset, int longest) {
      int freeBytes = taken.nextSetBit(offset) - offset;
      int match = longest;
      while (match != 0 && length(idsByRank[automaton.token(match)]) > freeBytes) {
        match = automaton.shorter(match);
      }
      return longestAllowed(match, offset);
    }

    private void take(int token, int offset) {
      int attribute = vocabulary.attribute(token);
      int from = offset;
      int to = offset + length(token);
      if ((attribute & TokenAttribute.LSTRIP) != 0) {
        while (from > 0 && isUntakenSpace(from - 1)) {
          from--;
        }
      }
      if ((attribute & TokenAttribute.RSTRIP) != 0) {
        while (to < text.length && isUntakenSpace(to)) {
          to++;
        }
      }
      taken.set(from, to);
      tokens = size == tokens.length ? Arrays.copyOf(tokens, size * 2) : tokens;
      tokens[size++] = (long) offset << 32 | token;
    }

    /** White space as in C's {@code isspace}, not taken yet. */
    private boolean isUntakenSpace(int offset) {
      byte b = text[offset];
      return (b == ' ' || b >= '\t' && b <= '\r') && !taken.get(offset);
    }

    private int length(int token) {
      ByteStrings texts = vocabulary.texts();
      return texts.end(token) - texts.start(token);
    }
  }
}
