package dev.myelin.tokenizer;

/** Byte tokens, which are written {@code <0x00>} to {@code <0xFF>}. */
final class ByteToken {
  private static final String HEX = "0123456789ABCDEF";

  private ByteToken() {}

  /** The byte of string {@code i}, 0 to 255, or -1 if it is not a byte token. */
  static int value(ByteStrings texts, int i) {
    byte[] bytes = texts.bytes();
    int start = texts.start(i);
    if (texts.end(i) - start != 6
        || bytes[start] != '<'
        || bytes[start + 1] != '0'
        || bytes[start + 2] != 'x'
        || bytes[start + 5] != '>') {
      return -1;
    }
    int high = Character.digit(bytes[start + 3], 16);
    int low = Character.digit(bytes[start + 4], 16);
    return high < 0 || low < 0 ? -1 : high << 4 | low;
  }

  /** The text of the token of a byte. */
  static byte[] text(int value) {
    return new byte[] {
      '<', '0', 'x', (byte) HEX.charAt(value >> 4), (byte) HEX.charAt(value & 15), '>'
    };
  }
}
