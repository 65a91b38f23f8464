package dev.myelin.tokenizer;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** UTF-8 functions for tokenizers. */
final class Utf8 {
  /** The length of the longest sequence. */
  static final int MAX_LENGTH = 4;

  private Utf8() {}

  /** Encodes a text. An unpaired surrogate becomes U+FFFD. */
  static byte[] encode(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (Character.isSurrogate(text.charAt(i))) {
        return wellFormed(text).getBytes(StandardCharsets.UTF_8);
      }
    }
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /** The size in bytes of the encoded chars {@code [from..to)}. */
  static int encodedSize(String text, int from, int to) {
    int size = 0;
    for (int i = from; i < to; i++) {
      char c = text.charAt(i);
      if (Character.isHighSurrogate(c)
          && i + 1 < to
          && Character.isLowSurrogate(text.charAt(i + 1))) {
        size += 4;
        i++;
      } else {
        size += c < 0x80 ? 1 : c < 0x800 ? 2 : 3;
      }
    }
    return size;
  }

  /** The length of the sequence that begins with this byte; 1 if the byte begins none. */
  static int sequenceLength(byte first) {
    int b = first & 0xff;
    return b >= 0xf0 ? 4 : b >= 0xe0 ? 3 : b >= 0xc0 ? 2 : 1;
  }

  /** Decodes {@code utf8[from..to)}. An invalid byte becomes U+FFFD. */
  static int[] codePoints(byte[] utf8, int from, int to) {
    int[] points = new int[to - from];
    int size = 0;
    for (int offset = from; offset < to; size++) {
      int length = sequenceLength(utf8[offset]);
      int point = length == 1 ? utf8[offset] : utf8[offset] & 0x7f >> length;
      for (int i = 1; i < length; i++) {
        boolean isContinuation = offset + i < to && (utf8[offset + i] & 0xc0) == 0x80;
        point = isContinuation && point >= 0 ? point << 6 | utf8[offset + i] & 0x3f : -1;
      }
      boolean isValid = point >= 0 && point <= Character.MAX_CODE_POINT;
      points[size] = isValid ? point : 0xfffd;
      offset += isValid ? length : 1;
    }
    return Arrays.copyOf(points, size);
  }

  /** Writes a code point and returns the offset behind it. */
  static int put(int codePoint, byte[] utf8, int offset) {
    if (codePoint < 0x80) {
      utf8[offset] = (byte) codePoint;
      return offset + 1;
    }
    int length = codePoint < 0x800 ? 2 : codePoint < 0x10000 ? 3 : 4;
    utf8[offset] = (byte) (0xf00 >> length | codePoint >> 6 * (length - 1));
    for (int i = 1; i < length; i++) {
      utf8[offset + i] = (byte) (0x80 | codePoint >> 6 * (length - 1 - i) & 0x3f);
    }
    return offset + length;
  }

  /** The length of an incomplete character at the end of {@code bytes[0..size)}: 0 to 3. */
  static int incompleteBytes(byte[] bytes, int size) {
    for (int back = 1; back <= Math.min(3, size); back++) {
      byte b = bytes[size - back];
      if ((b & 0xc0) != 0x80) {
        boolean isIncomplete =
            sequenceLength(b) > back && (back == 1 || isValidSecondByte(b, bytes[size - back + 1]));
        return isIncomplete && (b & 0xff) >= 0xc2 && (b & 0xff) <= 0xf4 ? back : 0;
      }
    }
    return 0;
  }

  /**
   * Whether the second byte is valid after the first: no overlong forms, nothing above U+10FFFF.
   * Surrogates are accepted; Java decodes each as one U+FFFD.
   */
  private static boolean isValidSecondByte(byte first, byte second) {
    int b = second & 0xff;
    return switch (first & 0xff) {
      case 0xe0 -> b >= 0xa0;
      case 0xf0 -> b >= 0x90;
      case 0xf4 -> b < 0x90;
      default -> true;
    };
  }

  private static String wellFormed(String text) {
    StringBuilder fixed = new StringBuilder(text);
    for (int i = 0; i < fixed.length(); i++) {
      if (Character.isHighSurrogate(fixed.charAt(i))
          && i + 1 < fixed.length()
          && Character.isLowSurrogate(fixed.charAt(i + 1))) {
        i++;
      } else if (Character.isSurrogate(fixed.charAt(i))) {
        fixed.setCharAt(i, '\ufffd');
      }
    }
    return fixed.toString();
  }
}
