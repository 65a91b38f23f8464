package dev.myelin.generate;

import dev.myelin.adapter.Adapter;
import dev.myelin.diagnostics.Log;
import dev.myelin.error.CancelledException;
import dev.myelin.error.IllegalUseException;
import dev.myelin.error.InvalidRequestException;
import dev.myelin.model.Model;
import dev.myelin.pass.Output;
import dev.myelin.runtime.ActivationObserver;
import dev.myelin.runtime.ModelRuntime;
import dev.myelin.runtime.Request;
import dev.myelin.runtime.RuntimeOptions;
import dev.myelin.runtime.Sequence;
import dev.myelin.snapshot.PromptCache;
import dev.myelin.snapshot.SnapshotReader;
import dev.myelin.state.PageTable;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One sequence of tokens with its KV cache, threads and compute graphs. Confined to one thread at a
 * time: concurrent use, or any use after {@link #close}, throws {@link IllegalUseException}. Only
 * {@link #cancel} may be called from any thread.
 */
public final class Session implements AutoCloseable {

  private final ModelRuntime runtime;
  private final boolean ownsRuntime;
  private final Model model;
  private final int vocabulary;
  private final int batch;
  private final Sequence sequence;
  // not a reentrant lock: a sink must not use the session from inside a computation
  private final Semaphore inUse = new Semaphore(1);
  private final RunSlot runs = new RunSlot(this);
  private @Nullable PromptCache promptCache;
  private int loadedTokens;
  private boolean closed;

  private Session(ModelRuntime runtime, Sequence sequence, boolean ownsRuntime) {
    this.runtime = runtime;
    this.sequence = sequence;
    this.ownsRuntime = ownsRuntime;
    model = runtime.model();
    vocabulary = model.info().vocabulary();
    batch = runtime.options().batch();
    promptCache = runtime.options().promptCache();
  }

  /**
   * Starts an empty session.
   *
   * @throws InvalidRequestException if the options do not suit the model
   */
  public static Session open(Model model, SessionOptions options) {
    return open(model, options, ActivationObserver.NONE);
  }

  /** Starts an empty session whose computations are observed. */
  public static Session open(Model model, SessionOptions options, ActivationObserver observer) {
    return open(model, options, options.runtimeOptions(), observer);
  }

  /**
   * Starts an empty session with memory for forks: the context of the session, and a batch of
   * tokens that the forks add. All are confined to one thread at a time, and end with the session.
   *
   * @param sequences how many sessions at most, this one included
   * @throws InvalidRequestException if the options do not suit the model
   */
  public static Session open(Model model, SessionOptions options, int sequences) {
    RuntimeOptions one = options.runtimeOptions();
    // a fork copies the page that the context ends in, and may begin another
    long forks = options.batch() + 2L * PageTable.PAGE * sequences;
    long positions = one.contextLength(model.info()) + forks;
    RuntimeOptions all =
        sequences == 1
            ? one
            : one.withSequences(sequences)
                .withCacheTokens((int) Math.min(positions, Integer.MAX_VALUE));
    return open(model, options, all, ActivationObserver.NONE);
  }

  private static Session open(
      Model model,
      SessionOptions options,
      RuntimeOptions runtimeOptions,
      ActivationObserver observer) {
    SessionReport report = new SessionReport();
    ModelRuntime own = ModelRuntime.exclusive(model, runtimeOptions, observer);
    try {
      Session session = new Session(own, own.open(), true);
      report.opened(session, options);
      return session;
    } catch (Throwable e) {
      own.close();
      throw e;
    }
  }

  /**
   * Starts an empty session that is computed together with the others of a runtime.
   *
   * @throws dev.myelin.error.CapacityException if the runtime has as many as it can
   */
  public static Session open(ModelRuntime runtime) {
    return new Session(runtime, runtime.open(), false);
  }

  /**
   * The same, with adapters of its own choice.
   *
   * @param adapters of those that the model was loaded with, with other scales if wanted; the
   *     others are left out
   * @throws InvalidRequestException if the model was loaded without one of them
   */
  public static Session open(ModelRuntime runtime, List<Adapter> adapters) {
    return new Session(runtime, runtime.open(adapters), false);
  }

  /** Starts an empty session with default options. */
  public static Session open(Model model) {
    return open(model, SessionOptions.defaults());
  }

  /** Its number in this process, from 1: how the log and the events name it. */
  public long id() {
    return sequence.id();
  }

  @Override
  public String toString() {
    return "session " + id();
  }

  public Model model() {
    return model;
  }

  /** The options with all defaults resolved, and the number of threads in use. */
  public SessionOptions options() {
    return SessionOptions.of(runtime.options());
  }

  /** The runtime that computes the session. */
  public ModelRuntime runtime() {
    return runtime;
  }

  /** The text in progress. */
  RunSlot runs() {
    return runs;
  }

  /** Number of tokens that the session holds. */
  public int position() {
    return sequence.position();
  }

  /** Maximum number of tokens. */
  public int contextLength() {
    return runtime.options().contextLength();
  }

  /**
   * Size of the full KV cache in bytes, with recurrent states and snapshots of them; that of all
   * sequences if the runtime is shared.
   */
  public long cacheBytes() {
    return runtime.stateBytes();
  }

  /** Bytes of the intermediate tensors, which depend on the batches computed so far. */
  public long bufferBytes() {
    acquire();
    try {
      return runtime.bufferBytes();
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
      return runtime.batchDependence();
    } finally {
      inUse.release();
    }
  }

  /** The tokens that the session holds, oldest first. */
  public int[] tokens() {
    acquire();
    try {
      return sequence.tokens();
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
    return compute(tokens, 0, tokens.length, 1, Output.LOGITS);
  }

  /** As {@link #feed}, and passes the logits of every position to the sink. */
  public void feedAll(int[] tokens, LogitsSink sink) {
    acquire();
    try {
      check(tokens);
      long row = (long) vocabulary * Float.BYTES;
      for (int from = 0; from < tokens.length; from += batch) {
        int count = Math.min(batch, tokens.length - from);
        int first = sequence.position();
        MemorySegment logits = compute(tokens, from, count, count, Output.LOGITS);
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
      if (tokens.length > batch || outputs < 1 || outputs > tokens.length) {
        throw outOfRange(tokens.length, outputs);
      }
      return compute(tokens, 0, tokens.length, outputs, Output.LOGITS);
    } finally {
      inUse.release();
    }
  }

  private InvalidRequestException outOfRange(int tokens, int outputs) {
    return new InvalidRequestException(
        "%s tokens, logits of %s: expected at most %s tokens, and logits of 1 to all of them"
            .formatted(tokens, outputs, batch));
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
      sequence.truncate(0);
      check(tokens);
      requireOneBatch(tokens.length);
      requireNotInterrupted();
      sequence.encode(tokens);
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
      for (int from = 0; from < tokens.length; from += batch) {
        int count = Math.min(batch, tokens.length - from);
        MemorySegment hidden = compute(tokens, from, count, count, Output.HIDDEN);
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
      return compute(tokens, 0, tokens.length, 1, Output.SCORES);
    } finally {
      inUse.release();
    }
  }

  /** What {@link Feed} computes for this session, which is in use. */
  Request request(int[] tokens, int outputs, Output output) {
    if (output == Output.LOGITS) {
      model.info().requireOutput(output);
      check(tokens);
    } else {
      beginWhole(tokens, output);
    }
    int most = tokens.length > batch || output == Output.SCORES ? 1 : tokens.length;
    if (output == Output.SCORES) {
      requireOneBatch(tokens.length);
    }
    if (outputs < 1 || outputs > most) {
      throw outOfRange(tokens.length, outputs);
    }
    requireNotInterrupted();
    return new Request(sequence, tokens, 0, tokens.length, outputs);
  }

  private void beginWhole(int[] tokens, Output output) {
    model.info().requireOutput(output);
    sequence.truncate(0);
    check(tokens);
    if (model.info().isOnePass()) {
      requireOneBatch(tokens.length);
    }
  }

  private void requireOneBatch(int count) {
    if (count > batch) {
      throw new InvalidRequestException(
          "%s tokens: this model needs all of them in one batch, which is %s"
              .formatted(count, batch));
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
      int[] rest = Arrays.copyOfRange(tokens, common, tokens.length);
      check(rest, common);
      sequence.truncate(common);
      return compute(rest, 0, rest.length, 1, Output.LOGITS);
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
    int limit = Math.min(sequence.position(), tokens.length - 1);
    while (length < limit && sequence.token(length) == tokens[length]) {
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
      sequence.truncate(length);
    } finally {
      inUse.release();
    }
  }

  /**
   * A session with the same tokens, which shares the memory of what both have computed; what either
   * feeds from now on does not change the other.
   *
   * @throws dev.myelin.error.CapacityException if the runtime has as many sequences as it can: a
   *     session that was opened without a runtime has as many as it was opened with, else one
   */
  public Session fork() {
    acquire();
    try {
      return new Session(runtime, sequence.fork(), false);
    } finally {
      inUse.release();
    }
  }

  /**
   * Removes tokens in the middle: the tokens after them move up, and are computed again, so that
   * results are as if the removed ones had never been there.
   *
   * @param from the first position to remove
   * @param to one after the last
   * @return logits of the last token, as {@link #feed}
   * @throws InvalidRequestException unless 0 &lt;= from &lt;= to &lt; {@link #position}
   */
  public MemorySegment remove(int from, int to) {
    acquire();
    try {
      if (from < 0 || from > to || to >= sequence.position()) {
        throw new InvalidRequestException(
            "remove %s to %s: the session holds %s tokens, and keeps the last one"
                .formatted(from, to, sequence.position()));
      }
      int[] rest = Arrays.copyOfRange(sequence.tokens(), to, sequence.position());
      sequence.truncate(from);
      return compute(rest, 0, rest.length, 1, Output.LOGITS);
    } finally {
      inUse.release();
    }
  }

  /**
   * Writes the session's tokens and what was computed of them to a file, from which {@link
   * #restore} continues. An existing file is replaced when the new one is complete; a new one can
   * be read by its owner only.
   *
   * @throws dev.myelin.error.ModelFileException if the file cannot be written
   */
  public void save(Path file) {
    save(file, new byte[0]);
  }

  /** As above, with data of the application. */
  void save(Path file, byte[] extra) {
    acquire();
    try {
      sequence.save(file, extra);
    } finally {
      inUse.release();
    }
  }

  /**
   * Continues a session that {@link #save} has written: results are the same bits as without the
   * break if the model is {@linkplain #batchDependence batch invariant}. The session stays empty if
   * an exception is thrown.
   *
   * @throws InvalidRequestException if this session is not empty
   * @throws dev.myelin.error.ModelFileException naming the file and why it cannot be used: it is of
   *     another model, adapter, cache type or version, longer than the context, or damaged
   * @throws dev.myelin.error.CapacityException if other sessions hold the memory that it needs
   */
  public void restore(Path file) {
    restore(file, extra -> {});
  }

  /**
   * As above.
   *
   * @param extra receives the application's data first, and may refuse it
   */
  void restore(Path file, Consumer<byte[]> extra) {
    acquire();
    try (SnapshotReader snapshot = sequence.openSnapshot(file)) {
      extra.accept(snapshot.extra());
      sequence.restore(snapshot);
    } finally {
      inUse.release();
    }
  }

  /**
   * Looks prompts up in a cache from now on, and adds them to it; for all sequences of a runtime:
   * {@link RuntimeOptions#withPromptCache}. Models with an encoder have no use for it.
   */
  public void usePromptCache(PromptCache cache) {
    acquire();
    try {
      promptCache = cache;
      runtime.prepareModel();
    } finally {
      inUse.release();
    }
  }

  /**
   * How many tokens of the prompt that was fed last were not computed, as the prompt cache, or
   * another session of the runtime, had their states.
   */
  public int loadedTokens() {
    return loadedTokens;
  }

  /** Ends the running computation soon, and rejects further ones until {@link #resume}. */
  public void cancel() {
    sequence.cancel();
  }

  public boolean isCancelled() {
    return sequence.isCancelled();
  }

  /** Reverts {@link #cancel}. */
  public void resume() {
    sequence.resume();
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
        sequence.close();
        if (ownsRuntime) {
          runtime.close();
        }
        if (Log.isDebug()) {
          Log.debug(this + " closed at position " + position());
        }
      }
    } finally {
      inUse.release();
    }
  }

  /** Computes tokens after those that the session holds. */
  private MemorySegment compute(int[] ids, int from, int count, int outputs, Output output) {
    model.info().requireOutput(output);
    requireNotInterrupted();
    loadedTokens = 0;
    PromptCache cache = promptCache;
    boolean isPrompt = count > 1 && outputs == 1 && output == Output.LOGITS;
    return cache == null || !isPrompt
        ? sequence.compute(ids, from, count, outputs, output)
        : computePrompt(cache, ids, from, count);
  }

  private MemorySegment computePrompt(PromptCache cache, int[] ids, int from, int count) {
    loadedTokens = sequence.load(cache, ids, from, count);
    int left = count - loadedTokens;
    MemorySegment logits = sequence.compute(ids, from + loadedTokens, left, 1, Output.LOGITS);
    sequence.store(cache);
    return logits;
  }

  private void requireNotInterrupted() {
    if (Thread.currentThread().isInterrupted() && runs.isOwner()) {
      throw new CancelledException("interrupted at position " + position());
    }
  }

  private void check(int[] ids) {
    check(ids, sequence.position());
  }

  private void check(int[] ids, int position) {
    if (ids.length == 0) {
      throw new InvalidRequestException("no tokens to feed: the prompt is empty");
    }
    for (int id : ids) {
      if (id < 0 || id >= vocabulary) {
        throw new InvalidRequestException(
            "token id " + id + ": the vocabulary has 0 to " + (vocabulary - 1));
      }
    }
    if (ids.length > contextLength() - position) {
      throw new InvalidRequestException(
          "%s tokens at position %s do not fit into a context of %s"
              .formatted(ids.length, position, contextLength()));
    }
  }

  void release() {
    inUse.release();
  }

  void acquire() {
    if (!inUse.tryAcquire()) {
      throw new IllegalUseException("session: another thread is using it, or its own sink");
    }
    String owner = closed ? "session" : !model.isOpen() ? "session's model" : null;
    if (owner == null && !runtime.isOpen()) {
      owner = "session's runtime";
    }
    if (owner != null) {
      inUse.release();
      throw new IllegalUseException("the " + owner + " is closed");
    }
  }
}
