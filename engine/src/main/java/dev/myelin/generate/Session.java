package dev.myelin.generate;

import dev.myelin.cache.KvCache;
import dev.myelin.error.CancelledException;
import dev.myelin.error.IllegalUseException;
import dev.myelin.error.InvalidRequestException;
import dev.myelin.error.NativeLibraryException;
import dev.myelin.graph.Backend;
import dev.myelin.graph.Threads;
import dev.myelin.model.Model;
import dev.myelin.model.config.Hyperparameters;
import dev.myelin.pass.CachedPass.Shape;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.concurrent.Semaphore;

/**
 * One sequence of tokens seen by a model: its cache, threads and graphs. Used by one thread at a
 * time; a second one at the same time, or any use after {@link #close}, throws {@link
 * IllegalUseException}. Only {@link #cancel} may be called from anywhere.
 */
public final class Session implements AutoCloseable {
  /** The cache grows into a graph by steps of so many cells, so that decoding can reuse graphs. */
  private static final int CELL_STEP = 256;

  private final Model.Lease lease;
  private final Model model;
  private final SessionOptions options;
  private final int contextLength;
  private final int vocabulary;
  private final Backend backend;
  private final KvCache cache;
  private final Graphs graphs;
  private final ActivationObserver observer;
  // not a lock, which would let a sink in again from inside a computation
  private final Semaphore use = new Semaphore(1);
  private int[] tokens = new int[64];
  private volatile int position;
  private boolean closed;

  private Session(Model model, SessionOptions options, ActivationObserver observer) {
    this.model = model;
    this.observer = observer;
    Hyperparameters hp = model.hyperparameters();
    contextLength = contextLength(hp, options.contextLength());
    vocabulary = hp.vocabulary();
    lease = model.lease();
    KvCache kv = null;
    Backend cpu = null;
    try {
      cpu = Backend.cpu(Threads.effective(options.threads(), options.forceThreads()));
      // fewer, where the system does not let more be started
      this.options = options.withThreads(cpu.threads()).withContextLength(contextLength);
      kv = cache(hp, this.options);
      graphs = new Graphs(model, kv, contextLength, observer);
    } catch (Throwable e) {
      if (kv != null) {
        kv.close();
      }
      if (cpu != null) {
        cpu.close();
      }
      lease.close();
      throw e;
    }
    cache = kv;
    backend = cpu;
  }

  /**
   * Starts an empty session.
   *
   * @throws InvalidRequestException if the options do not suit the model
   */
  public static Session open(Model model, SessionOptions options) {
    return new Session(model, options, ActivationObserver.NONE);
  }

  /** Starts an empty session whose computations are observed. */
  public static Session open(Model model, SessionOptions options, ActivationObserver observer) {
    return new Session(model, options, observer);
  }

  /** Starts an empty session with default options. */
  public static Session open(Model model) {
    return open(model, SessionOptions.defaults());
  }

  public Model model() {
    return model;
  }

  /** The options with what was left open filled in, and with the threads that compute. */
  public SessionOptions options() {
    return options;
  }

  /** Tokens seen so far. */
  public int position() {
    return position;
  }

  /** Most tokens it can see. */
  public int contextLength() {
    return contextLength;
  }

  /** Bytes that the cache takes once full. */
  public long cacheBytes() {
    return cache.bytes();
  }

  /** The tokens seen so far, oldest first. */
  public int[] tokens() {
    enter();
    try {
      return Arrays.copyOf(tokens, position);
    } finally {
      use.release();
    }
  }

  /**
   * Appends tokens, {@link SessionOptions#batch} at a time.
   *
   * @return logits of the last one, f32 [vocabulary], valid until the session is used again
   * @throws InvalidRequestException if there are none, an id is out of range, or they do not fit
   *     into the context
   * @throws CancelledException if {@link #cancel} was called; whole batches remain
   * @throws dev.myelin.error.ModelFileException if the model's file was changed meanwhile; no later
   *     call succeeds then
   */
  public MemorySegment feed(int... tokens) {
    enter();
    try {
      return append(tokens);
    } finally {
      use.release();
    }
  }

  private MemorySegment append(int[] tokens) {
    check(tokens);
    MemorySegment logits = null;
    for (int from = 0; from < tokens.length; from += options.batch()) {
      int count = Math.min(options.batch(), tokens.length - from);
      logits = compute(tokens, from, count, 1);
    }
    return logits;
  }

  /** Like {@link #feed}, and hands out the logits of every position. */
  public void feedAll(int[] tokens, LogitsSink sink) {
    enter();
    try {
      check(tokens);
      long row = (long) vocabulary * Float.BYTES;
      for (int from = 0; from < tokens.length; from += options.batch()) {
        int count = Math.min(options.batch(), tokens.length - from);
        int first = position;
        MemorySegment logits = compute(tokens, from, count, count);
        for (int i = 0; i < count; i++) {
          sink.accept(first + i, logits.asSlice(i * row, row).asReadOnly());
        }
      }
    } finally {
      use.release();
    }
  }

