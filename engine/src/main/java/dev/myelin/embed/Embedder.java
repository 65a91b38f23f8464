package dev.myelin.embed;

import dev.myelin.concurrent.ExclusiveUse;
import dev.myelin.error.ContextFullException;
import dev.myelin.error.IllegalUseException;
import dev.myelin.error.InvalidRequestException;
import dev.myelin.generate.SessionOptions;
import dev.myelin.model.Model;
import dev.myelin.model.ModelInfo;
import dev.myelin.runtime.ActivationObserver;
import dev.myelin.runtime.ModelRuntime;
import java.nio.file.Path;
import java.util.List;
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
  private final ModelRuntime runtime;
  private final boolean ownsRuntime;
  private final @Nullable Model owned;
  private final Pooling pooling;
  private final TextTokens tokens;
  private final TextLimits limits;
  private final TextRunner runner;
  private final ExclusiveUse inUse = new ExclusiveUse();
  private boolean closed;

  /**
   * @param shared null for a runtime of its own
   */
  private Embedder(
      Model model, EmbedOptions options, @Nullable ModelRuntime shared, boolean ownsModel) {
    ModelInfo info = model.info();
    pooling = options.poolingOf(model);
    tokens = new TextTokens(model.tokenizer());
    owned = ownsModel ? model : null;
    ownsRuntime = shared == null;
    runtime =
        ownsRuntime
            ? ModelRuntime.exclusive(model, options.runtimeOptions(info), ActivationObserver.NONE)
            : shared;
    limits = TextLimits.of(info, runtime.options(), pooling);
    int batch = ownsRuntime ? options.session().batch() : runtime.options().batch();
    runner = new TextRunner(runtime, pooling, options, batch);
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
    return tokens.of(text);
  }

  /**
   * The tokens of a pair of texts, such as a query and a document, with the separator between them
   * that the model's tokenizer adds at the end of a text.
   */
  public int[] tokens(String first, String second) {
    return tokens.of(first, second);
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
    return firsts(texts.stream().map(tokens::of).toList());
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
    limits.check(name, tokens);
  }

  private List<List<float[]>> run(List<int[]> texts, IntConsumer progress) {
    try (ExclusiveUse _ =
        inUse.begin("embedder: another thread is using it, or its own progress")) {
      if (closed || !runtime.isOpen()) {
        throw new IllegalUseException(
            "the embedder" + (closed ? "" : "'s runtime or model") + " is closed");
      }
      return runner.run(texts, progress);
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
    List<float[]> all = firsts(documents.stream().map(text -> tokens.of(query, text)).toList());
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

  /** Ends the running computation soon, and rejects further ones. Any thread may call it. */
  public void cancel() {
    runner.cancel();
  }

  @Override
  public void close() {
    try (ExclusiveUse _ = inUse.begin("embedder: cannot close, another thread is using it")) {
      if (!closed) {
        closed = true;
        if (ownsRuntime) {
          runtime.close();
        }
        if (owned != null) {
          owned.close();
        }
      }
    }
  }
}
