package dev.myelin.bindings.loader;

import dev.myelin.bindings.ElfFile;
import dev.myelin.bindings.NativeLoadException;
import dev.myelin.bindings.NativeSymbols;
import dev.myelin.bindings.cuda.CudaFunctions;
import dev.myelin.bindings.cuda.Cuda_h;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * What came of looking for libmyelin-cuda. It is loaded where it was built and a driver and a
 * device are; anything else is no error but an {@link Absence}, and where there is no driver it was
 * not even opened.
 *
 * @param file where it is, or would be
 * @param absence why it cannot be used, none where it can
 * @param reason the same in one line, empty where it can be used
 * @param devices how many there are, 0 where it cannot be used
 */
public record CudaSearch(Path file, Optional<Absence> absence, String reason, int devices) {
  /** Why there is no libmyelin-cuda to compute with. */
  public enum Absence {
    NOT_BUILT,
    NO_DRIVER,
    /** The file is no library for this machine, another library, or of another version. */
    INCOMPATIBLE,
    /** There is a driver, but no device, or none that it can use. */
    NO_DEVICE
  }

  /**
   * Where NVIDIA's driver shows itself.
   *
   * @param control a file of the kernel's part
   * @param library its library, as the dynamic linker finds it
   */
  record Driver(Path control, String library) {
    static final Driver NVIDIA = new Driver(Path.of("/dev/nvidiactl"), "libcuda.so.1");
  }

  private static final String VERSION_SYMBOL = "myelin_cuda_abi_version";
  private static final String LIBRARY = System.mapLibraryName("myelin-cuda");
  private static final boolean IS_ELF = System.mapLibraryName("").endsWith(".so");

  /**
   * Looks on the first call, and returns the same answer from then on: at the system property
   * {@code myelin.cuda}, else in {@code native/build-cuda/lib} of {@link NativeLibraries#home}.
   */
  public static CudaSearch result() {
    return Holder.RESULT;
  }

  /** Whether the library is loaded and has devices. */
  public boolean isUsable() {
    return absence.isEmpty();
  }

  private static final class Holder {
    static final CudaSearch RESULT = search();

    private static CudaSearch search() {
      try {
        return find(location(), Driver.NVIDIA);
      } catch (NativeLoadException e) {
        return absent(Path.of(LIBRARY), Absence.NOT_BUILT, e.getMessage());
      }
    }
  }

  private static Path location() {
    String named = System.getProperty("myelin.cuda");
    return named != null
        ? Path.of(named).toAbsolutePath()
        : NativeLibraries.home().resolve("native/build-cuda/lib").resolve(LIBRARY);
  }

  /** Looks for the library at {@code file}, and loads it where that driver is. */
  static CudaSearch find(Path file, Driver driver) {
    if (!Files.isRegularFile(file)) {
      return absent(
          file, Absence.NOT_BUILT, "no libmyelin-cuda at " + file + "; `make cuda` builds it");
    }
    if (!Files.exists(driver.control)) {
      return absent(file, Absence.NO_DRIVER, "no NVIDIA driver: there is no " + driver.control);
    }
    try {
      NativeLibraries.requireNativeAccess();
    } catch (NativeLoadException e) {
      return absent(file, Absence.INCOMPATIBLE, e.getMessage());
    }
    // The driver stays: libmyelin-cuda opens it too.
    if (open(driver.library, Arena.global()).isEmpty()) {
      String message = "no NVIDIA driver: %s cannot be loaded";
      return absent(file, Absence.NO_DRIVER, message.formatted(driver.library));
    }
    String unfit = loadAndCheck(file);
    if (!unfit.isEmpty()) {
      return absent(file, Absence.INCOMPATIBLE, unfit);
    }
    return countDevices(file);
  }

  /**
   * Opens the library by itself, asks for its version, and loads it for the bindings if it fits.
   */
  private static String loadAndCheck(Path file) {
    try (Arena arena = Arena.ofConfined()) {
      boolean whole = !IS_ELF || ElfFile.isComplete(file);
      Optional<SymbolLookup> library = whole ? open(file.toString(), arena) : Optional.empty();
      if (library.isEmpty()) {
        return file + " is no library for this machine";
      }
      Optional<MemorySegment> symbol = library.get().find(VERSION_SYMBOL);
      if (symbol.isEmpty()) {
        return file + " is another library: it has no " + VERSION_SYMBOL;
      }
      int version = NativeLibraries.callInt(symbol.get());
      if (version != Cuda_h.MYELIN_CUDA_ABI_VERSION()) {
        return "%s has interface version %s, these bindings expect %s; `make cuda` compiles it again"
            .formatted(file, version, Cuda_h.MYELIN_CUDA_ABI_VERSION());
      }
      NativeSymbols.open(file);
      NativeSymbols.require(file, CudaFunctions.NAMES);
      return "";
    } catch (NativeLoadException e) {
      return e.getMessage();
    } catch (Throwable e) {
      return file + " cannot be loaded: " + e;
    }
  }

  private static CudaSearch countDevices(Path file) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment count = arena.allocate(ValueLayout.JAVA_INT);
      int status = Cuda_h.myelin_cuda_device_count(count);
      return status == Cuda_h.MYELIN_CUDA_OK()
          ? new CudaSearch(file, Optional.empty(), "", count.get(ValueLayout.JAVA_INT, 0))
          : absent(file, Absence.NO_DEVICE, statusText(status));
    }
  }

  private static Optional<SymbolLookup> open(String library, Arena scope) {
    try {
      return Optional.of(SymbolLookup.libraryLookup(library, scope));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  /** What a status of libmyelin-cuda says. */
  public static String statusText(int status) {
    return Cuda_h.myelin_cuda_status_string(status).getString(0);
  }

  private static CudaSearch absent(Path file, Absence absence, String reason) {
    return new CudaSearch(file, Optional.of(absence), reason, 0);
  }
}
