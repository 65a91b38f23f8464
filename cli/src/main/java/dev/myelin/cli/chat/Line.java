package dev.myelin.cli.chat;

/**
 * A line of a chat. Part of it may be pasted text, which is not interpreted.
 *
 * @param text without the final line end; pasted text may contain line ends
 * @param from start of the pasted part
 * @param to end of the pasted part; equal to {@code from} if nothing was pasted
 */
record Line(String text, int from, int to) {
  /** A line that was typed or piped. */
  static Line typed(String text) {
    return new Line(text, 0, 0);
  }

  /** Whether it begins with these characters and they were typed. */
  boolean startsWith(String prefix) {
    return text.startsWith(prefix) && (from == to || prefix.length() <= from);
  }

  /** Whether it ends with these characters and they were typed. */
  boolean endsWith(String suffix) {
    return text.endsWith(suffix) && (from == to || text.length() - suffix.length() >= to);
  }

  /** The line without its first characters. */
  Line withoutPrefix(int length) {
    return new Line(text.substring(length), Math.max(0, from - length), Math.max(0, to - length));
  }

  /** The text without its last characters. */
  String withoutSuffix(String end) {
    return text.substring(0, text.length() - end.length());
  }
}
