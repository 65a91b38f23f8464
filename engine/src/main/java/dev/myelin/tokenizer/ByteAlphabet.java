package dev.myelin.tokenizer;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;

/**
 * GPT-2's way to write any bytes as visible characters: bytes that print in Latin-1 stand for
 * themselves, the others for the characters from U+0100 on, so that a space is {@code Ġ}.
 */
final class ByteAlphabet {
  private static final char[] CHARS = chars();

  /** The byte that a character below U+0144 stands for, or -1. */
  private static final short[] BYTES = bytes();

  private ByteAlphabet() {}

  /**
   * Writes {@code bytes[from..to)} as UTF-8 of the alphabet to {@code out}, which needs room for
   * twice as many, and returns how much it wrote.
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
   * The bytes that a token of this alphabet stands for. A character outside of it shows as {@code
   * [UNK_BYTE_0x}, its UTF-8 in hexadecimal, the whole token, {@code ]}, as in llama.cpp.
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
