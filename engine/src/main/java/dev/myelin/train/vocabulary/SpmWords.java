package dev.myelin.train.vocabulary;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Cuts text into the words within which SPM pieces are joined. A word is a run of letters or of
 * other characters, with U+2581 in front for a space before it; a digit or a space beyond ASCII is
 * a word of its own. Control characters belong to no word: they are always written as bytes.
 */
final class SpmWords {
  static final int MARKER = 0x2581;
  private static final byte[] MARKER_UTF8 = "\u2581".getBytes(StandardCharsets.UTF_8);

  /** What a character is to a word. */
  private enum Role {
    /** Begins a word. */
    MARKER,
    LETTER,
    SYMBOL,
    /** A word of its own. */
    ALONE,
    /** No part of any word. */
    BREAK
  }

  private static final Role[] ASCII = new Role[0x80];

  static {
    for (int c = 0; c < ASCII.length; c++) {
      ASCII[c] = c == ' ' ? Role.MARKER : role(c);
    }
  }

  private final WordCounts counts;
  private byte[] word = new byte[64];
  private int size;
  private Role last = Role.BREAK;

  SpmWords(WordCounts counts) {
    this.counts = counts;
  }

  /**
   * Counts the words of a text.
   *
   * @param utf8 well-formed
   * @param prefix whether a space that is not there comes before it
   */
  void add(byte[] utf8, boolean prefix) {
    if (prefix) {
      add(Role.MARKER, MARKER_UTF8, 0, MARKER_UTF8.length);
    }
    for (int at = 0; at < utf8.length; ) {
      int b = utf8[at];
      if (b >= 0) {
        if (b == ' ') {
          add(Role.MARKER, MARKER_UTF8, 0, MARKER_UTF8.length);
        } else {
          add(ASCII[b], utf8, at, at + 1);
        }
        at++;
      } else {
        int length = length(b);
        add(role(codePoint(utf8, at, length)), utf8, at, at + length);
        at += length;
      }
    }
    end();
  }

  /** Whether a text may be a piece: with one space in front of a word, or spaces alone. */
  static boolean isPiece(String text) {
    return text.length() < 2 || text.charAt(1) != MARKER || text.chars().allMatch(c -> c == MARKER);
  }

  /** How many bytes the character has that begins with this one. */
  static int length(int first) {
    int b = first & 0xff;
    return b >= 0xf0 ? 4 : b >= 0xe0 ? 3 : b >= 0xc0 ? 2 : 1;
  }

  static int codePoint(byte[] utf8, int at, int length) {
    int point = length == 1 ? utf8[at] : utf8[at] & 0x7f >> length;
    for (int i = 1; i < length; i++) {
      point = point << 6 | utf8[at + i] & 0x3f;
    }
    return point;
  }

  private void add(Role role, byte[] from, int start, int end) {
    boolean joins =
        role == last || last == Role.MARKER && (role == Role.LETTER || role == Role.SYMBOL);
    if (!joins || role == Role.ALONE) {
      end();
    }
    last = role;
    if (role != Role.BREAK) {
      int length = end - start;
      if (size + length > word.length) {
        word = Arrays.copyOf(word, size + length + size / 2);
      }
      System.arraycopy(from, start, word, size, length);
      size += length;
    }
  }

  private void end() {
    if (size > 0) {
      counts.add(word, 0, size, 1);
      size = 0;
    }
    last = Role.BREAK;
  }

  private static Role role(int c) {
    if (c == MARKER) {
      return Role.MARKER;
    }
    return switch (Character.getType(c)) {
      case Character.CONTROL -> Role.BREAK;
      case Character.DECIMAL_DIGIT_NUMBER,
          Character.SPACE_SEPARATOR,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR ->
          Role.ALONE;
      case Character.UPPERCASE_LETTER,
          Character.LOWERCASE_LETTER,
          Character.TITLECASE_LETTER,
          Character.MODIFIER_LETTER,
          Character.OTHER_LETTER,
          Character.NON_SPACING_MARK,
          Character.ENCLOSING_MARK,
          Character.COMBINING_SPACING_MARK ->
          Role.LETTER;
      default -> Role.SYMBOL;
    };
  }
}
