package dev.myelin.cli.chat;

/**
 * A line of a conversation, of which a part may have been pasted: that part is text, whatever it
 * looks like.
 *
 * @param text without the line's end; pasted text may have further ones
 * @param from where the pasted part begins
 * @param to where it ends; {@code from} where nothing was pasted
 */
record Line(String text, int from, int to) {
  /** A line that was typed, or came from a pipe. */
  static Line typed(String text) {
    return new Line(text, 0, 0);
  }

  /** Whether it begins with these characters, and they were typed. */
  boolean begins(String mark) {
    return text.startsWith(mark) && (from == to || mark.length() <= from);
  }

  /** Whether it ends in these characters, and they were typed. */
  boolean ends(String mark) {
    return text.endsWith(mark) && (from == to || text.length() - mark.length() >= to);
  }

  /** The line without its first characters. */
  Line after(int length) {
    return new Line(text.substring(length), Math.max(0, from - length), Math.max(0, to - length));
  }

  /** The text without its last characters. */
  String without(String end) {
    return text.substring(0, text.length() - end.length());
  }
}
