package dev.myelin.bindings.peer;

import dev.myelin.bindings.ggml.Ggml_h;
import dev.myelin.bindings.ggml.ggml_threadpool_params;
import dev.myelin.bindings.llama.Llama_h;
import dev.myelin.bindings.llama.ggml_backend_sched_eval_callback;
import dev.myelin.bindings.llama.llama_batch;
import dev.myelin.bindings.llama.llama_context_params;
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

  /**
   * @param contextLength maximum number of positions, rounded up by libllama
   * @param batch maximum number of tokens per batch
   * @param threads number of threads
   * @param cacheType ggml's id of the type of keys and values: 0 is f32, 1 f16, 8 q8_0
   */
  public record Options(
      int contextLength, int batch, int threads, int cacheType, FlashAttention flashAttention) {}

  private final Arena arena = Arena.ofShared();
  private final LlamaModel model;
  private final Options options;
  private final MemorySegment threadpool;
  private final MemorySegment batch;
  private final MemorySegment tokens;
  private final MemorySegment outputs;
  private final long vocabulary;
  private MemorySegment context;
  private int position;

  LlamaContext(
      LlamaModel model, Options options, ggml_backend_sched_eval_callback.Function observer) {
    this.model = model;
    this.options = options;
    this.vocabulary = model.vocabularySize();
    MemorySegment params = Llama_h.llama_context_default_params(arena);
    llama_context_params.n_ctx(params, options.contextLength());
    llama_context_params.n_batch(params, options.batch());
    llama_context_params.n_ubatch(params, options.batch());
    // every position may be an output
    llama_context_params.n_outputs_max_per_seq(params, 0);
    llama_context_params.n_threads(params, options.threads());
    llama_context_params.n_threads_batch(params, options.threads());
    llama_context_params.type_k(params, options.cacheType());
    llama_context_params.type_v(params, options.cacheType());
    llama_context_params.flash_attn_type(params, options.flashAttention().value);
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

  /** Receives the logits of a position, f32 [vocabulary], valid during the call only. */
  @FunctionalInterface
  public interface LogitsSink {
    void accept(int position, MemorySegment logits);
  }

  /** Number of tokens in the sequence. */
  public int position() {
    return position;
  }

  /**
   * Appends tokens, a batch at a time.
   *
   * @return the logits of the last one, f32 [vocabulary], valid until the next call
   */
  public MemorySegment feed(int... ids) {
    int count = 0;
    for (int from = 0; from < ids.length; from += count) {
      count = Math.min(options.batch(), ids.length - from);
      decode(ids, from, count, false);
    }
    return logits(count - 1);
  }

  /** Appends tokens and hands out the logits of every position. */
  public void feedAll(int[] ids, LogitsSink sink) {
    int count;
    for (int from = 0; from < ids.length; from += count) {
      count = Math.min(options.batch(), ids.length - from);
      int first = position;
      decode(ids, from, count, true);
      for (int i = 0; i < count; i++) {
        sink.accept(first + i, logits(i));
      }
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
    MemorySegment.copy(ids, from, tokens, ValueLayout.JAVA_INT, 0, count);
    outputs.fill((byte) (all ? 1 : 0));
    outputs.set(ValueLayout.JAVA_BYTE, count - 1L, (byte) 1);
    llama_batch.n_tokens(batch, count);
    int status = Llama_h.llama_decode(address(), batch);
    if (status != 0) {
      throw LlamaCpp.failure(
          "cannot decode %s tokens at position %s: status %s".formatted(count, position, status));
    }
    position += count;
  }

  /** Waits for the computation. */
  private MemorySegment logits(int index) {
    MemorySegment logits = Llama_h.llama_get_logits_ith(address(), index);
    if (logits.address() == 0) {
      throw LlamaCpp.failure("no logits at " + index + " of the last batch");
    }
    return logits.reinterpret(vocabulary * Float.BYTES).asReadOnly();
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
