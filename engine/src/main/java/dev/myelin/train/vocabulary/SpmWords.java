package dev.myelin.train.vocabulary;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Splits text into the words within which SPM pieces are merged. A word is a run of letters or of
 * other characters, with U+2581 for each space before it. A digit or a non-ASCII space is a word of
 * its own. Control characters are in no word: they are always encoded as bytes.
 */
final class SpmWords {
  static final int SPACE_MARKER = 0x2581;
  private static final byte[] SPACE_MARKER_UTF8 = "\u2581".getBytes(StandardCharsets.UTF_8);

  /** How a character takes part in words. */
  private enum CharacterClass {
    /** Begins a word. */
    MARKER,
    LETTER,
    SYMBOL,
    /** A single-character word. */
    ALONE,
    /** In no word. */
    BREAK
  }

  private static final CharacterClass[] ASCII = new CharacterClass[0x80];

  static {
    for (int c = 0; c < ASCII.length; c++) {
      ASCII[c] = c == ' ' ? CharacterClass.MARKER : classOf(c);
    }
  }

  private final WordCounts counts;
  private byte[] word = new byte[64];
  private int size;
  private CharacterClass last = CharacterClass.BREAK;

  SpmWords(WordCounts counts) {
    this.counts = counts;
  }

  /**
   * Counts the words of a text.
   *
   * @param utf8 well-formed
   * @param prefixesSpace whether a space is added in front
   */
  void add(byte[] utf8, boolean prefixesSpace) {
    if (prefixesSpace) {
      add(CharacterClass.MARKER, SPACE_MARKER_UTF8, 0, SPACE_MARKER_UTF8.length);
    }
    for (int offset = 0; offset < utf8.length; ) {
      int b = utf8[offset];
      if (b >= 0) {
        if (b == ' ') {
          add(CharacterClass.MARKER, SPACE_MARKER_UTF8, 0, SPACE_MARKER_UTF8.length);
        } else {
          add(ASCII[b], utf8, offset, offset + 1);
        }
        offset++;
      } else {
        int length = sequenceLength(b);
        add(classOf(codePoint(utf8, offset, length)), utf8, offset, offset + length);
        offset += length;
      }
    }
    endWord();
  }

  /** Whether a text may be a piece: spaces only, or at most one leading space. */
  static boolean isPiece(String text) {
    return text.length() < 2
        || text.charAt(1) != SPACE_MARKER
        || text.chars().allMatch(c -> c == SPACE_MARKER);
  }

  /** The length of the UTF-8 sequence that begins with this byte. */
  static int sequenceLength(int first) {
    int b = first & 0xff;
    return b >= 0xf0 ? 4 : b >= 0xe0 ? 3 : b >= 0xc0 ? 2 : 1;
  }

  static int codePoint(byte[] utf8, int offset, int length) {
    int point = length == 1 ? utf8[offset] : utf8[offset] & 0x7f >> length;
    for (int i = 1; i < length; i++) {
      point = point << 6 | utf8[offset + i] & 0x3f;
    }
    return point;
  }

  private void add(CharacterClass characterClass, byte[] from, int start, int end) {
    boolean extendsWord =
        characterClass == last
            || last == CharacterClass.MARKER
                && (characterClass == CharacterClass.LETTER
                    || characterClass == CharacterClass.SYMBOL);
    if (!extendsWord || characterClass == CharacterClass.ALONE) {
      endWord();
    }
    last = characterClass;
    if (characterClass != CharacterClass.BREAK) {
      int length = end - start;
      if (size + length > word.length) {
        word = Arrays.copyOf(word, size + length + size / 2);
      }
      System.arraycopy(from, start, word, size, length);
      size += length;
    }
  }

  private void endWord() {
    if (size > 0) {
      counts.add(word, 0, size, 1);
      size = 0;
    }
    last = CharacterClass.BREAK;
  }

  private static CharacterClass classOf(int c) {
    if (c == SPACE_MARKER) {
      return CharacterClass.MARKER;
    }
    return switch (Character.getType(c)) {
      case Character.CONTROL -> CharacterClass.BREAK;
      case Character.DECIMAL_DIGIT_NUMBER,
          Character.SPACE_SEPARATOR,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR ->
          CharacterClass.ALONE;
      case Character.UPPERCASE_LETTER,
          Character.LOWERCASE_LETTER,
          Character.TITLECASE_LETTER,
          Character.MODIFIER_LETTER,
          Character.OTHER_LETTER,
          Character.NON_SPACING_MARK,
          Character.ENCLOSING_MARK,
          Character.COMBINING_SPACING_MARK ->
          CharacterClass.LETTER;
      default -> CharacterClass.SYMBOL;
    };
  }
}
