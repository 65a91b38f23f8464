package dev.myelin.bindings.loader;

import dev.myelin.bindings.NativeLoadException;
import dev.myelin.bindings.NativeSymbols;
import dev.myelin.bindings.ggml.Ggml_h;
import dev.myelin.bindings.ggml.ggml_tensor;
import dev.myelin.bindings.kernels.MyelinFunctions;
import dev.myelin.bindings.kernels.Myelin_h;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Checks libmyelin when it is loaded. */
public final class MyelinLibrary {
  /** The environment variable that chooses the kernels. */
  private static final String ISA = "MYELIN_ISA";

  private MyelinLibrary() {}

  /** Checks the library's version and layout. */
  static void check(Path file) {
    NativeSymbols.require(file, List.of("myelin_abi_version"));
    int version = Myelin_h.myelin_abi_version();
    if (version != Myelin_h.MYELIN_ABI_VERSION()) {
      throw new NativeLoadException(
          "libmyelin has interface version "
              + version
              + ", these bindings expect "
              + Myelin_h.MYELIN_ABI_VERSION()
              + advice());
    }
    requireAll(file);
    int layout =
        Myelin_h.myelin_check_tensor_layout(
            ggml_tensor.ne$offset(),
            ggml_tensor.nb$offset(),
            ggml_tensor.src$offset(),
            ggml_tensor.data$offset());
    if (layout != Myelin_h.MYELIN_OK()) {
      throw new NativeLoadException("libmyelin was compiled for another layout of ggml_tensor");
    }
  }

  /** Checks MYELIN_ISA, and redirects ggml's log to the library's buffer. */
  static void initialize() {
    if (Myelin_h.myelin_isa_status() != Myelin_h.MYELIN_OK()) {
      throw new NativeLoadException(
          "MYELIN_ISA "
              + System.getenv(ISA)
              + ": this CPU supports "
              + String.join(", ", isaNames()));
    }
    Ggml_h.ggml_log_set(NativeSymbols.lookup().findOrThrow("myelin_log_sink"), MemorySegment.NULL);
  }

  /** The values of MYELIN_ISA that this CPU supports, best first; the library must be loaded. */
  public static List<String> isaNames() {
    List<String> names = new ArrayList<>();
    MemorySegment name;
    while ((name = Myelin_h.myelin_isa_name(names.size())).address() != 0) {
      names.add(name.getString(0));
    }
    return names;
  }

  /** Chooses the instruction set of the kernels, unless another one was chosen before. */
  static void requestIsa(String name) {
    try (Arena arena = Arena.ofConfined()) {
      int status = Myelin_h.myelin_isa_request(arena.allocateFrom(name));
      if (status != Myelin_h.MYELIN_OK()) {
        throw new NativeLoadException(
            "isa " + name + ": libmyelin: " + Myelin_h.myelin_status_string(status).getString(0));
      }
    }
  }

  private static void requireAll(Path file) {
    try {
      NativeSymbols.require(file, MyelinFunctions.NAMES);
    } catch (NativeLoadException e) {
      throw new NativeLoadException(e.getMessage() + advice(), e);
    }
  }

  private static String advice() {
    return LibraryFolders.home().isPresent()
        ? "; `make build` compiles it again"
        : "; myelin-bindings and myelin-natives must have the same version";
  }

  /** Takes the warnings and errors that ggml has written since the last call, newest last. */
  public static String takeLog() {
    try (Arena arena = Arena.ofConfined()) {
      long capacity = Myelin_h.MYELIN_LOG_CAPACITY() + 1L;
      MemorySegment text = arena.allocate(capacity);
      Myelin_h.myelin_log_take(text, capacity);
      return text.getString(0).strip();
    }
  }
}
