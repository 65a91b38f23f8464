package dev.myelin.tokenizer;

import static dev.myelin.bindings.llama.Llama_h.llama_detokenize;
import static dev.myelin.bindings.llama.Llama_h.llama_model_default_params;
import static dev.myelin.bindings.llama.Llama_h.llama_model_free;
import static dev.myelin.bindings.llama.Llama_h.llama_model_get_vocab;
import static dev.myelin.bindings.llama.Llama_h.llama_model_load_from_file;
import static dev.myelin.bindings.llama.Llama_h.llama_token_to_piece;
import static dev.myelin.bindings.llama.Llama_h.llama_tokenize;
import static dev.myelin.bindings.llama.Llama_h.llama_vocab_n_tokens;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.myelin.bindings.NativeSymbols;
import dev.myelin.bindings.llama.Llama_h;
import dev.myelin.bindings.llama.llama_model_params;
import dev.myelin.bindings.loader.NativeLibraries;
import dev.myelin.bindings.peer.LlamaCpp;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;

/** A vocabulary loaded by libllama in this JVM. */
final class OracleVocabulary implements AutoCloseable {
  private static MethodHandle isEnd;
  private static MethodHandle attribute;

  private final Arena arena = Arena.ofConfined();
  private final MemorySegment model;
  private final MemorySegment vocabulary;
  private MemorySegment buffer = arena.allocate(1 << 16);

  private OracleVocabulary(Path file) {
    MemorySegment params = llama_model_default_params(arena);
    llama_model_params.vocab_only(params, true);
    model = llama_model_load_from_file(arena.allocateFrom(file.toString()), params);
    if (model.address() == 0) {
      arena.close();
      throw new IllegalStateException("libllama does not load " + file);
    }
    vocabulary = llama_model_get_vocab(model);
  }

  /** Loads libllama, or skips the calling test. */
  static synchronized void load() {
    NativeLibraries.load();
    Optional<Path> llama = NativeLibraries.llamaLibrary();
    assumeTrue(llama.isPresent(), "skipped: no libllama beside the ggml in use");
    if (isEnd == null) {
      LlamaCpp.load();
      Llama_h.llama_log_set(silentLog(), MemorySegment.NULL);
      SymbolLookup symbols = NativeSymbols.lookup();
      isEnd =
          Linker.nativeLinker()
              .downcallHandle(
                  symbols.findOrThrow("llama_vocab_is_eog"),
                  FunctionDescriptor.of(
                      ValueLayout.JAVA_BOOLEAN, ValueLayout.ADDRESS, ValueLayout.JAVA_INT));
      attribute =
          Linker.nativeLinker()
              .downcallHandle(
                  symbols.findOrThrow("llama_vocab_get_attr"),
                  FunctionDescriptor.of(
                      ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_INT));
    }
  }

  static OracleVocabulary of(Path file) {
    load();
    return new OracleVocabulary(file);
  }

  int size() {
    return llama_vocab_n_tokens(vocabulary);
  }

  int[] encode(String text, boolean addSpecial, boolean parseSpecial) {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    try (Arena call = Arena.ofConfined()) {
      MemorySegment bytes = call.allocate(utf8.length + 1);
      MemorySegment.copy(utf8, 0, bytes, ValueLayout.JAVA_BYTE, 0, utf8.length);
      int capacity = 2 * utf8.length + 16;
      MemorySegment ids = call.allocate(ValueLayout.JAVA_INT, capacity);
      int n =
          llama_tokenize(vocabulary, bytes, utf8.length, ids, capacity, addSpecial, parseSpecial);
      return ids.asSlice(0, n * 4L).toArray(ValueLayout.JAVA_INT);
    }
  }

  byte[] decode(int[] tokens, boolean renderSpecial) {
    try (Arena call = Arena.ofConfined()) {
      MemorySegment ids = call.allocateFrom(ValueLayout.JAVA_INT, tokens);
      int n = detokenize(ids, tokens.length, renderSpecial);
      if (n < 0) {
        buffer = arena.allocate(-2L * n);
        n = detokenize(ids, tokens.length, renderSpecial);
      }
      return buffer.asSlice(0, n).toArray(ValueLayout.JAVA_BYTE);
    }
  }

  private int detokenize(MemorySegment ids, int count, boolean renderSpecial) {
    return llama_detokenize(
        vocabulary, ids, count, buffer, (int) buffer.byteSize(), false, renderSpecial);
  }

  byte[] piece(int token, boolean renderSpecial) {
    int n =
        llama_token_to_piece(vocabulary, token, buffer, (int) buffer.byteSize(), 0, renderSpecial);
    return buffer.asSlice(0, n).toArray(ValueLayout.JAVA_BYTE);
  }

  boolean isEndOfGeneration(int token) {
    try {
      return (boolean) isEnd.invokeExact(vocabulary, token);
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }

  boolean isControl(int token) {
    try {
      return ((int) attribute.invokeExact(vocabulary, token) & 1 << 3) != 0;
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }

  @Override
  public void close() {
    llama_model_free(model);
    arena.close();
  }

  /** A log callback that ignores messages. */
  private static MemorySegment silentLog() {
    try {
      MethodHandle ignore =
          MethodHandles.lookup()
              .findStatic(
                  OracleVocabulary.class,
                  "ignore",
                  MethodType.methodType(
                      void.class, int.class, MemorySegment.class, MemorySegment.class));
      return Linker.nativeLinker()
          .upcallStub(
              ignore,
              FunctionDescriptor.ofVoid(
                  ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.ADDRESS),
              Arena.global());
    } catch (ReflectiveOperationException e) {
      throw new AssertionError(e);
    }
  }

  private static void ignore(int level, MemorySegment text, MemorySegment data) {}
}
