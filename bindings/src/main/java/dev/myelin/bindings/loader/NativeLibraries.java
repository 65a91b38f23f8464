package dev.myelin.bindings.loader;

import dev.myelin.bindings.NativeLoadException;
import dev.myelin.bindings.NativeSymbols;
import dev.myelin.bindings.ggml.GgmlFunctions;
import dev.myelin.bindings.ggml.Ggml_h;
import dev.myelin.bindings.loader.GgmlBuild.CpuLibrary;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * Loads ggml, the best of its CPU libraries, and libmyelin, once per class loader; class loaders
 * share the libraries and their state.
 *
 * <p>ggml's libraries refer to each other by relative path or name. Each is always opened by the
 * same absolute path (here, by ggml's registry, by libllama), so that the dynamic linker keeps one
 * copy of each, with one device registry.
 */
public final class NativeLibraries {
  private static volatile boolean loaded;
  private static boolean kernelsOpen;

  /** The instruction set of {@link #requestIsa}, null for none. */
  private static volatile String requestedIsa;

  private NativeLibraries() {}

  /**
   * Loads everything on the first call, and returns the same result from then on.
   *
   * @throws NativeLoadException if a library is missing or does not fit these bindings; the first
   *     failure is kept and thrown again
   */
  public static GgmlBuild load() {
    return Loaded.orThrow().build();
  }

  /** The values of MYELIN_ISA that this CPU supports, best first. Loads libmyelin only. */
  public static List<String> isaNames() {
    openKernels();
    return MyelinLibrary.isaNames();
  }

  /**
   * Chooses the instruction set of the kernels, in place of MYELIN_ISA, and of ggml's CPU library:
   * {@code scalar} and {@code none} leave ggml its best one. To be called before {@link #load}.
   *
   * @param name one of {@link #isaNames}
   * @throws NativeLoadException if another instruction set is in use
   */
  public static void requestIsa(String name) {
    if (loaded && !name.equals(requestedIsa)) {
      throw new NativeLoadException("isa " + name + ": the libraries are already loaded");
    }
    openKernels();
    MyelinLibrary.requestIsa(name);
    requestedIsa = name;
  }

  /** Opens libmyelin, which needs no other library. */
  private static synchronized void openKernels() {
    if (!kernelsOpen) {
      requireNativeAccess();
      Path file = LibraryFolders.kernels();
      NativeSymbols.open(file);
      MyelinLibrary.check(file);
      kernelsOpen = true;
    }
  }

  /** Whether {@link #load} was called and succeeded. */
  public static boolean isLoaded() {
    return loaded;
  }

  /**
   * The folder of the project or installation, from the system property {@code myelin.home} or the
   * environment variable {@code MYELIN_HOME}. There is no default: the current folder is not
   * trusted.
   *
   * @throws NativeLoadException if neither is set
   */
  public static Path home() {
    return LibraryFolders.home()
        .orElseThrow(
            () ->
                new NativeLoadException(
                    "neither the system property myelin.home nor the environment variable"
                        + " MYELIN_HOME is set"));
  }

  /** The libllama in the folder of the ggml in use: for tests and benchmarks. */
  public static Optional<Path> llamaLibrary() {
    return Loaded.orThrow().ggml().llamaLibrary();
  }

  private record Loaded(GgmlHome ggml, GgmlBuild build) {
    private static final Loaded INSTANCE;
    private static final RuntimeException FAILURE;

    static {
      Loaded loaded = null;
      RuntimeException failure = null;
      try {
        requireNativeAccess();
        // ggml's registry is per process and not thread-safe: one class loader at a time
        synchronized ("dev.myelin.bindings.loader.NativeLibraries".intern()) {
          loaded = loadAll();
        }
        NativeLibraries.loaded = true;
      } catch (NativeLoadException e) {
        failure = e;
      } catch (LinkageError | RuntimeException e) {
        failure = new NativeLoadException("cannot load ggml: " + e.getMessage(), e);
      }
      INSTANCE = loaded;
      FAILURE = failure;
    }

    static Loaded orThrow() {
      if (FAILURE != null) {
        throw new NativeLoadException(FAILURE.getMessage(), FAILURE);
      }
      return INSTANCE;
    }
  }

  static void requireNativeAccess() {
    try {
      MemorySegment.NULL.reinterpret(0);
    } catch (IllegalCallerException e) {
      throw accessDenied(NativeLibraries.class, e);
    }
  }

  /** The exception if the JVM denies native access to the module of {@code caller}. */
  public static NativeLoadException accessDenied(Class<?> caller, IllegalCallerException e) {
    Module module = caller.getModule();
    return new NativeLoadException(
        "the JVM denies native access: start it with --enable-native-access="
            + (module.isNamed() ? module.getName() : "ALL-UNNAMED"),
        e);
  }

  private static Loaded loadAll() {
    LibraryFolders.kernels();
    GgmlHome ggml = GgmlHome.find();
    // First: the other libraries refer to it by name, without a folder.
    SymbolLookup base = NativeSymbols.open(ggml.baseLibrary(), Arena.global());
    SymbolLookup front = NativeSymbols.open(ggml.mainLibrary());
    NativeSymbols.open(ggml.baseLibrary());
    requireSameBuild(ggml, base, front);
    NativeSymbols.require(ggml.baseLibrary(), List.of("ggml_version", "ggml_tensor_overhead"));
    AbiCheck.run(ggml.baseLibrary());
    NativeSymbols.require(
        ggml.mainLibrary(),
        List.of("ggml_log_set", "ggml_backend_reg_by_name", "ggml_backend_load"));
    openKernels();
    MyelinLibrary.initialize();

    List<CpuLibrary> candidates = new ArrayList<>();
    for (Path file : ggml.cpuLibraries()) {
      candidates.add(new CpuLibrary(file, score(file)));
    }
    CpuLibrary best = best(candidates, ggml.directory());
    try (Arena arena = Arena.ofConfined()) {
      boolean registered =
          Ggml_h.ggml_backend_reg_by_name(arena.allocateFrom("CPU")).address() != 0;
      if (registered && requestedIsa != null) {
        throw new NativeLoadException(
            "isa " + requestedIsa + ": this process has already loaded a CPU library of ggml");
      }
      if (!registered
          && Ggml_h.ggml_backend_load(arena.allocateFrom(best.file().toString())).address() == 0) {
        throw new NativeLoadException("ggml refused its CPU library " + best.file());
      }
    }
    NativeSymbols.open(best.file());
    NativeSymbols.require(ggml.baseLibrary(), GgmlFunctions.NAMES);
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

  /** The CPU library with the highest score, of those that belong to the requested ISA. */
  private static CpuLibrary best(List<CpuLibrary> candidates, Path directory) {
    String isa = requestedIsa;
    return candidates.stream()
        .filter(c -> isa == null || CpuVariants.allows(isa, c.file()))
        .max(Comparator.comparingInt(CpuLibrary::score))
        .filter(c -> c.score() > 0)
        .orElseThrow(
            () ->
                new NativeLoadException(
                    isa == null
                        ? "no CPU library in " + directory + " runs on this processor"
                        : "isa " + isa + ": no CPU library in " + directory + " is for it"));
  }

  /**
   * If a library of that name is loaded already, the dynamic linker uses it, even from another
   * folder: of another application, or an older deployment of this one. The same build is accepted.
   */
  private static void requireSameBuild(GgmlHome ggml, SymbolLookup base, SymbolLookup front) {
    String symbol = "ggml_version";
    Optional<MemorySegment> own = base.find(symbol);
    Optional<MemorySegment> used = front.find(symbol);
    if (own.isEmpty() || used.isEmpty() || own.get().equals(used.get())) {
      return;
    }
    String mine = versionAndCommit(base);
    String loaded = versionAndCommit(front);
    if (!mine.equals(loaded)) {
      throw new NativeLoadException(
          "ggml %s of %s: this process has already loaded another one, ggml %s"
              .formatted(mine, ggml.directory(), loaded));
    }
  }

  private static String versionAndCommit(SymbolLookup library) {
    String version = NativeSymbols.callString(library, "ggml_version").orElse("unknown");
    String commit = NativeSymbols.callString(library, "ggml_commit").orElse("unknown");
    return version + " (" + commit + ")";
  }

  /** The score of a CPU library on this machine, 0 if it does not run; 1 if it reports none. */
  private static int score(Path file) {
    NativeSymbols.requireComplete(file);
    try (Arena arena = Arena.ofConfined()) {
      Optional<MemorySegment> symbol =
          SymbolLookup.libraryLookup(file, arena).find("ggml_backend_score");
      if (symbol.isEmpty()) {
        return 1;
      }
      return callInt(symbol.get());
    } catch (IllegalArgumentException e) {
      return 0;
    } catch (Throwable e) {
      throw new NativeLoadException("cannot get the score of " + file, e);
    }
  }

  /** Calls a function {@code int f(void)}. */
  static int callInt(MemorySegment function) throws Throwable {
    return (int)
        Linker.nativeLinker()
            .downcallHandle(function, FunctionDescriptor.of(ValueLayout.JAVA_INT))
            .invokeExact();
  }
}
