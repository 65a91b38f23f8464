package dev.myelin.cli;

import dev.myelin.cli.Lines.Interrupted;

/** Puts lines together to messages: a backslash or three quotes make one of several lines. */
final class Messages {
  private static final String QUOTES = "\"\"\"";

  private final Lines lines;

  Messages(Lines lines) {
    this.lines = lines;
  }

  /** The next message, null after the last one. */
  String next() throws Interrupted {
    String line = lines.next("> ");
    if (line == null) {
      return null;
    }
    return line.startsWith(QUOTES) ? quoted(line.substring(QUOTES.length())) : continued(line);
  }

  private String quoted(String first) throws Interrupted {
    StringBuilder message = new StringBuilder();
    String line = first;
    while (line != null && !line.endsWith(QUOTES)) {
      // nothing after the opening quotes is no line
      if (!message.isEmpty() || !line.isEmpty() || line != first) {
        message.append(line).append('\n');
      }
      line = lines.next(". ");
    }
    if (line != null) {
      message.append(line, 0, line.length() - QUOTES.length());
    }
    return message.toString();
  }

  private String continued(String first) throws Interrupted {
    StringBuilder message = new StringBuilder();
    String line = first;
    while (line != null && line.endsWith("\\")) {
      message.append(line, 0, line.length() - 1).append('\n');
      line = lines.next(". ");
    }
    return message.append(line == null ? "" : line).toString();
  }
}
