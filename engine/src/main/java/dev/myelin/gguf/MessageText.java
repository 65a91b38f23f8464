package dev.myelin.gguf;

import dev.myelin.error.Printable;

/** Text from a file for messages: printable and shortened. */
final class MessageText {
  private static final int MAX_CHARS = 80;

  private MessageText() {}

  static String abbreviate(String text) {
    return abbreviate(text, MAX_CHARS);
  }

  /** At most {@code maxChars} characters, followed by three dots if there are more. */
  static String abbreviate(String text, int maxChars) {
    String start = text.length() > maxChars ? text.substring(0, maxChars) : text;
    String printable = Printable.of(start); // escapes make it longer
    if (printable.length() > maxChars) {
      return printable.substring(0, maxChars) + "...";
    }
    return text.length() > maxChars ? printable + "..." : printable;
  }
}
