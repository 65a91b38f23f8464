package dev.myelin.bindings.peer;

import dev.myelin.bindings.ggml.Ggml_h;
import dev.myelin.bindings.ggml.ggml_threadpool_params;
import dev.myelin.bindings.llama.Llama_h;
import dev.myelin.bindings.llama.ggml_backend_sched_eval_callback;
import dev.myelin.bindings.llama.llama_batch;
import dev.myelin.bindings.llama.llama_context_params;
import java.io.Serializable;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/** A sequence in libllama, with its cache and threads. For one thread at a time. */
public final class LlamaContext implements AutoCloseable {
  /** Polling level of idle workers, 0 to 100: the default of ggml and llama-bench. */
  private static final int POLL = 50;

  /** How attention is computed. */
  public enum FlashAttention {
    AUTO(Llama_h.LLAMA_FLASH_ATTN_TYPE_AUTO()),
    OFF(Llama_h.LLAMA_FLASH_ATTN_TYPE_DISABLED()),
    ON(Llama_h.LLAMA_FLASH_ATTN_TYPE_ENABLED());

    private final int value;

    FlashAttention(int value) {
      this.value = value;
    }
  }

  /** What is computed of a sequence, with llama.cpp's pooling type. */
  public enum Output {
    /** Logits of each position. */
    LOGITS(false, -1),
    /** Embedding of each position. */
    EMBEDDINGS(true, 0),
    /** One vector, pooled as the model's file says. */
    POOLED(true, -1),
    /** One vector, the mean of the positions. */
    MEAN(true, 1),
    /** One vector, that of the first position. */
    CLS(true, 2),
    /** One vector, that of the last position. */
    LAST(true, 3),
    /** Scores of a classifier. */
    RANK(true, 4);

    private final boolean embeddings;
    private final int pooling;

    Output(boolean embeddings, int pooling) {
      this.embeddings = embeddings;
      this.pooling = pooling;
    }

    /** Whether it is one vector a sequence, and not one a position. */
    public boolean isPooled() {
      return embeddings && this != EMBEDDINGS;
    }
  }

  /**
   * @param contextLength maximum number of positions, rounded up by libllama
   * @param batch maximum number of tokens per batch
   * @param threads number of threads
   * @param keyType ggml's id of the type of the cached keys: 0 is f32, 1 f16, 8 q8_0
   * @param valueType the same of the values, which only flash attention reads quantised
   * @param fullWindows whether layers with a sliding window cache all positions too
   */
  public record Options(
      int contextLength,
      int batch,
      int threads,
      int keyType,
      int valueType,
      FlashAttention flashAttention,
      boolean fullWindows,
      Output output)
      implements Serializable {

    /** Logits, with keys and values of one type. */
    public Options(
        int contextLength, int batch, int threads, int cacheType, FlashAttention flashAttention) {
      this(
          contextLength, batch, threads, cacheType, cacheType, flashAttention, true, Output.LOGITS);
    }

    /** One thread, an f32 cache, no flash attention: the most exact. */
    public static Options exact(int contextLength, int batch) {
      return new Options(contextLength, batch, 1, 0, FlashAttention.OFF);
    }

    public Options withCacheTypes(int keys, int values) {
      return new Options(
          contextLength, batch, threads, keys, values, flashAttention, fullWindows, output);
    }

    public Options withFlashAttention(FlashAttention value) {
      return new Options(
          contextLength, batch, threads, keyType, valueType, value, fullWindows, output);
    }

    public Options withFullWindows(boolean value) {
      return new Options(
          contextLength, batch, threads, keyType, valueType, flashAttention, value, output);
    }

    public Options withOutput(Output value) {
      return new Options(
          contextLength, batch, threads, keyType, valueType, flashAttention, fullWindows, value);
    }
  }

  private final Arena arena = Arena.ofShared();
  private final LlamaModel model;
  private final Options options;
  private final MemorySegment threadpool;
  private final MemorySegment batch;
  private final MemorySegment tokens;
  private final MemorySegment outputs;
  private final long rowLength;
  private MemorySegment context;
  private int position;
  private boolean encoded;

