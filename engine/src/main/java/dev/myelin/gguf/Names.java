package dev.myelin.gguf;

import dev.myelin.error.Printable;

/** Text from a file, made fit for a message: printable, and short enough to leave room for it. */
final class Names {
  private static final int SHOWN = 80;

  private Names() {}

  static String shown(String name) {
    return shown(name, SHOWN);
  }

  /** At most {@code limit} characters, and three dots where there are more. */
  static String shown(String text, int limit) {
    String start = text.length() > limit ? text.substring(0, limit) : text;
    String printable = Printable.of(start); // escapes make it longer
    if (printable.length() > limit) {
      return printable.substring(0, limit) + "...";
    }
    return text.length() > limit ? printable + "..." : printable;
  }
}
