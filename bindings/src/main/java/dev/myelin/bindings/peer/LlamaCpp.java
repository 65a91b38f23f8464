package dev.myelin.bindings.peer;

import dev.myelin.bindings.NativeLoadException;
import dev.myelin.bindings.NativeSymbols;
import dev.myelin.bindings.ggml.ggml_log_callback;
import dev.myelin.bindings.llama.LlamaFunctions;
import dev.myelin.bindings.llama.Llama_h;
import dev.myelin.bindings.loader.MyelinLibrary;
import dev.myelin.bindings.loader.NativeLibraries;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Loads libllama from the folder of the ggml in use, so that both engines compute with the same
 * copy of ggml. Its log goes where ggml's goes, not to the terminal.
 */
public final class LlamaCpp {
  /** GGML_LOG_LEVEL_DEBUG. */
  private static final int DEBUG = 1;

  private LlamaCpp() {}

  /** Whether the folder of the ggml in use has a libllama. */
  public static boolean isAvailable() {
    return NativeLibraries.llamaLibrary().isPresent();
  }

  /**
   * Loads it on the first call.
   *
   * @return its file
   * @throws NativeLoadException if that folder has none, or it cannot be loaded
   */
  public static Path load() {
    if (Loaded.FAILURE != null) {
      throw new NativeLoadException(Loaded.FAILURE.getMessage(), Loaded.FAILURE);
    }
    return Loaded.FILE;
  }

  /** llama.cpp's description of its build and CPU features. */
  public static String systemInfo() {
    load();
    return Llama_h.llama_print_system_info().getString(0).strip();
  }

  /**
   * Writes the log of libllama and ggml to the standard error from now on, for processes that
   * libllama may abort; exceptions have no log then.
   */
  public static void logToStandardError() {
    load();
    ggml_log_callback.Function print =
        (level, text, ignored) -> {
          if (level != DEBUG) {
            System.err.print(text.reinterpret(Long.MAX_VALUE).getString(0));
          }
        };
    Llama_h.llama_log_set(ggml_log_callback.allocate(print, Arena.global()), MemorySegment.NULL);
  }

  /**
   * Quantises a checkpoint.
   *
   * @param fileType a value of {@code enum llama_ftype}: 2 is Q4_0, 7 is Q8_0, 15 is Q4_K_M
   * @throws NativeLoadException if it fails
   */
  public static void quantize(Path in, Path out, int fileType, int threads) {
    quantize(in, out, QuantizeOptions.of(fileType, threads));
  }

  /**
   * Quantises a checkpoint with more options. Without an importance matrix, types that need one end
   * the process.
   */
  public static void quantize(Path in, Path out, QuantizeOptions options) {
    load();
    try (Arena arena = Arena.ofConfined()) {
      int status =
          Llama_h.llama_model_quantize(
              arena.allocateFrom(in.toString()),
              arena.allocateFrom(out.toString()),
              options.toStruct(arena));
      if (status != 0) {
        throw failure("cannot quantise " + in);
      }
    }
  }

  /** An exception with the library's last log messages. */
  static NativeLoadException failure(String what) {
    String log = MyelinLibrary.takeLog().replaceAll("\\s*\\n\\s*", "; ");
    return new NativeLoadException("libllama: " + what + (log.isEmpty() ? "" : ": " + log));
  }

  private static final class Loaded {
    private static final Path FILE;
    private static final RuntimeException FAILURE;

    static {
      Path file = null;
      RuntimeException failure = null;
      try {
        file = loadOnce();
      } catch (NativeLoadException e) {
        failure = e;
      } catch (LinkageError | RuntimeException e) {
        failure = new NativeLoadException("cannot load libllama: " + e.getMessage(), e);
      }
      FILE = file;
      FAILURE = failure;
    }

    private static Path loadOnce() {
      Path directory = NativeLibraries.load().directory();
      Path library =
          NativeLibraries.llamaLibrary()
              .filter(Files::isRegularFile)
              .orElseThrow(
                  () ->
                      new NativeLoadException(
                          "no libllama in the folder of ggml, "
                              + directory
                              + ": the pinned build has one (unset GGML_HOME, `make build`)"));
      NativeSymbols.open(library);
      NativeSymbols.require(library, LlamaFunctions.NAMES);
      NativeSymbols.require(library, EncoderFunctions.NAMES);
      MemorySegment sink = NativeSymbols.lookup().findOrThrow("myelin_log_sink");
      Llama_h.llama_log_set(sink, MemorySegment.NULL);
      Llama_h.llama_backend_init();
      return library;
    }
  }
}