  /**
   * Appends tokens in one pass, and computes the logits of the last ones only.
   *
   * @param tokens at most {@link SessionOptions#batch}
   * @param outputs of how many, 1 to their number
   * @return f32 [outputs][vocabulary] in the order of the tokens, valid until the session is used
   *     again
   * @throws InvalidRequestException as {@link #feed}, and if one of the counts is out of range
   */
  public MemorySegment feedBatch(int[] tokens, int outputs) {
    enter();
    try {
      check(tokens);
      if (tokens.length > options.batch() || outputs < 1 || outputs > tokens.length) {
        throw new InvalidRequestException(
            "%s tokens, logits of %s: expected at most %s tokens, and logits of 1 to all of them"
                .formatted(tokens.length, outputs, options.batch()));
      }
      return compute(tokens, 0, tokens.length, outputs);
    } finally {
      use.release();
    }
  }

  /**
   * Makes the session hold exactly these tokens: keeps what it has in common with them at the start
   * and feeds the rest, the last one at least.
   *
   * @return as {@link #feed}
   */
  public MemorySegment sync(int[] tokens) {
    enter();
    try {
      int common = common(tokens);
      int before = position;
      position = common;
      try {
        return append(Arrays.copyOfRange(tokens, common, tokens.length));
      } catch (InvalidRequestException e) {
        position = before;
        throw e;
      }
    } finally {
      use.release();
    }
  }

  /** How many tokens {@link #sync} would not compute again. */
  public int commonPrefix(int[] tokens) {
    enter();
    try {
      return common(tokens);
    } finally {
      use.release();
    }
  }

  private int common(int[] tokens) {
    int common = 0;
    int most = Math.min(position, tokens.length - 1);
    while (common < most && this.tokens[common] == tokens[common]) {
      common++;
    }
    return common;
  }

  /**
   * Forgets all but the first {@code length} tokens.
   *
   * @throws InvalidRequestException if it has fewer
   */
  public void truncate(int length) {
    enter();
    try {
      if (length < 0 || length > position) {
        throw new InvalidRequestException(
            "truncate to " + length + ": the session holds " + position + " tokens");
      }
      position = length;
    } finally {
      use.release();
    }
  }

  /** Ends the running computation soon, and refuses further ones until {@link #resume}. */
  public void cancel() {
    backend.cancel();
  }

  public boolean isCancelled() {
    return backend.isCancelled();
  }

  /** Takes {@link #cancel} back. */
  public void resume() {
    backend.resume();
  }

  @Override
  public void close() {
    if (!use.tryAcquire()) {
      throw new IllegalUseException(
          "session: cannot close, another thread is using it, or its own sink");
    }
    try {
      if (!closed) {
        closed = true;
        graphs.close();
        cache.close();
        backend.close();
        lease.close();
      }
    } finally {
      use.release();
    }
  }

  private MemorySegment compute(int[] ids, int from, int count, int outputs) {
    if (backend.isCancelled()) {
      throw new CancelledException("cancelled at position " + position);
    }
    int end = position + count;
    int cells = Math.min(cache.cells(), Math.ceilDiv(end, CELL_STEP) * CELL_STEP);
    Graphs.Step step = graphs.step(new Shape(count, cells, outputs));
    step.fill(ids, from, position);
    if (!backend.compute(step.graph())) {
      throw new CancelledException("cancelled at position " + position);
    }
    model.requireUnchanged();
    observer.computed(step.graph().matmulInputs());
    if (tokens.length < end) {
      tokens = Arrays.copyOf(tokens, Math.max(end, 2 * tokens.length));
    }
    System.arraycopy(ids, from, tokens, position, count);
    position = end;
    return step.graph().output(Graphs.LOGITS);
  }

  private void check(int[] ids) {
    if (ids.length == 0) {
      throw new InvalidRequestException("no tokens to feed: the prompt is empty");
    }
    for (int id : ids) {
      if (id < 0 || id >= vocabulary) {
        throw new InvalidRequestException(
            "token id " + id + ": the vocabulary has 0 to " + (vocabulary - 1));
      }
    }
    if (ids.length > contextLength - position) {
      throw new InvalidRequestException(
          "%s tokens at position %s do not fit into a context of %s"
              .formatted(ids.length, position, contextLength));
    }
  }

  private void enter() {
    if (!use.tryAcquire()) {
      throw new IllegalUseException("session: another thread is using it, or its own sink");
    }
    if (closed || !model.isOpen()) {
      use.release();
      throw new IllegalUseException(
          closed ? "the session is closed" : "the session's model is closed");
    }
  }

  private static KvCache cache(Hyperparameters hp, SessionOptions options) {
    Hyperparameters.Attention a = hp.attention();
    KvCache.Shape shape = new KvCache.Shape(hp.layers(), a.kvHeads(), a.headSize());
    int context = options.contextLength();
    long cells = Math.ceilDiv((long) context, CELL_STEP) * CELL_STEP;
    if (cells > Integer.MAX_VALUE) {
      throw new InvalidRequestException("context = " + context + ": more than any cache holds");
    }
    try {
      return new KvCache(shape, (int) cells, options.cacheType());
    } catch (NativeLibraryException e) {
      throw new InvalidRequestException("context = " + context + ": " + e.getMessage());
    }
  }

  private static int contextLength(Hyperparameters hp, int asked) {
    int length = asked == 0 ? Math.min(hp.contextLength(), SessionOptions.DEFAULT_CONTEXT) : asked;
    boolean learned = hp.rope() == null;
    if (learned && length > hp.contextLength()) {
      throw new InvalidRequestException(
          "context = %s: this model has learned %s positions"
              .formatted(length, hp.contextLength()));
    }
    return length;
  }
}
