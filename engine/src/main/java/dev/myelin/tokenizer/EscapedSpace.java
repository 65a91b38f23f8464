package dev.myelin.tokenizer;

import java.util.Arrays;

/** The escaped space of SentencePiece, U+2581, in UTF-8. */
final class EscapedSpace {
  private static final byte[] UTF8 = {(byte) 0xe2, (byte) 0x96, (byte) 0x81};

  static final int LENGTH = 3;

  private EscapedSpace() {}

  /** Replaces spaces in {@code utf8[from..to)}, and adds one in front if {@code prefix}. */
  static byte[] escape(byte[] utf8, int from, int to, boolean prefix) {
    int spaces = prefix ? 1 : 0;
    for (int i = from; i < to; i++) {
      spaces += utf8[i] == ' ' ? 1 : 0;
    }
    byte[] text = new byte[Math.addExact(to - from, 2 * spaces + (prefix ? 1 : 0))];
    int offset = prefix ? put(text, 0) : 0;
    for (int i = from; i < to; i++) {
      if (utf8[i] == ' ') {
        offset = put(text, offset);
      } else {
        text[offset++] = utf8[i];
      }
    }
    return text;
  }

  /** Replaces escaped spaces of a token by spaces. */
  static byte[] unescape(byte[] token) {
    byte[] text = new byte[token.length];
    int size = 0;
    for (int i = 0; i < token.length; i++) {
      if (i + 2 < token.length
          && token[i] == UTF8[0]
          && token[i + 1] == UTF8[1]
          && token[i + 2] == UTF8[2]) {
        text[size++] = ' ';
        i += 2;
      } else {
        text[size++] = token[i];
      }
    }
    return size == text.length ? text : Arrays.copyOf(text, size);
  }

  /** Writes an escaped space and returns the offset behind it. */
  static int put(byte[] text, int offset) {
    System.arraycopy(UTF8, 0, text, offset, LENGTH);
    return offset + LENGTH;
  }
}
