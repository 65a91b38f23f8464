package dev.myelin.error;

/** A computation that another thread asked to end. Thread-safe. */
public class CancelledException extends MyelinException {
  private static final long serialVersionUID = 1L;

  public CancelledException(String message) {
    super(message);
  }
}
