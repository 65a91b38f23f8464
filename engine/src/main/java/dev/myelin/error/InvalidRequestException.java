package dev.myelin.error;

/**
 * A request that cannot be served: a token id out of range, a context too large, an empty prompt.
 * Thread-safe.
 */
public class InvalidRequestException extends MyelinException {
  private static final long serialVersionUID = 1L;

  public InvalidRequestException(String message) {
    super(message);
  }
}