  LlamaContext(
      LlamaModel model, Options options, ggml_backend_sched_eval_callback.Function observer) {
    this.model = model;
    this.options = options;
    this.rowLength =
        switch (options.output()) {
          case LOGITS -> model.vocabularySize();
          case RANK -> model.classes();
          default -> model.embeddingLength();
        };
    MemorySegment params = Llama_h.llama_context_default_params(arena);
    llama_context_params.n_ctx(params, options.contextLength());
    llama_context_params.n_batch(params, options.batch());
    llama_context_params.n_ubatch(params, options.batch());
    // every position may be an output
    llama_context_params.n_outputs_max_per_seq(params, 0);
    llama_context_params.n_threads(params, options.threads());
    llama_context_params.n_threads_batch(params, options.threads());
    llama_context_params.type_k(params, options.keyType());
    llama_context_params.type_v(params, options.valueType());
    llama_context_params.flash_attn_type(params, options.flashAttention().value);
    llama_context_params.swa_full(params, options.fullWindows());
    llama_context_params.embeddings(params, options.output().embeddings);
    llama_context_params.pooling_type(params, options.output().pooling);
    if (observer != null) {
      llama_context_params.cb_eval(
          params, ggml_backend_sched_eval_callback.allocate(observer, arena));
    }
    context = Llama_h.llama_init_from_model(model.address(), params);
    if (context.address() == 0) {
      arena.close();
      throw LlamaCpp.failure("no context with " + options);
    }
    // a persistent thread pool, as in llama.cpp's programs; else each graph would start threads
    threadpool = threadpool(options.threads());
    Llama_h.llama_attach_threadpool(context, threadpool, threadpool);
    tokens = arena.allocate(ValueLayout.JAVA_INT, options.batch());
    outputs = arena.allocate(options.batch());
    batch = llama_batch.allocate(arena).fill((byte) 0);
    llama_batch.token(batch, tokens);
    llama_batch.logits(batch, outputs);
  }

