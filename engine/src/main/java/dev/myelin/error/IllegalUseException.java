package dev.myelin.error;

/**
 * A model or session used after it was closed, or one session used from two threads at once.
 * Thread-safe.
 */
public class IllegalUseException extends MyelinException {
  private static final long serialVersionUID = 1L;

  public IllegalUseException(String message) {
    super(message);
  }
}
