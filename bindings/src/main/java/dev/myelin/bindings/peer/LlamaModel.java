package dev.myelin.bindings.peer;

import dev.myelin.bindings.NativeLoadException;
import dev.myelin.bindings.llama.Llama_h;
import dev.myelin.bindings.llama.ggml_backend_sched_eval_callback;
import dev.myelin.bindings.llama.llama_model_params;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/** A checkpoint loaded by libllama on the CPU. Contexts must be closed before it. */
public final class LlamaModel implements AutoCloseable {
  private MemorySegment model;

  /**
   * @param vocabularyOnly reads the tokenizer alone
   * @param repack lets libllama repack weights, its default
   */
  public record Options(boolean vocabularyOnly, boolean repack) {
    public static final Options DEFAULT = new Options(false, true);
    public static final Options VOCABULARY_ONLY = new Options(true, true);

    /** Uses the weights in the file's layout, as Myelin does. */
    public static final Options NO_REPACK = new Options(false, false);
  }

  private LlamaModel(MemorySegment model) {
    this.model = model;
  }

  /**
   * Loads a checkpoint.
   *
   * @throws NativeLoadException with libllama's own message if it refuses
   */
  public static LlamaModel load(Path file, Options options) {
    LlamaCpp.load();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment params = Llama_h.llama_model_default_params(arena);
      llama_model_params.n_gpu_layers(params, 0);
      llama_model_params.vocab_only(params, options.vocabularyOnly());
      llama_model_params.use_extra_bufts(params, options.repack());
      MemorySegment model =
          Llama_h.llama_model_load_from_file(arena.allocateFrom(file.toString()), params);
      if (model.address() == 0) {
        throw LlamaCpp.failure("cannot load " + file);
      }
      return new LlamaModel(model);
    }
  }

  /**
   * Reads a LoRA adapter; for {@link LlamaContext#setAdapters}.
   *
   * @throws NativeLoadException with libllama's own message if it refuses
   */
  public LlamaAdapter loadAdapter(Path file) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment adapter =
          Llama_h.llama_adapter_lora_init(address(), arena.allocateFrom(file.toString()));
      if (adapter.address() == 0) {
        throw LlamaCpp.failure("cannot load the adapter " + file);
      }
      return new LlamaAdapter(this, adapter);
    }
  }

  public LlamaContext createContext(LlamaContext.Options options) {
    return new LlamaContext(this, options, null);
  }

  /**
   * Creates a context whose operations are observed.
   *
   * @param observer called before each operation, to say whether it is of interest, and if so again
   *     after it
   */
  public LlamaContext createContext(
      LlamaContext.Options options, ggml_backend_sched_eval_callback.Function observer) {
    return new LlamaContext(this, options, observer);
  }

  /** Number of tokens. */
  public int vocabularySize() {
    return Llama_h.llama_vocab_n_tokens(vocabulary());
  }

  /** Length of the embedding of a position, or of a pooled vector. */
  public int embeddingLength() {
    return EncoderFunctions.outputWidth(address());
  }

  /** Number of scores that the model's classifier gives a sequence. */
  public int classes() {
    return EncoderFunctions.classes(address());
  }

  /** Whether a decoder attends to an encoder's output: {@link LlamaContext#encode} comes first. */
  public boolean isEncoderDecoder() {
    return EncoderFunctions.hasEncoder(address()) && EncoderFunctions.hasDecoder(address());
  }

  /** Text to token ids; with BOS and EOS as the file specifies if {@code addSpecial}. */
  public int[] tokenize(String text, boolean addSpecial, boolean parseSpecial) {
    return tokenize(text.getBytes(StandardCharsets.UTF_8), addSpecial, parseSpecial);
  }

  /** Tokenizes raw bytes, which need not be UTF-8. */
  public int[] tokenize(byte[] utf8, boolean addSpecial, boolean parseSpecial) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment text = arena.allocateFrom(ValueLayout.JAVA_BYTE, utf8);
      int capacity = utf8.length + 8;
      while (true) {
        MemorySegment ids = arena.allocate(ValueLayout.JAVA_INT, capacity);
        int n =
            Llama_h.llama_tokenize(
                vocabulary(), text, utf8.length, ids, capacity, addSpecial, parseSpecial);
        if (n >= 0) {
          return ids.asSlice(0, (long) n * Integer.BYTES).toArray(ValueLayout.JAVA_INT);
        }
        if (n == Integer.MIN_VALUE || -n <= capacity) {
          throw LlamaCpp.failure("cannot tokenize " + utf8.length + " bytes");
        }
        capacity = -n;
      }
    }
  }

  /** The bytes of a token; empty for a control token unless {@code renderSpecial}. */
  public byte[] piece(int token, boolean renderSpecial) {
    try (Arena arena = Arena.ofConfined()) {
      int capacity = 64;
      while (true) {
        MemorySegment bytes = arena.allocate(capacity);
        int n =
            Llama_h.llama_token_to_piece(vocabulary(), token, bytes, capacity, 0, renderSpecial);
        if (n >= 0) {
          return bytes.asSlice(0, n).toArray(ValueLayout.JAVA_BYTE);
        }
        capacity = -n;
      }
    }
  }

  /**
   * Token ids to the bytes of a text.
   *
   * @param removeSpecial leaves out BOS and EOS
   */
  public byte[] detokenize(int[] tokens, boolean removeSpecial, boolean renderSpecial) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment ids = arena.allocateFrom(ValueLayout.JAVA_INT, tokens);
      int capacity = 16 + 8 * tokens.length;
      while (true) {
        MemorySegment text = arena.allocate(capacity);
        int n =
            Llama_h.llama_detokenize(
                vocabulary(), ids, tokens.length, text, capacity, removeSpecial, renderSpecial);
        if (n >= 0) {
          return text.asSlice(0, n).toArray(ValueLayout.JAVA_BYTE);
        }
        capacity = -n;
      }
    }
  }

  MemorySegment address() {
    if (model == null) {
      throw new IllegalStateException("libllama: the model is closed");
    }
    return model;
  }

  private MemorySegment vocabulary() {
    return Llama_h.llama_model_get_vocab(address());
  }

  @Override
  public void close() {
    if (model != null) {
      Llama_h.llama_model_free(model);
      model = null;
    }
  }
}
