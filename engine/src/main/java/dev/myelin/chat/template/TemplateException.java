package dev.myelin.chat.template;

/** A template that could not be parsed or rendered, and the place in it where it failed. */
public final class TemplateException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final int line;
  private final int column;
  private final boolean raised;

  TemplateException(String message, int line, int column, boolean raised, Throwable cause) {
    super(message, cause);
    this.line = line;
    this.column = column;
    this.raised = raised;
  }

  /** Line of the template, from 1; 0 where none can be named. */
  public int line() {
    return line;
  }

  /** Column in that line, from 1, in characters; 0 where none can be named. */
  public int column() {
    return column;
  }

  /** Whether the template itself refused the messages, by {@code raise_exception}. */
  public boolean raised() {
    return raised;
  }
}
