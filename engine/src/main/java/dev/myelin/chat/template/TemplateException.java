package dev.myelin.chat.template;

/** An error of parsing or rendering a template, with its position. */
public final class TemplateException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final int line;
  private final int column;
  private final boolean isRaisedByTemplate;

  TemplateException(
      String message, int line, int column, boolean raisedByTemplate, Throwable cause) {
    super(message, cause);
    this.line = line;
    this.column = column;
    this.isRaisedByTemplate = raisedByTemplate;
  }

  /** Line in the template, from 1; 0 if unknown. */
  public int line() {
    return line;
  }

  /** Column in the line, from 1, in characters; 0 if unknown. */
  public int column() {
    return column;
  }

  /** Whether the template called {@code raise_exception}. */
  public boolean isRaisedByTemplate() {
    return isRaisedByTemplate;
  }
}
