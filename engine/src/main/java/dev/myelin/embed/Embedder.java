package dev.myelin.embed;

import dev.myelin.error.ContextFullException;
import dev.myelin.error.IllegalUseException;
import dev.myelin.error.InvalidRequestException;
import dev.myelin.generate.SessionOptions;
import dev.myelin.model.Model;
import dev.myelin.model.ModelInfo;
import dev.myelin.pass.Output;
import dev.myelin.runtime.ActivationObserver;
import dev.myelin.runtime.ModelRuntime;
import dev.myelin.runtime.RuntimeOptions;
import dev.myelin.state.PageTable;
import dev.myelin.tokenizer.PromptText;
import dev.myelin.tokenizer.PromptText.Span;
import dev.myelin.tokenizer.Tokenizer;
import dev.myelin.tokenizer.Vocabulary;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.Semaphore;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Turns texts into vectors, whose dot product says how similar two texts are. Also scores pairs of
 * texts with models that have a classification head (rerankers).
 *
 * <p>A text's vector depends on nothing but the text. Control tokens in texts are plain text.
 *
 * <p>Confined to one thread at a time, except {@link #cancel}; several embedders may share a model.
 */
public final class Embedder implements AutoCloseable {
  /** Texts computed together at most. */
  private static final int MAX_SEQUENCES = 64;

  private final ModelRuntime runtime;
  private final boolean ownsRuntime;
  private final @Nullable Model owned;
  private final TextRunner runner;
  private final Tokenizer tokenizer;
  private final Pooling pooling;
  private final boolean normalize;
  private final Semaphore inUse = new Semaphore(1);
  private boolean closed;

  /**
   * @param shared null for a runtime of its own
   */
  private Embedder(
      Model model, EmbedOptions options, @Nullable ModelRuntime shared, boolean ownsModel) {
    ModelInfo info = model.info();
    pooling = options.pooling().orElseGet(() -> Pooling.of(model.file(), info.architecture()));
    if (pooling != Pooling.RANK) {
      info.requireOutput(Output.HIDDEN);
    } else if (!info.hasScores()) {
      throw new InvalidRequestException(
          "pooling rank: this model of the architecture %s has no classification head (cls.weight,"
                  .formatted(info.architecture())
              + " cls.output.weight)");
    }
    normalize = options.normalize() && pooling != Pooling.RANK;
    tokenizer = model.tokenizer();
    ownsRuntime = shared == null;
    runtime =
        ownsRuntime
            ? ModelRuntime.exclusive(
                model, runtimeOptions(options.session(), info), ActivationObserver.NONE)
            : shared;
    int batch = ownsRuntime ? options.session().batch() : runtime.options().batch();
    runner = new TextRunner(runtime, pooling, batch);
    owned = ownsModel ? model : null;
  }

  private static RuntimeOptions runtimeOptions(SessionOptions session, ModelInfo info) {
    RuntimeOptions options = session.runtimeOptions();
    int context = options.contextLength(info);
    int batch = session.batch();
    // a recurrent state may be large, and its sequences are separate operations
    int sequences = info.states().recurrent().isEmpty() ? Math.min(MAX_SEQUENCES, batch) : 2;
    if (info.isOnePass() && batch == SessionOptions.DEFAULT_BATCH) {
      // the longest text is in one batch
      int whole = Math.clamp(context, SessionOptions.DEFAULT_BATCH, SessionOptions.MAX_BATCH);
      options = options.withBatch(whole);
    }
    // pages for one long text, or for a batch of several, each of which starts a page
    long positions = Math.max(context, batch + (long) sequences * PageTable.PAGE);
    return options
        .withSequences(sequences)
        .withSnapshotBytes(0)
        .withCacheTokens((int) Math.min(positions, Integer.MAX_VALUE));
  }

  /** Loads a model and opens an embedder with default options. */
  public static Embedder open(Path file) {
    return open(file, EmbedOptions.defaults());
  }

  /**
   * Loads a model, which is closed with the embedder.
   *
   * @throws dev.myelin.error.ModelFileException if the file is invalid
   * @throws InvalidRequestException as {@link #open(Model, EmbedOptions)}
   */
  public static Embedder open(Path file, EmbedOptions options) {
    Model model = Model.load(file);
    try {
      return new Embedder(model, options, null, true);
    } catch (RuntimeException e) {
      model.close();
      throw e;
    }
  }

  /**
   * Opens an embedder of a model, which stays open when the embedder is closed.
   *
   * @throws InvalidRequestException if the model computes no hidden states, if the pooling is
   *     {@link Pooling#RANK} and the model has no classification head, or if the options do not
   *     suit the model
   */
  public static Embedder open(Model model, EmbedOptions options) {
    return new Embedder(model, options, null, false);
  }

  /**
   * Opens an embedder whose texts are computed together with the other sequences of a runtime,
   * which stays open. It opens sequences while it computes, as many as there is room for.
   *
   * @param options those of the session are not used
   * @throws InvalidRequestException as {@link #open(Model, EmbedOptions)}
   */
  public static Embedder open(ModelRuntime runtime, EmbedOptions options) {
    return new Embedder(runtime.model(), options, runtime, false);
  }

  /** How vectors are pooled. */
  public Pooling pooling() {
    return pooling;
  }

  /** The runtime that computes. */
  public ModelRuntime runtime() {
    return runtime;
  }

  /** The tokens of a text, with those that the model's tokenizer adds. */
  public int[] tokens(String text) {
    return tokenizer.encode(PromptText.untrusted(text), true);
  }

  /**
   * The tokens of a pair of texts, such as a query and a document, with the separator between them
   * that the model's tokenizer adds at the end of a text.
   */
  public int[] tokens(String first, String second) {
    Vocabulary vocabulary = tokenizer.vocabulary();
    List<Span> spans = new ArrayList<>();
    spans.add(new Span(first, false));
    addControl(spans, vocabulary.addsEos(), vocabulary.eos());
    addControl(spans, vocabulary.addsSeparator(), vocabulary.separator());
    spans.add(new Span(second, false));
    return tokenizer.encode(new PromptText(spans), true);
  }

  private void addControl(List<Span> spans, boolean isAdded, OptionalInt token) {
    if (isAdded && token.isPresent()) {
      spans.add(new Span(tokenizer.vocabulary().text(token.getAsInt()), true));
    }
  }

  /**
   * The vector of a text.
   *
   * @throws ContextFullException if the text has more tokens than the context
   * @throws InvalidRequestException if the pooling is {@link Pooling#NONE}, or the text has no
   *     tokens
   * @throws dev.myelin.error.CancelledException if {@link #cancel} was called
   */
  public float[] embed(String text) {
    return embed(tokens(text));
  }

  /**
   * The vectors of texts, in the same order. Several texts are computed together, up to {@link
   * SessionOptions#batch} tokens.
   *
   * @throws ContextFullException if a text has more tokens than the context; names it by its number
   *     from 1
   * @throws InvalidRequestException as {@link #embed(String)}
   * @throws dev.myelin.error.CancelledException if {@link #cancel} was called
   */
  public List<float[]> embed(List<String> texts) {
    requireOneVector();
    List<int[]> tokens = new ArrayList<>(texts.size());
    for (String text : texts) {
      tokens.add(tokens(text));
    }
    return firsts(tokens);
  }

  /** The vector of a text as token ids, to which none are added. */
  public float[] embed(int[] tokens) {
    requireOneVector();
    return embedEach(tokens).getFirst();
  }

  private void requireOneVector() {
    if (pooling == Pooling.NONE) {
      throw new InvalidRequestException(
          "pooling none: gives one vector per token: expected mean, cls or last");
    }
  }

  /** The vector of each token with {@link Pooling#NONE}, else the one vector of all. */
  public List<float[]> embedEach(int[] tokens) {
    requireValid("the text", tokens);
    return run(List.of(tokens), done -> {}).getFirst();
  }

  /**
   * The same for several texts, in the same order, which are computed together as by {@link
   * #embed(List)}.
   *
   * @param progress receives the number of texts done, after each batch
   */
  public List<List<float[]>> embedEach(List<int[]> texts, IntConsumer progress) {
    for (int i = 0; i < texts.size(); i++) {
      requireValid("text " + (i + 1), texts.get(i));
    }
    return run(texts, progress);
  }

  private List<float[]> firsts(List<int[]> texts) {
    return embedEach(texts, done -> {}).stream().map(List::getFirst).toList();
  }

  /**
   * Checks that a text can be computed.
   *
   * @param name what messages call it
   * @throws ContextFullException if it has more tokens than the context
   * @throws InvalidRequestException if it has no tokens, or more than a batch and the model needs
   *     all in one, or a token is not in the vocabulary
   */
  public void requireValid(String name, int[] tokens) {
    ModelInfo info = runtime.model().info();
    RuntimeOptions options = runtime.options();
    if (tokens.length > options.contextLength()) {
      throw ContextFullException.text(name, tokens.length, options.contextLength());
    }
    if (tokens.length == 0) {
      throw new InvalidRequestException(name + " has no tokens");
    }
    if (tokens.length > options.batch() && (info.isOnePass() || pooling == Pooling.RANK)) {
      throw new InvalidRequestException(
          "%s has %s tokens: this model needs all of them in one batch, which is %s"
              .formatted(name, tokens.length, options.batch()));
    }
    for (int id : tokens) {
      if (id < 0 || id >= info.vocabulary()) {
        throw new InvalidRequestException(
            "%s has the token id %s: the vocabulary has 0 to %s"
                .formatted(name, id, info.vocabulary() - 1));
      }
    }
  }

  private List<List<float[]>> run(List<int[]> texts, IntConsumer progress) {
    acquire();
    try {
      List<List<float[]>> vectors = runner.run(texts, progress);
      if (normalize) {
        vectors.forEach(all -> all.forEach(Embedder::normalize));
      }
      return vectors;
    } finally {
      inUse.release();
    }
  }

  private void acquire() {
    if (!inUse.tryAcquire()) {
      throw new IllegalUseException("embedder: another thread is using it, or its own progress");
    }
    if (closed || !runtime.isOpen()) {
      inUse.release();
      throw new IllegalUseException(
          "the embedder" + (closed ? "" : "'s runtime or model") + " is closed");
    }
  }

  /**
   * How well a document answers a query, by a model with a classification head: its first score,
   * higher is better. The pooling must be {@link Pooling#RANK}.
   *
   * @throws InvalidRequestException if it is not
   * @throws ContextFullException if both have more tokens than the context
   */
  public float score(String query, String document) {
    requireRank();
    return embed(tokens(query, document))[0];
  }

  /**
   * How well each document answers a query, in the same order; several are computed together.
   *
   * @throws InvalidRequestException as {@link #score(String, String)}
   * @throws ContextFullException naming a document that is too long as {@link #embed(List)}
   */
  public float[] score(String query, List<String> documents) {
    requireRank();
    List<float[]> all = firsts(documents.stream().map(text -> tokens(query, text)).toList());
    float[] scores = new float[all.size()];
    for (int i = 0; i < scores.length; i++) {
      scores[i] = all.get(i)[0];
    }
    return scores;
  }

  private void requireRank() {
    if (pooling != Pooling.RANK) {
      throw new InvalidRequestException(
          "pooling " + pooling.label() + ": gives no scores: expected rank");
    }
  }

  /** Scales a vector to length 1; zeros stay zeros. */
  private static void normalize(float[] vector) {
    double squares = 0;
    for (float value : vector) {
      squares += (double) value * value;
    }
    double factor = squares == 0 ? 0 : 1 / Math.sqrt(squares);
    for (int i = 0; i < vector.length; i++) {
      vector[i] = (float) (vector[i] * factor);
    }
  }

  /** Ends the running computation soon, and rejects further ones. Any thread may call it. */
  public void cancel() {
    runner.cancel();
  }

  @Override
  public void close() {
    if (!inUse.tryAcquire()) {
      throw new IllegalUseException("embedder: cannot close, another thread is using it");
    }
    try {
      if (!closed) {
        closed = true;
        if (ownsRuntime) {
          runtime.close();
        }
        if (owned != null) {
          owned.close();
        }
      }
    } finally {
      inUse.release();
    }
  }
}
