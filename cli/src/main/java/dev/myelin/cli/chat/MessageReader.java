package dev.myelin.cli.chat;

import dev.myelin.cli.chat.LineSource.InterruptedLineException;

/** Joins lines to messages: a final backslash or three quotes make a multi-line message. */
final class MessageReader {
  private static final String QUOTES = "\"\"\"";
  private static final String CONTINUATION = "\\";

  /**
   * A message or command.
   *
   * @param isCommand whether it is a command, not a message for the model
   */
  record Message(String text, boolean isCommand) {}

  private final LineSource lines;

  MessageReader(LineSource lines) {
    this.lines = lines;
  }

  /** The next message, null after the last one. */
  Message next() throws InterruptedLineException {
    Line line = lines.next("> ");
    if (line == null) {
      return null;
    }
    return line.startsWith(QUOTES)
        ? new Message(readQuoted(line.withoutPrefix(QUOTES.length())), false)
        : new Message(readContinued(line), line.startsWith("/"));
  }

  private String readQuoted(Line first) throws InterruptedLineException {
    StringBuilder message = new StringBuilder();
    Line line = first;
    while (line != null && !line.endsWith(QUOTES)) {
      // an empty first line is not part of the message
      if (line != first || !line.text().isEmpty()) {
        message.append(line.text()).append('\n');
      }
      line = lines.next(". ");
    }
    return message.append(line == null ? "" : line.withoutSuffix(QUOTES)).toString();
  }

  private String readContinued(Line first) throws InterruptedLineException {
    StringBuilder message = new StringBuilder();
    Line line = first;
    while (line != null && line.endsWith(CONTINUATION)) {
      message.append(line.withoutSuffix(CONTINUATION)).append('\n');
      line = lines.next(". ");
    }
    return message.append(line == null ? "" : line.text()).toString();
  }
}
