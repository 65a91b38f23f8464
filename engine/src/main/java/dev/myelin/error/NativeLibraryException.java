package dev.myelin.error;

import org.jspecify.annotations.Nullable;

/**
 * A native library that cannot be found, does not fit the bindings, or reported a failure.
 * Thread-safe.
 */
public class NativeLibraryException extends MyelinException {
  private static final long serialVersionUID = 1L;

  public NativeLibraryException(String message) {
    super(message);
  }

  public NativeLibraryException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
