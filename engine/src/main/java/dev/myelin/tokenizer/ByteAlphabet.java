package dev.myelin.tokenizer;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;

/**
 * GPT-2's mapping from bytes to printable characters ({@code bytes_to_unicode}): printable Latin-1
 * bytes map to themselves, the others to U+0100 and above. A space is {@code Ġ}.
 */
final class ByteAlphabet {
  private static final char[] CHARS = chars();

  /** The byte of a character below U+0144, or -1. */
  private static final short[] BYTES = bytes();

  private ByteAlphabet() {}

  /**
   * Maps {@code bytes[from..to)} to the alphabet and writes UTF-8 to {@code out}, which needs space
   * for twice as many bytes. Returns the number of bytes written.
   */
  static int encode(byte[] bytes, int from, int to, byte[] out) {
    int size = 0;
    for (int i = from; i < to; i++) {
      char c = CHARS[bytes[i] & 0xff];
      if (c < 0x80) {
        out[size++] = (byte) c;
      } else {
        out[size++] = (byte) (0xc0 | c >> 6);
        out[size++] = (byte) (0x80 | c & 0x3f);
      }
    }
    return size;
  }

  /**
   * The bytes of a token in this alphabet. As in llama.cpp, a character outside the alphabet
   * becomes {@code [UNK_BYTE_0x}, its UTF-8 in hexadecimal, the whole token, {@code ]}.
   */
  static byte[] decode(byte[] token) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(token.length);
    for (int c : Utf8.codePoints(token, 0, token.length)) {
      int b = c < BYTES.length ? BYTES[c] : -1;
      if (b >= 0) {
        out.write(b);
      } else {
        byte[] utf8 = Character.toString(c).getBytes(StandardCharsets.UTF_8);
        out.writeBytes(
            ("[UNK_BYTE_0x" + HexFormat.of().formatHex(utf8)).getBytes(StandardCharsets.UTF_8));
        out.writeBytes(token);
        out.write(']');
      }
    }
    return out.toByteArray();
  }

  private static char[] chars() {
    char[] chars = new char[256];
    char next = 0x100;
    for (int b = 0; b < 256; b++) {
      boolean prints = b > 0x20 && b < 0x7f || b > 0xa0 && b != 0xad;
      chars[b] = prints ? (char) b : next++;
    }
    return chars;
  }

  private static short[] bytes() {
    short[] bytes = new short[0x144];
    Arrays.fill(bytes, (short) -1);
    for (short b = 0; b < 256; b++) {
      bytes[CHARS[b]] = b;
    }
    return bytes;
  }
}
