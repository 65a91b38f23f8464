package dev.myelin.bindings;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * Looks up functions in the native libraries that this class loader has opened, for the generated
 * bindings.
 *
 * <p>Libraries are opened by path, not by {@link System#load}, which ties a library to one class
 * loader: two applications in a server may both use Myelin. They stay loaded until the process
 * ends, since ggml's threads and callbacks may outlive a class loader.
 */
public final class NativeSymbols {
  private static final boolean IS_ELF = System.mapLibraryName("").endsWith(".so");
  private static final int RTLD_NOW = 2;

  private static final List<SymbolLookup> OPENED = new CopyOnWriteArrayList<>();
  private static final Map<String, MemorySegment> REQUIRED = new ConcurrentHashMap<>();

  private NativeSymbols() {}

  /** A lookup in all libraries opened so far, including those opened after this call. */
  public static SymbolLookup lookup() {
    return NativeSymbols::find;
  }

  private static Optional<MemorySegment> find(String name) {
    MemorySegment required = REQUIRED.get(name);
    if (required != null) {
      return Optional.of(required);
    }
    for (SymbolLookup library : OPENED) {
      Optional<MemorySegment> symbol = library.find(name);
      if (symbol.isPresent()) {
        return symbol;
      }
    }
    return Optional.empty();
  }

  /** Calls a function {@code const char *f(void)}; empty if the library has none. */
  public static Optional<String> callString(SymbolLookup library, String function) {
    Optional<MemorySegment> symbol = library.find(function);
    if (symbol.isEmpty()) {
      return Optional.empty();
    }
    try {
      MemorySegment text =
          (MemorySegment)
              Linker.nativeLinker()
                  .downcallHandle(symbol.get(), FunctionDescriptor.of(ValueLayout.ADDRESS))
                  .invokeExact();
      return Optional.of(text.reinterpret(Long.MAX_VALUE).getString(0));
    } catch (Throwable e) {
      throw new AssertionError(function + " cannot throw", e);
    }
  }

  /**
   * Opens a library; {@link #lookup} finds its functions from then on.
   *
   * @throws NativeLoadException if the file is truncated, not a library, or cannot be linked
   */
  public static SymbolLookup open(Path file) {
    SymbolLookup library = open(file, Arena.global());
    OPENED.add(library);
    return library;
  }

  /** Opens a library for the lifetime of {@code scope}; {@link #lookup} does not search it. */
  public static SymbolLookup open(Path file, Arena scope) {
    Path absolute = file.toAbsolutePath();
    requireComplete(absolute);
    try {
      return SymbolLookup.libraryLookup(absolute, scope);
    } catch (IllegalArgumentException e) {
      throw new NativeLoadException("cannot load " + absolute + ": " + linkerMessage(absolute), e);
    }
  }

  /** Rejects a truncated file, which the dynamic linker would map and the process would end. */
  public static void requireComplete(Path file) {
    if (IS_ELF) {
      ElfFile.findDefect(file)
          .ifPresent(
              fault -> {
                throw new NativeLoadException("cannot load " + file + ": " + fault);
              });
    }
  }

  /**
   * Checks that functions exist before any is called: with one missing, the class of the bindings
   * cannot be initialised.
   *
   * @param file the library to name in the message
   * @throws NativeLoadException naming the first that is missing
   */
  public static void require(Path file, List<String> functions) {
    List<String> missing = new ArrayList<>();
    for (String name : functions) {
      Optional<MemorySegment> symbol = find(name);
      if (symbol.isPresent()) {
        REQUIRED.put(name, symbol.get());
      } else {
        missing.add(name);
      }
    }
    if (!missing.isEmpty()) {
      int others = missing.size() - 1;
      throw new NativeLoadException(
          "%s does not fit: it lacks the function %s%s, which these bindings call"
              .formatted(
                  file, missing.getFirst(), others == 0 ? "" : " and " + others + " others"));
    }
  }

  /** Why the dynamic linker refuses a file; the JVM does not report it. */
  private static String linkerMessage(Path file) {
    if (IS_ELF) {
      Optional<String> tooOld = SystemVersions.explain(file);
      if (tooOld.isPresent()) {
        return tooOld.get();
      }
    }
    String message = askLinker(file);
    return message.contains("failed to map segment")
        ? message + "; is its folder mounted with noexec?"
        : message;
  }

  private static String askLinker(Path file) {
    Linker linker = Linker.nativeLinker();
    Optional<MemorySegment> open = linker.defaultLookup().find("dlopen");
    Optional<MemorySegment> error = linker.defaultLookup().find("dlerror");
    if (open.isEmpty() || error.isEmpty()) {
      return "the dynamic linker gives no reason";
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment handle =
          (MemorySegment)
              linker
                  .downcallHandle(
                      open.get(),
                      FunctionDescriptor.of(
                          ValueLayout.ADDRESS, ValueLayout.ADDRESS, ValueLayout.JAVA_INT))
                  .invokeExact(arena.allocateFrom(file.toString()), RTLD_NOW);
      MemorySegment text =
          (MemorySegment)
              linker
                  .downcallHandle(error.get(), FunctionDescriptor.of(ValueLayout.ADDRESS))
                  .invokeExact();
      return handle.address() != 0 || text.address() == 0
          ? "the dynamic linker gives no reason"
          : text.reinterpret(Long.MAX_VALUE).getString(0);
    } catch (Throwable e) {
      throw new AssertionError("dlopen and dlerror cannot throw", e);
    }
  }
}
