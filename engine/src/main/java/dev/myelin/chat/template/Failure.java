package dev.myelin.chat.template;

/** What goes wrong inside; {@link Template} adds line and column. */
final class Failure extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Offset in the template, or -1: where the render is. */
  final int at;

  /** Whether the template itself raised it. */
  final boolean raised;

  Failure(String message) {
    this(message, -1, false);
  }

  Failure(String message, int at) {
    this(message, at, false);
  }

  Failure(String message, int at, boolean raised) {
    super(message, null, false, false);
    this.at = at;
    this.raised = raised;
  }
}
