package dev.myelin.bindings;

/** A native library that cannot be found, loaded or called. The message is one line. */
public class NativeLoadException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public NativeLoadException(String message) {
    super(message);
  }

  public NativeLoadException(String message, Throwable cause) {
    super(message, cause);
  }
}
