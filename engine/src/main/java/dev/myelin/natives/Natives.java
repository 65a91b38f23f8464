package dev.myelin.natives;

import dev.myelin.bindings.NativeLoadException;
import dev.myelin.bindings.loader.GgmlBuild;
import dev.myelin.bindings.loader.NativeLibraries;
import dev.myelin.error.NativeLibraryException;
import dev.myelin.error.Printable;

/** Loads the native libraries and converts failures to the engine's exceptions. */
public final class Natives {
  private Natives() {}

  /**
   * Loads them on the first call, and returns the same result from then on.
   *
   * @throws NativeLibraryException if a library is missing or does not fit; the first failure is
   *     kept and thrown again
   */
  public static GgmlBuild load() {
    try {
      return NativeLibraries.load();
    } catch (NativeLoadException e) {
      throw failure(e);
    }
  }

  /** The exception for a failure of the bindings. */
  public static NativeLibraryException failure(NativeLoadException e) {
    String message = e.getMessage();
    boolean plain = message.chars().noneMatch(Character::isISOControl);
    return new NativeLibraryException(plain ? message : Printable.of(message), e);
  }
}
