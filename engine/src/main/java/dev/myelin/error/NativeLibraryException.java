package dev.myelin.error;

/** A native library that cannot be found, does not fit the bindings, or reported a failure. */
public class NativeLibraryException extends MyelinException {
  private static final long serialVersionUID = 1L;

  public NativeLibraryException(String message) {
    super(message);
  }

  public NativeLibraryException(String message, Throwable cause) {
    super(message, cause);
  }
}
