package dev.myelin.error;

import org.jspecify.annotations.Nullable;

/**
 * The root of everything Myelin throws on purpose. The message is one line that names the offending
 * file, key, tensor or value; the command line prints it as it is. Thread-safe.
 */
public class MyelinException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public MyelinException(String message) {
    super(message);
  }

  public MyelinException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
