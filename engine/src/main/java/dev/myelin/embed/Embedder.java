package dev.myelin.embed;

import dev.myelin.error.ContextFullException;
import dev.myelin.error.InvalidRequestException;
import dev.myelin.generate.Session;
import dev.myelin.generate.SessionOptions;
import dev.myelin.model.Model;
import dev.myelin.model.ModelInfo;
import dev.myelin.pass.Output;
import dev.myelin.tokenizer.PromptText;
import dev.myelin.tokenizer.PromptText.Span;
import dev.myelin.tokenizer.Tokenizer;
import dev.myelin.tokenizer.Vocabulary;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
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
  private final Session session;
  private final Tokenizer tokenizer;
  private final Pooling pooling;
  private final boolean normalize;
  private final @Nullable Model owned;

  private Embedder(Model model, EmbedOptions options, boolean ownsModel) {
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
    session = Session.open(model, withBatch(options.session(), info));
    owned = ownsModel ? model : null;
  }

  /** A model that computes a text in one pass has the longest text in one batch. */
  private static SessionOptions withBatch(SessionOptions options, ModelInfo info) {
    if (!info.isOnePass() || options.batch() != SessionOptions.DEFAULT_BATCH) {
      return options;
    }
    int context =
        options.contextLength() == 0
            ? Math.min(info.contextLength(), SessionOptions.DEFAULT_CONTEXT)
            : options.contextLength();
    return options.withBatch(
        Math.clamp(context, SessionOptions.DEFAULT_BATCH, SessionOptions.MAX_BATCH));
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
      return new Embedder(model, options, true);
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
    return new Embedder(model, options, false);
  }

  /** How vectors are pooled. */
  public Pooling pooling() {
    return pooling;
  }

  /** The session that computes; its tokens are those of the last text. */
  public Session session() {
    return session;
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

  /** The vectors of texts, in the same order. */
  public List<float[]> embed(List<String> texts) {
    List<float[]> vectors = new ArrayList<>(texts.size());
    for (String text : texts) {
      vectors.add(embed(text));
    }
    return vectors;
  }

  /** The vector of a text as token ids, to which none are added. */
  public float[] embed(int[] tokens) {
    if (pooling == Pooling.NONE) {
      throw new InvalidRequestException(
          "pooling none: gives one vector per token: expected mean, cls or last");
    }
    return embedEach(tokens).getFirst();
  }

  /** The vector of each token with {@link Pooling#NONE}, else the one vector of all. */
  public List<float[]> embedEach(int[] tokens) {
    if (tokens.length > session.contextLength()) {
      throw ContextFullException.text(tokens.length, session.contextLength());
    }
    if (pooling == Pooling.RANK) {
      return List.of(session.feedScores(tokens).toArray(ValueLayout.JAVA_FLOAT));
    }
    Pool pool = new Pool(pooling, tokens.length);
    session.feedHidden(tokens, pool);
    List<float[]> vectors = pool.vectors();
    if (normalize) {
      vectors.forEach(Embedder::normalize);
    }
    return vectors;
  }

  /**
   * How well a document answers a query, by a model with a classification head: its first score,
   * higher is better. The pooling must be {@link Pooling#RANK}.
   *
   * @throws InvalidRequestException if it is not
   * @throws ContextFullException if both have more tokens than the context
   */
  public float score(String query, String document) {
    if (pooling != Pooling.RANK) {
      throw new InvalidRequestException(
          "pooling " + pooling.label() + ": gives no scores: expected rank");
    }
    return embed(tokens(query, document))[0];
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
    session.cancel();
  }

  @Override
  public void close() {
    session.close();
    if (owned != null) {
      owned.close();
    }
  }
}
