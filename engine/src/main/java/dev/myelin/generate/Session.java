package dev.myelin.generate;

import dev.myelin.diagnostics.FlightEvents;
import dev.myelin.diagnostics.Log;
import dev.myelin.error.CancelledException;
import dev.myelin.error.IllegalUseException;
import dev.myelin.error.InvalidRequestException;
import dev.myelin.graph.Graph;
import dev.myelin.model.Model;
import dev.myelin.model.ModelInfo;
import dev.myelin.pass.Batch;
import dev.myelin.pass.Output;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;

/**
 * One sequence of tokens with its KV cache, threads and compute graphs. Confined to one thread at a
 * time: concurrent use, or any use after {@link #close}, throws {@link IllegalUseException}. Only
 * {@link #cancel} may be called from any thread.
 */
public final class Session implements AutoCloseable {
  private static final Set<Output> LOGITS = EnumSet.of(Output.LOGITS);
  private static final Set<Output> HIDDEN = EnumSet.of(Output.HIDDEN);
  private static final Set<Output> SCORES = EnumSet.of(Output.SCORES);

  private static final AtomicLong COUNT = new AtomicLong();

  private final long id = COUNT.incrementAndGet();
  private final Model.Lease lease;
  private final Model model;
  private final int contextLength;
  private final int vocabulary;
  private final SequenceRunner runner;
  private final ActivationObserver observer;
  // not a reentrant lock: a sink must not use the session from inside a computation
  private final Semaphore inUse = new Semaphore(1);
  private int[] tokens = new int[64];
  private volatile int position;
  private final RunSlot runs = new RunSlot(this);
  private boolean closed;

