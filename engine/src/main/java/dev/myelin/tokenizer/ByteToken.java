package dev.myelin.tokenizer;

/** Byte tokens, which are written {@code <0x00>} to {@code <0xFF>}. */
final class ByteToken {
  private static final String HEX = "0123456789ABCDEF";

  private ByteToken() {}

  /** The byte of string {@code i}, 0 to 255, or -1 if it is not a byte token. */
  static int value(ByteStrings texts, int i) {
    byte[] bytes = texts.bytes();
    int at = texts.start(i);
    if (texts.end(i) - at != 6
        || bytes[at] != '<'
        || bytes[at + 1] != '0'
        || bytes[at + 2] != 'x'
        || bytes[at + 5] != '>') {
      return -1;
    }
    int high = Character.digit(bytes[at + 3], 16);
    int low = Character.digit(bytes[at + 4], 16);
    return high < 0 || low < 0 ? -1 : high << 4 | low;
  }

  /** The text of the token of a byte. */
  static byte[] text(int value) {
    return new byte[] {
      '<', '0', 'x', (byte) HEX.charAt(value >> 4), (byte) HEX.charAt(value & 15), '>'
    };
  }
}
