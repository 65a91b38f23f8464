package dev.myelin.bindings;

import dev.myelin.bindings.GgmlBuild.CpuLibrary;
import dev.myelin.bindings.ggml.Ggml_h;
import dev.myelin.error.NativeLibraryException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * Loads ggml, the CPU library that suits this machine, and Myelin's own kernels, once a process.
 *
 * <p>The libraries go through {@link System#load}, so that the generated bindings find their
 * symbols by the class loader. ggml's libraries refer to each other by relative path, and each is
 * opened by the same absolute path wherever it is opened (here, by ggml's registry, by libllama):
 * the dynamic linker then keeps one copy of each, with one registry of devices.
 */
public final class NativeLibraries {
  private NativeLibraries() {}

  /**
   * Loads everything on the first call and returns the same answer from then on.
   *
   * @throws NativeLibraryException if a library is missing or does not fit these bindings; the
   *     first failure is kept and thrown again
   */
  public static GgmlBuild load() {
    return Loaded.orThrow().build();
  }

  /** The folder of the project or installation, from the system property {@code myelin.home}. */
  public static Path home() {
    String home = System.getProperty("myelin.home", System.getenv("MYELIN_HOME"));
    return Path.of(home == null ? "." : home).toAbsolutePath().normalize();
  }

  /** The libllama beside the ggml in use: the oracle of tests, the peer of benchmarks. */
  public static Optional<Path> llama() {
    return Loaded.orThrow().ggml().llama();
  }

  private record Loaded(GgmlHome ggml, GgmlBuild build) {
    private static final Loaded INSTANCE;
    private static final RuntimeException FAILURE;

    static {
      Loaded loaded = null;
      RuntimeException failure = null;
      try {
        loaded = loadAll(home());
      } catch (NativeLibraryException e) {
        failure = e;
      } catch (UnsatisfiedLinkError | RuntimeException e) {
        failure = new NativeLibraryException("cannot load ggml: " + e.getMessage(), e);
      }
      INSTANCE = loaded;
      FAILURE = failure;
    }

    static Loaded orThrow() {
      if (FAILURE != null) {
        throw new NativeLibraryException(FAILURE.getMessage(), FAILURE);
      }
      return INSTANCE;
    }
  }

  private static Loaded loadAll(Path home) {
    GgmlHome ggml = GgmlHome.find(home);
    System.load(ggml.base().toString());
    AbiCheck.run(ggml.base());
    System.load(ggml.front().toString());
    System.load(kernels(home).toString());
    KernelsLibrary.start();

    List<CpuLibrary> candidates = new ArrayList<>();
    for (Path file : ggml.cpuLibraries()) {
      candidates.add(new CpuLibrary(file, score(file)));
    }
    CpuLibrary best =
        candidates.stream()
            .max(Comparator.comparingInt(CpuLibrary::score))
            .filter(c -> c.score() > 0)
            .orElseThrow(
                () ->
                    new NativeLibraryException(
                        "no CPU library in " + ggml.directory() + " runs on this processor"));
    try (Arena arena = Arena.ofConfined()) {
      if (Ggml_h.ggml_backend_reg_by_name(arena.allocateFrom("CPU")).address() == 0
          && Ggml_h.ggml_backend_load(arena.allocateFrom(best.file().toString())).address() == 0) {
        throw new NativeLibraryException("ggml refused its CPU library " + best.file());
      }
    }
    System.load(best.file().toString());
    return new Loaded(
        ggml,
        new GgmlBuild(
            ggml.directory(),
            ggml.origin(),
            Ggml_h.ggml_version().getString(0),
            Ggml_h.ggml_commit().getString(0),
            best.file(),
            List.copyOf(candidates)));
  }

  /** Asks a CPU library how well it suits this machine; one without an opinion suits any. */
  private static int score(Path file) {
    try (Arena arena = Arena.ofConfined()) {
      Optional<MemorySegment> symbol =
          SymbolLookup.libraryLookup(file, arena).find("ggml_backend_score");
      if (symbol.isEmpty()) {
        return 1;
      }
      return call(symbol.get());
    } catch (IllegalArgumentException e) {
      return 0;
    } catch (Throwable e) {
      throw new NativeLibraryException("cannot ask " + file + " for its score", e);
    }
  }

  /** Calls a function without parameters that gives an int. */
  static int call(MemorySegment function) throws Throwable {
    return (int)
        Linker.nativeLinker()
            .downcallHandle(function, FunctionDescriptor.of(ValueLayout.JAVA_INT))
            .invokeExact();
  }

  private static Path kernels(Path home) {
    String name = System.mapLibraryName("myelin");
    String named = System.getProperty("myelin.kernels");
    Path file = named != null ? Path.of(named) : home.resolve("native/build/lib").resolve(name);
    if (!Files.isRegularFile(file)) {
      throw new NativeLibraryException(
          "no " + name + " at " + file.getParent() + "; `make build` compiles it");
    }
    return file;
  }
}
