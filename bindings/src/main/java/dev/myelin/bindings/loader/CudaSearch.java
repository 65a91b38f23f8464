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
 * The result of the search for libmyelin-cuda. The library is loaded if it exists and a driver and
 * a device are present; otherwise there is an {@link Absence}, which is not an error. Without a
 * driver the library is not opened.
 *
 * @param file its expected path
 * @param absence why it cannot be used; empty if it can
 * @param reason the same as one line of text; empty if it can be used
 * @param devices number of devices, 0 if it cannot be used
 */
public record CudaSearch(Path file, Optional<Absence> absence, String reason, int devices) {
  /** Why libmyelin-cuda cannot be used. */
  public enum Absence {
    NOT_BUILT,
    NO_DRIVER,
    /** The file is not a library for this machine, is another library, or has another version. */
    INCOMPATIBLE,
    /** There is a driver, but no device that it supports. */
    NO_DEVICE
  }

  /**
   * How NVIDIA's driver is detected.
   *
   * @param control device file of the kernel driver
   * @param library name of its library for the dynamic linker
   */
  record Driver(Path control, String library) {
    static final Driver NVIDIA = new Driver(Path.of("/dev/nvidiactl"), "libcuda.so.1");
  }

  private static final String VERSION_SYMBOL = "myelin_cuda_abi_version";
  private static final String LIBRARY = System.mapLibraryName("myelin-cuda");
  private static final boolean IS_ELF = System.mapLibraryName("").endsWith(".so");

  /**
   * Searches on the first call, and returns the same result from then on: the path in the system
   * property {@code myelin.cuda}, else the folder {@code myelin.library.path}, else {@code
   * native/build-cuda/lib} of {@link NativeLibraries#home}.
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
        Optional<Path> location = location();
        return location.isPresent()
            ? find(location.get(), Driver.NVIDIA)
            : absent(
                Path.of(LIBRARY),
                Absence.NOT_BUILT,
                "no libmyelin-cuda: the system property myelin.cuda may name it");
      } catch (NativeLoadException e) {
        return absent(Path.of(LIBRARY), Absence.NOT_BUILT, e.getMessage());
      }
    }
  }

  private static Optional<Path> location() {
    String named = System.getProperty("myelin.cuda");
    if (named != null) {
      return Optional.of(Path.of(named).toAbsolutePath());
    }
    Optional<Path> beside = LibraryFolders.libraryPath().map(f -> f.resolve(LIBRARY));
    return beside.filter(Files::isRegularFile).isPresent()
        ? beside
        : LibraryFolders.home().map(f -> f.resolve("native/build-cuda/lib").resolve(LIBRARY));
  }

  /** Loads the library at {@code file} if it exists and that driver is present. */
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
    // The driver stays open: libmyelin-cuda opens it too.
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
   * Checks the version of the library and loads it for the bindings; returns what does not fit, or
   * an empty string.
   */
  private static String loadAndCheck(Path file) {
    try (Arena arena = Arena.ofConfined()) {
      boolean whole = !IS_ELF || ElfFile.isComplete(file);
      Optional<SymbolLookup> library = whole ? open(file.toString(), arena) : Optional.empty();
      if (library.isEmpty()) {
        return file + " is not a library for this machine";
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

  /** The text of a status of libmyelin-cuda. */
  public static String statusText(int status) {
    return Cuda_h.myelin_cuda_status_string(status).getString(0);
  }

  private static CudaSearch absent(Path file, Absence absence, String reason) {
    return new CudaSearch(file, Optional.of(absence), reason, 0);
  }
}
