package dev.myelin.chat.jinja;

/** A template that could not be rendered, and the line of it where it failed. */
public final class TemplateException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final int line;
  private final boolean raised;

  TemplateException(String message, int line, boolean raised, Throwable cause) {
    super(message, cause);
    this.line = line;
    this.raised = raised;
  }

  /** Line of the template, from 1; 0 where none can be named. */
  public int line() {
    return line;
  }

  /** Whether the template itself refused the messages, by {@code raise_exception}. */
  public boolean raised() {
    return raised;
  }
}
