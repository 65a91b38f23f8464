package dev.myelin.generate;

import dev.myelin.adapter.Adapter;
import dev.myelin.concurrent.ExclusiveUse;
import dev.myelin.diagnostics.Log;
import dev.myelin.error.CancelledException;
import dev.myelin.error.IllegalUseException;
import dev.myelin.error.InvalidRequestException;
import dev.myelin.model.Model;
import dev.myelin.model.ModelInfo;
import dev.myelin.pass.Output;
import dev.myelin.runtime.ActivationObserver;
import dev.myelin.runtime.ModelRuntime;
import dev.myelin.runtime.Request;
import dev.myelin.runtime.RuntimeOptions;
import dev.myelin.runtime.Sequence;
import dev.myelin.snapshot.PromptCache;
import dev.myelin.snapshot.SnapshotReader;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * One sequence of tokens with its KV cache, threads and compute graphs. Confined to one thread at a
 * time: concurrent use, or any use after {@link #close}, throws {@link IllegalUseException}. Only
 * {@link #cancel} may be called from any thread.
 */
public final class Session implements AutoCloseable {
  private final ModelRuntime runtime;
  private final boolean ownsRuntime;
  private final Sequence sequence;
  private final FeedLimits limits;
  private final RunSlot runs = new RunSlot(this);
  private final ForwardPasses passes;
  private final ExclusiveUse inUse = new ExclusiveUse();
  private boolean closed;

  private Session(ModelRuntime runtime, Sequence sequence, boolean ownsRuntime) {
    this.runtime = runtime;
    this.sequence = sequence;
    this.ownsRuntime = ownsRuntime;
    RuntimeOptions options = runtime.options();
    ModelInfo info = model().info();
    limits =
        new FeedLimits(
            info.vocabulary(), options.batch(), options.contextLength(), info.isOnePass());
    passes = new ForwardPasses(runtime, sequence, runs);
  }

  /** Starts an empty session with default options. */
  public static Session open(Model model) {
    return open(model, SessionOptions.defaults());
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
    RuntimeOptions all = options.runtimeOptions(sequences, model.info());
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

  /** Its number in this process, from 1: how the log and the events name it. */
  public long id() {
    return sequence.id();
  }

  @Override
  public String toString() {
    return "session " + id();
  }

  public Model model() {
    return runtime.model();
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
    return limits.context();
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
    try (ExclusiveUse _ = use()) {
      return runtime.bufferBytes();
    }
  }

  /**
   * The first operation of the model's graph whose result for a token may depend on the other
   * tokens of its batch, and the name of its first operand; empty if the model is batch invariant:
   * its results are the same bits for any company, cut of the prompt and number of threads. With
   * {@code MYELIN_ISA=none} or ggml's matmuls it is not.
   */
  public Optional<String> batchDependence() {
    try (ExclusiveUse _ = use()) {
      return runtime.batchDependence();
    }
  }

  /** The tokens that the session holds, oldest first. */
  public int[] tokens() {
    try (ExclusiveUse _ = use()) {
      return sequence.tokens();
    }
  }

  /**
   * Appends tokens, {@link SessionOptions#batch} at a time.
   *
   * @return logits of the last one, f32 [vocabulary], valid until the session is used again
   * @throws InvalidRequestException if there are no tokens, an id is out of range, they do not fit
   *     into the context, or they are not the whole sequence of a model that computes it in one
   *     pass
   * @throws CancelledException if {@link #cancel} was called; complete batches are kept
   * @throws dev.myelin.error.ModelFileException if the model file changed in the meantime; every
   *     later call fails as well
   */
  public MemorySegment feed(int... tokens) {
    try (ExclusiveUse _ = use()) {
      check(tokens);
      return passes.compute(tokens, 1, Output.LOGITS);
    }
  }

  /** As {@link #feed}, and passes the logits of every position to the sink. */
  public void feedAll(int[] tokens, LogitsSink sink) {
    try (ExclusiveUse _ = use()) {
      check(tokens);
      passes.computeEach(tokens, Output.LOGITS, sink);
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
    try (ExclusiveUse _ = use()) {
      check(tokens);
      limits.checkBatch(tokens.length, outputs);
      return passes.compute(tokens, outputs, Output.LOGITS);
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
    try (ExclusiveUse _ = use()) {
      ModelInfo info = model().info();
      if (!info.hasEncoder()) {
        throw new InvalidRequestException(info.architecture() + " models have no encoder");
      }
      sequence.truncate(0);
      check(tokens);
      limits.checkOneBatch(tokens.length);
      passes.requireNotInterrupted();
      sequence.encode(tokens);
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
    try (ExclusiveUse _ = use()) {
      replace(tokens, Output.HIDDEN);
      passes.computeEach(tokens, Output.HIDDEN, sink);
    }
  }

  /**
   * As {@link #feedHidden}, and passes the input of a layer to the sink instead: f32 [width].
   *
   * @param layer from 0, whose input is the embedding of the token
   * @throws InvalidRequestException if the model has no such layer, or as {@link #feed}
   */
  public void feedLayerInputs(int[] tokens, int layer, LogitsSink sink) {
    try (ExclusiveUse _ = use()) {
      Output output = Output.layerInput(layer);
      replace(tokens, output);
      passes.computeEach(tokens, output, sink);
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
    try (ExclusiveUse _ = use()) {
      replace(tokens, Output.SCORES);
      return passes.compute(tokens, 1, Output.SCORES);
    }
  }

  /** What {@link Feed} computes for this session, which is in use. */
  Request request(int[] tokens, int outputs, Output output) {
    if (output.equals(Output.LOGITS)) {
      model().info().requireOutput(output);
      check(tokens);
    } else {
      replace(tokens, output);
    }
    boolean hasOne = tokens.length > limits.batch() || output.equals(Output.SCORES);
    limits.checkOutputs(tokens.length, outputs, hasOne ? 1 : tokens.length);
    passes.requireNotInterrupted();
    return new Request(sequence, tokens, 0, tokens.length, outputs);
  }

  /** Removes all tokens, and checks those that are computed in their place. */
  private void replace(int[] tokens, Output output) {
    ModelInfo info = model().info();
    info.requireOutput(output);
    sequence.truncate(0);
    check(tokens);
    if (output.equals(Output.SCORES)) {
      limits.checkOneBatch(tokens.length);
    }
  }

  private void check(int[] tokens) {
    limits.check(tokens, sequence.position());
  }

  /**
   * Makes the session hold exactly these tokens: keeps the common prefix and feeds the rest, at
   * least the last token.
   *
   * @return as {@link #feed}
   */
  public MemorySegment sync(int[] tokens) {
    try (ExclusiveUse _ = use()) {
      int common = commonPrefixLength(tokens);
      int[] rest = Arrays.copyOfRange(tokens, common, tokens.length);
      limits.check(rest, common);
      sequence.truncate(common);
      return passes.compute(rest, 1, Output.LOGITS);
    }
  }

  /** The number of tokens that {@link #sync} would reuse. */
  public int commonPrefix(int[] tokens) {
    try (ExclusiveUse _ = use()) {
      return commonPrefixLength(tokens);
    }
  }

  private int commonPrefixLength(int[] tokens) {
    int length = 0;
    int limit = limits.isOnePass() ? 0 : Math.min(sequence.position(), tokens.length - 1);
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
    try (ExclusiveUse _ = use()) {
      sequence.truncate(length);
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
    try (ExclusiveUse _ = use()) {
      return new Session(runtime, sequence.fork(), false);
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
    try (ExclusiveUse _ = use()) {
      if (from < 0 || from > to || to >= sequence.position()) {
        throw new InvalidRequestException(
            "remove %s to %s: the session holds %s tokens, and keeps the last one"
                .formatted(from, to, sequence.position()));
      }
      int[] rest = Arrays.copyOfRange(sequence.tokens(), to, sequence.position());
      limits.check(rest, from);
      sequence.truncate(from);
      return passes.compute(rest, 1, Output.LOGITS);
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
    try (ExclusiveUse _ = use()) {
      sequence.save(file, extra);
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
    try (ExclusiveUse _ = use();
        SnapshotReader snapshot = sequence.openSnapshot(file)) {
      extra.accept(snapshot.extra());
      sequence.restore(snapshot);
    }
  }

  /**
   * Looks prompts up in a cache from now on, and adds them to it; for all sequences of a runtime:
   * {@link RuntimeOptions#withPromptCache}. Models with an encoder have no use for it.
   */
  public void usePromptCache(PromptCache cache) {
    try (ExclusiveUse _ = use()) {
      passes.usePromptCache(cache);
      runtime.prepareModel();
    }
  }

  /**
   * How many tokens of the prompt that was fed last were not computed, as the prompt cache, or
   * another session of the runtime, had their states.
   */
  public int loadedTokens() {
    return passes.loadedTokens();
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
    try (ExclusiveUse _ =
        inUse.begin("session: cannot close, another thread is using it, or its own sink")) {
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
    }
  }

  /** Begins a use of the session: by one thread at a time, and not by a sink of its own. */
  ExclusiveUse use() {
    ExclusiveUse use = inUse.begin("session: another thread is using it, or its own sink");
    String owner = closed ? "session" : !model().isOpen() ? "session's model" : null;
    if (owner == null && !runtime.isOpen()) {
      owner = "session's runtime";
    }
    if (owner != null) {
      use.close();
      throw new IllegalUseException("the " + owner + " is closed");
    }
    return use;
  }
}