  private static MemorySegment threadpool(int threads) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment params = ggml_threadpool_params.allocate(arena).fill((byte) 0);
      ggml_threadpool_params.n_threads(params, threads);
      ggml_threadpool_params.poll(params, POLL);
      return Ggml_h.ggml_threadpool_new(params);
    }
  }

  /**
   * Receives the output of a position, valid during the call only: its logits, f32 [vocabulary], or
   * its embedding, f32 [{@link LlamaModel#embeddingLength}].
   */
  @FunctionalInterface
  public interface RowSink {
    void accept(int position, MemorySegment row);
  }

  /** Number of tokens in the sequence. */
  public int position() {
    return position;
  }

  /**
   * Appends tokens, a batch at a time.
   *
   * @return the logits of the last one, f32 [vocabulary], or its embedding; valid until the next
   *     call
   */
  public MemorySegment feed(int... ids) {
    int count = 0;
    for (int from = 0; from < ids.length; from += count) {
      count = Math.min(options.batch(), ids.length - from);
      decode(ids, from, count, false);
    }
    return row(count - 1);
  }

  /**
   * Appends tokens and hands out the logits or the embedding of every position. A model without
   * logits leaves them undefined.
   */
  public void feedAll(int[] ids, RowSink sink) {
    int count;
    for (int from = 0; from < ids.length; from += count) {
      count = Math.min(options.batch(), ids.length - from);
      int first = position;
      decode(ids, from, count, true);
      for (int i = 0; i < count; i++) {
        sink.accept(first + i, row(i));
      }
    }
  }

  /**
   * Computes the pooled vector of a whole sequence, at most a batch long, in an empty context.
   *
   * @return f32 [{@link LlamaModel#embeddingLength}], or f32 [{@link LlamaModel#classes}] with
   *     {@link Output#RANK}; valid until the next call
   */
  public MemorySegment pooled(int... ids) {
    if (position > 0 || ids.length > options.batch()) {
      throw new IllegalStateException("libllama: a sequence is pooled in one batch");
    }
    decode(ids, 0, ids.length, true);
    MemorySegment vector = EncoderFunctions.pooled(address(), 0);
    if (vector.address() == 0) {
      throw LlamaCpp.failure("no pooled vector with " + options);
    }
    return vector.reinterpret(rowLength * Float.BYTES).asReadOnly();
  }

  /**
   * Encodes the tokens that an encoder-decoder model's decoder attends to, at most a batch, instead
   * of the previous ones.
   */
  public void encode(int... ids) {
    if (ids.length > options.batch()) {
      throw new IllegalStateException("libllama: the encoder's tokens are one batch");
    }
    if (options.output().isPooled()) {
      throw new IllegalStateException("libllama: an encoder's output is not pooled");
    }
    fill(ids, 0, ids.length, true);
    check(EncoderFunctions.encode(address(), batch), "encode", ids.length, 0);
    encoded = true;
  }

  /** Encodes tokens and hands out the encoder's output at every position, an embedding. */
  public void encodeAll(int[] ids, RowSink sink) {
    encode(ids);
    for (int i = 0; i < ids.length; i++) {
      sink.accept(i, embedding(i).reinterpret((long) model.embeddingLength() * Float.BYTES));
    }
  }

  /**
   * Uses these adapters from now on, instead of the previous ones.
   *
   * @param scales one per adapter
   */
  public void setAdapters(List<LlamaAdapter> adapters, float... scales) {
    if (adapters.size() != scales.length || adapters.stream().anyMatch(a -> a.model() != model)) {
      throw new IllegalStateException("libllama: adapters of this model, each with a scale");
    }
    try (Arena call = Arena.ofConfined()) {
      MemorySegment pointers = call.allocate(ValueLayout.ADDRESS, Math.max(1, scales.length));
      for (int i = 0; i < scales.length; i++) {
        pointers.setAtIndex(ValueLayout.ADDRESS, i, adapters.get(i).address());
      }
      MemorySegment factors = call.allocateFrom(ValueLayout.JAVA_FLOAT, scales);
      int status = Llama_h.llama_set_adapters_lora(address(), pointers, scales.length, factors);
      if (status != 0) {
        throw LlamaCpp.failure("cannot use " + scales.length + " adapters: status " + status);
      }
    }
  }

  /** Removes all tokens. */
  public void clear() {
    Llama_h.llama_memory_clear(Llama_h.llama_get_memory(address()), false);
    position = 0;
  }

  /** Removes all but the first {@code length} tokens. */
  public void truncate(int length) {
    MemorySegment memory = Llama_h.llama_get_memory(address());
    if (!Llama_h.llama_memory_seq_rm(memory, 0, length, -1)) {
      throw LlamaCpp.failure("cannot truncate to " + length);
    }
    position = length;
  }

  private void decode(int[] ids, int from, int count, boolean all) {
    if (position > 0 && Llama_h.llama_get_memory(address()).address() == 0) {
      throw new IllegalStateException(
          "libllama: the model has no cache: a sequence is one batch of " + options.batch());
    }
    if (!encoded && model.isEncoderDecoder()) {
      throw new IllegalStateException("libllama: the decoder needs the encoder's tokens first");
    }
    fill(ids, from, count, all);
    check(Llama_h.llama_decode(address(), batch), "decode", count, position);
    position += count;
  }

  private void fill(int[] ids, int from, int count, boolean all) {
    MemorySegment.copy(ids, from, tokens, ValueLayout.JAVA_INT, 0, count);
    outputs.fill((byte) (all || options.output().embeddings ? 1 : 0));
    outputs.set(ValueLayout.JAVA_BYTE, count - 1L, (byte) 1);
    llama_batch.n_tokens(batch, count);
  }

  private static void check(int status, String what, int count, int position) {
    if (status != 0) {
      throw LlamaCpp.failure(
          "cannot %s %s tokens at position %s: status %s".formatted(what, count, position, status));
    }
  }

  /** Waits for the computation. */
  private MemorySegment row(int index) {
    MemorySegment row =
        options.output() == Output.LOGITS
            ? Llama_h.llama_get_logits_ith(address(), index)
            : embedding(index);
    if (row.address() == 0) {
      throw LlamaCpp.failure("no output at " + index + " of the last batch");
    }
    return row.reinterpret(rowLength * Float.BYTES).asReadOnly();
  }

  private MemorySegment embedding(int index) {
    MemorySegment row = EncoderFunctions.embeddings(address(), index);
    if (row.address() == 0) {
      throw LlamaCpp.failure("no embedding at " + index + " of the last batch");
    }
    return row;
  }

  private MemorySegment address() {
    model.address();
    if (context == null) {
      throw new IllegalStateException("libllama: the context is closed");
    }
    return context;
  }

  @Override
  public void close() {
    if (context != null) {
      Llama_h.llama_free(context);
      Ggml_h.ggml_threadpool_free(threadpool);
      context = null;
      arena.close();
    }
  }
}
