package dev.myelin.cli.chat;

import dev.myelin.cli.chat.Lines.Interrupted;

/** Puts lines together to messages: a backslash or three quotes make one of several lines. */
final class Messages {
  private static final String QUOTES = "\"\"\"";
  private static final String GOES_ON = "\\";

  /**
   * What was typed.
   *
   * @param command whether it is meant for the program, not for the model
   */
  record Message(String text, boolean command) {}

  private final Lines lines;

  Messages(Lines lines) {
    this.lines = lines;
  }

  /** The next message, null after the last one. */
  Message next() throws Interrupted {
    Line line = lines.next("> ");
    if (line == null) {
      return null;
    }
    return line.begins(QUOTES)
        ? new Message(quoted(line.after(QUOTES.length())), false)
        : new Message(continued(line), line.begins("/"));
  }

  private String quoted(Line first) throws Interrupted {
    StringBuilder message = new StringBuilder();
    Line line = first;
    while (line != null && !line.ends(QUOTES)) {
      // nothing after the opening quotes is no line
      if (line != first || !line.text().isEmpty()) {
        message.append(line.text()).append('\n');
      }
      line = lines.next(". ");
    }
    return message.append(line == null ? "" : line.without(QUOTES)).toString();
  }

  private String continued(Line first) throws Interrupted {
    StringBuilder message = new StringBuilder();
    Line line = first;
    while (line != null && line.ends(GOES_ON)) {
      message.append(line.without(GOES_ON)).append('\n');
      line = lines.next(". ");
    }
    return message.append(line == null ? "" : line.text()).toString();
  }
}
