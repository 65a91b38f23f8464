package dev.myelin.natives;

import dev.myelin.bindings.NativeLoadException;
import dev.myelin.bindings.NativeSymbols;
import dev.myelin.bindings.kernels.Myelin_h;
import dev.myelin.bindings.loader.GgmlBuild;
import dev.myelin.bindings.loader.NativeLibraries;
import dev.myelin.diagnostics.FlightEvents;
import dev.myelin.diagnostics.Log;
import dev.myelin.error.NativeLibraryException;
import dev.myelin.error.Printable;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.atomic.AtomicBoolean;

/** Loads the native libraries and converts failures to the engine's exceptions. */
public final class Natives {
  private static final AtomicBoolean REPORTED = new AtomicBoolean();

  private Natives() {}

  /**
   * Loads them on the first call, and returns the same result from then on.
   *
   * @throws NativeLibraryException if a library is missing or does not fit; the first failure is
   *     kept and thrown again
   */
  public static GgmlBuild load() {
    try {
      return NativeLibraries.isLoaded() ? NativeLibraries.load() : loadAndReport();
    } catch (NativeLoadException e) {
      throw failure(e);
    }
  }

  private static GgmlBuild loadAndReport() {
    NativeLoadEvent event = FlightEvents.isRecording() ? new NativeLoadEvent() : null;
    long start = System.nanoTime();
    GgmlBuild build = NativeLibraries.load();
    long nanos = System.nanoTime() - start;
    if (REPORTED.compareAndSet(false, true)) { // of threads that all waited for it, one
      if (event != null) {
        event.record(build);
      }
      if (Log.isDebug()) {
        Log.debug(description(build) + " loaded in " + Log.milliseconds(nanos));
      }
    }
    return build;
  }

  private static String description(GgmlBuild build) {
    String isa = Isa.kernels();
    return "ggml %s (%s) of %s (%s), CPU library %s, kernels %s"
        .formatted(
            build.version(),
            build.commit(),
            build.directory(),
            build.origin(),
            build.cpuLibrary().getFileName(),
            isa.isEmpty() ? "of ggml" : isa);
  }

  /** The exception for a failure of the bindings. */
  public static NativeLibraryException failure(NativeLoadException e) {
    String message = e.getMessage();
    boolean plain = message.chars().noneMatch(Character::isISOControl);
    return new NativeLibraryException(plain ? message : Printable.of(message), e);
  }

  /** Throws unless libmyelin's status is success. */
  static void check(int status) {
    if (status != Myelin_h.MYELIN_OK()) {
      throw new NativeLibraryException(
          "libmyelin: " + Myelin_h.myelin_status_string(status).getString(0));
    }
  }

  /** The address of a function. */
  static MemorySegment symbol(String name) {
    return NativeSymbols.lookup().findOrThrow(name);
  }
}
