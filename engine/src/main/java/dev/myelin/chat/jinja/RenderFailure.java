package dev.myelin.chat.jinja;

import com.hubspot.jinjava.interpret.InterpretException;

/** Ends a rendering. Of Jinjava's own family, so that its nodes let it through unchanged. */
final class RenderFailure extends InterpretException {
  private static final long serialVersionUID = 1L;

  private final boolean raised;

  RenderFailure(String message) {
    this(message, false);
  }

  RenderFailure(String message, boolean raised) {
    super(message);
    this.raised = raised;
  }

  /** A failure at a line other than that of the node being rendered. */
  RenderFailure(String message, int line) {
    super(message, line);
    this.raised = false;
  }

  boolean raised() {
    return raised;
  }
}
