package dev.myelin.chat.template;

/**
 * An error in a template, inside the engine. {@link Template} converts it to a {@link
 * TemplateException} with line and column.
 */
final class TemplateError extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Offset in the template; -1 for the offset of the render context. */
  final int offset;

  /** Whether the template called {@code raise_exception}. */
  final boolean raisedByTemplate;

  TemplateError(String message) {
    this(message, -1, false);
  }

  TemplateError(String message, int offset) {
    this(message, offset, false);
  }

  TemplateError(String message, int offset, boolean raisedByTemplate) {
    super(message, null, false, false);
    this.offset = offset;
    this.raisedByTemplate = raisedByTemplate;
  }
}