  private Session(Model model, SessionOptions options, ActivationObserver observer) {
    this.model = model;
    this.observer = observer;
    SessionReport report = new SessionReport();
    ModelInfo info = model.info();
    contextLength = contextLength(info, options.contextLength());
    vocabulary = info.vocabulary();
    lease = model.lease();
    try {
      runner = new SequenceRunner(model, options.withContextLength(contextLength), observer);
    } catch (Throwable e) {
      lease.close();
      throw e;
    }
    report.opened(this, options);
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

  /** Its number in this process, from 1: how the log and the events name it. */
  public long id() {
    return id;
  }

  @Override
  public String toString() {
    return "session " + id;
  }

  public Model model() {
    return model;
  }

  /** The options with all defaults resolved, and the number of threads in use. */
  public SessionOptions options() {
    return runner.options();
  }

  /** The text in progress. */
  RunSlot runs() {
    return runs;
  }

  /** Number of tokens that the session holds. */
  public int position() {
    return position;
  }

  /** Maximum number of tokens. */
  public int contextLength() {
    return contextLength;
  }

  /** Size of the full KV cache in bytes. */
  public long cacheBytes() {
    return runner.stateBytes();
  }

  /** Bytes of the intermediate tensors, which depend on the batches computed so far. */
  public long bufferBytes() {
    acquire();
    try {
      return runner.bufferBytes();
    } finally {
      inUse.release();
    }
  }

  /**
   * The first operation of the model's graph whose result for a token may depend on the other
   * tokens of its batch, and the name of its first operand; empty if the model is batch invariant:
   * its results are the same bits for any company, cut of the prompt and number of threads. With
   * {@code MYELIN_ISA=none} or ggml's matmuls it is not.
   */
  public Optional<String> batchDependence() {
    acquire();
    try {
      return runner.batchDependence();
    } finally {
      inUse.release();
    }
  }

  /** The tokens that the session holds, oldest first. */
  public int[] tokens() {
    acquire();
    try {
      return Arrays.copyOf(tokens, position);
    } finally {
      inUse.release();
    }
  }

  /**
   * Appends tokens, {@link SessionOptions#batch} at a time.
   *
   * @return logits of the last one, f32 [vocabulary], valid until the session is used again
   * @throws InvalidRequestException if there are no tokens, an id is out of range, or they do not
   *     fit into the context
   * @throws CancelledException if {@link #cancel} was called; complete batches are kept
   * @throws dev.myelin.error.ModelFileException if the model file changed in the meantime; every
   *     later call fails as well
   */
  public MemorySegment feed(int... tokens) {
    acquire();
    try {
      return append(tokens);
    } finally {
      inUse.release();
    }
  }

  private MemorySegment append(int[] tokens) {
    check(tokens);
    MemorySegment logits = null;
    for (int from = 0; from < tokens.length; from += runner.options().batch()) {
      int count = Math.min(runner.options().batch(), tokens.length - from);
      logits = compute(tokens, from, count, 1);
    }
    return logits;
  }

  /** As {@link #feed}, and passes the logits of every position to the sink. */
  public void feedAll(int[] tokens, LogitsSink sink) {
    acquire();
    try {
      check(tokens);
      long row = (long) vocabulary * Float.BYTES;
      for (int from = 0; from < tokens.length; from += runner.options().batch()) {
        int count = Math.min(runner.options().batch(), tokens.length - from);
        int first = position;
        MemorySegment logits = compute(tokens, from, count, count);
        for (int i = 0; i < count; i++) {
          sink.accept(first + i, logits.asSlice(i * row, row).asReadOnly());
        }
      }
    } finally {
      inUse.release();
    }
  }

  /**
   * Appends tokens in one batch, and computes the logits of the last {@code outputs} only.
   *
   * @param tokens at most {@link SessionOptions#batch}
   * @param outputs how many logits, 1 to the number of tokens
   * @return f32 [outputs][vocabulary] in the order of the tokens, valid until the session is used
   *     again
   * @throws InvalidRequestException as {@link #feed}, and if one of the counts is out of range
   */
  public MemorySegment feedBatch(int[] tokens, int outputs) {
    acquire();
    try {
      check(tokens);
      if (tokens.length > runner.options().batch() || outputs < 1 || outputs > tokens.length) {
        throw new InvalidRequestException(
            "%s tokens, logits of %s: expected at most %s tokens, and logits of 1 to all of them"
                .formatted(tokens.length, outputs, runner.options().batch()));
      }
      return compute(tokens, 0, tokens.length, outputs);
    } finally {
      inUse.release();
    }
  }

  /**
   * Runs the encoder of an encoder-decoder model, and starts the decoder's sequence again: the
   * session then holds no tokens.
   *
   * @param tokens at most {@link SessionOptions#batch}
   * @throws InvalidRequestException if the model has no encoder, or as {@link #feed}
   */
  public void encode(int... tokens) {
    acquire();
    try {
      if (!model.info().hasEncoder()) {
        throw new InvalidRequestException(model.info().architecture() + " models have no encoder");
      }
      position = 0;
      check(tokens);
      requireOneBatch(tokens.length);
      requireNotInterrupted();
      runner.encode(tokens);
    } finally {
      inUse.release();
    }
  }

  /**
   * Replaces the session's tokens by these, and passes the hidden state of each to the sink: f32
   * [width], after the last norm. Models without a cache compute them in one pass, others {@link
   * SessionOptions#batch} at a time.
   *
   * @throws InvalidRequestException if the model has no hidden states, or as {@link #feed}
   */
  public void feedHidden(int[] tokens, LogitsSink sink) {
    acquire();
    try {
      beginWhole(tokens, Output.HIDDEN);
      long row = model.info().width() * (long) Float.BYTES;
      for (int from = 0; from < tokens.length; from += runner.options().batch()) {
        int count = Math.min(runner.options().batch(), tokens.length - from);
        MemorySegment hidden =
            compute(tokens, from, count, count, HIDDEN).output(Output.HIDDEN.tensorName());
        for (int i = 0; i < count; i++) {
          sink.accept(from + i, hidden.asSlice(i * row, row).asReadOnly());
        }
      }
    } finally {
      inUse.release();
    }
  }

  /**
   * Replaces the session's tokens by these, and computes the scores of the model's classification
   * head for them as one sequence.
   *
   * @param tokens at most {@link SessionOptions#batch}
   * @return f32 [classes], valid until the session is used again
   * @throws InvalidRequestException if the model has no such head, or as {@link #feed}
   */
  public MemorySegment feedScores(int... tokens) {
    acquire();
    try {
      beginWhole(tokens, Output.SCORES);
      requireOneBatch(tokens.length);
      return compute(tokens, 0, tokens.length, tokens.length, SCORES)
          .output(Output.SCORES.tensorName());
    } finally {
      inUse.release();
    }
  }

  private void beginWhole(int[] tokens, Output output) {
    model.info().requireOutput(output);
    position = 0;
    check(tokens);
    if (model.info().isOnePass()) {
      requireOneBatch(tokens.length);
    }
  }

  private void requireOneBatch(int count) {
    if (count > runner.options().batch()) {
      throw new InvalidRequestException(
          "%s tokens: this model needs all of them in one batch, which is %s"
              .formatted(count, runner.options().batch()));
    }
  }

  /**
   * Makes the session hold exactly these tokens: keeps the common prefix and feeds the rest, at
   * least the last token.
   *
   * @return as {@link #feed}
   */
  public MemorySegment sync(int[] tokens) {
    acquire();
    try {
      int common = commonPrefixLength(tokens);
      int before = position;
      position = common;
      try {
        return append(Arrays.copyOfRange(tokens, common, tokens.length));
      } catch (InvalidRequestException e) {
        position = before;
        throw e;
      }
    } finally {
      inUse.release();
    }
  }

  /** The number of tokens that {@link #sync} would reuse. */
  public int commonPrefix(int[] tokens) {
    acquire();
    try {
      return commonPrefixLength(tokens);
    } finally {
      inUse.release();
    }
  }

  private int commonPrefixLength(int[] tokens) {
    int length = 0;
    int limit = Math.min(position, tokens.length - 1);
    while (length < limit && this.tokens[length] == tokens[length]) {
      length++;
    }
    return length;
  }

  /**
   * Removes all but the first {@code length} tokens.
   *
   * @throws InvalidRequestException if the session holds fewer
   */
  public void truncate(int length) {
    acquire();
    try {
      if (length < 0 || length > position) {
        throw new InvalidRequestException(
            "truncate to " + length + ": the session holds " + position + " tokens");
      }
      position = length;
    } finally {
      inUse.release();
    }
  }

  /** Ends the running computation soon, and rejects further ones until {@link #resume}. */
  public void cancel() {
    runner.backend().cancel();
  }

  public boolean isCancelled() {
    return runner.backend().isCancelled();
  }

  /** Reverts {@link #cancel}. */
  public void resume() {
    runner.backend().resume();
  }

  @Override
  public void close() {
    if (!inUse.tryAcquire()) {
      throw new IllegalUseException(
          "session: cannot close, another thread is using it, or its own sink");
    }
    try {
      if (!closed) {
        closed = true;
        runner.close();
        lease.close();
        if (Log.isDebug()) {
          Log.debug(this + " closed at position " + position);
        }
      }
    } finally {
      inUse.release();
    }
  }

  /** Computes tokens after those that the session holds. */
  private MemorySegment compute(int[] ids, int from, int count, int outputs) {
    model.info().requireOutput(Output.LOGITS);
    return compute(ids, from, count, outputs, LOGITS).output(Output.LOGITS.tensorName());
  }

  private Graph compute(int[] ids, int from, int count, int outputs, Set<Output> emitted) {
    requireNotInterrupted();
    runner.restore(tokens, position);
    Batch batch = new Batch(ids, from, count, position, outputs);
    ForwardPassEvent event = FlightEvents.isRecording() ? new ForwardPassEvent() : null;
    Graph graph = runner.run(batch, emitted);
    if (event != null) {
      event.record(id, count, position, outputs);
    }
    observer.onBatch(graph.matmulInputs());
    int end = batch.end();
    if (tokens.length < end) {
      tokens = Arrays.copyOf(tokens, Math.max(end, 2 * tokens.length));
    }
    System.arraycopy(ids, from, tokens, position, count);
    position = end;
    return graph;
  }

  private void requireNotInterrupted() {
    if (Thread.currentThread().isInterrupted() && runs.isOwner()) {
      throw new CancelledException("interrupted at position " + position);
    }
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

  private void acquire() {
    if (!inUse.tryAcquire()) {
      throw new IllegalUseException("session: another thread is using it, or its own sink");
    }
    if (closed || !model.isOpen()) {
      inUse.release();
      throw new IllegalUseException(
          closed ? "the session is closed" : "the session's model is closed");
    }
  }

  private static int contextLength(ModelInfo info, int requested) {
    int length =
        requested == 0 ? Math.min(info.contextLength(), SessionOptions.DEFAULT_CONTEXT) : requested;
    if (length > info.maxPositions().orElse(Integer.MAX_VALUE)) {
      throw new InvalidRequestException(
          "context = %s: this model has learned %s positions"
              .formatted(length, info.maxPositions().getAsInt()));
    }
    return length;
  }
}
