package dev.myelin.plan;

import dev.myelin.error.InvalidRequestException;
import dev.myelin.inspect.ModelShape;
import java.util.Collections;
import java.util.EnumSet;
import java.util.Set;

/**
 * The shape of a decoder, from which its tensors follow.
 *
 * @param width length of the residual stream
 * @param context positions it was trained for; 0 where that is not said
 * @param experts none for a dense model
 * @param latent what multi-head latent attention projects through; null for heads of their own
 * @param window how far layers look back
 */
public record Blueprint(
    int layers,
    int width,
    int vocabulary,
    int context,
    Heads heads,
    int feedForward,
    Experts experts,
    Latent latent,
    Window window,
    Set<Feature> features) {

  /** More than any model has; keeps the elements of a tensor within a long. */
  private static final int LARGEST = 1 << 20;

  private static final int MOST_LAYERS = 10_000;

  /**
   * @param keyValue heads of keys and values; divides those of queries
   * @param size values of a head
   */
  public record Heads(int query, int keyValue, int size) {}

  /**
   * A mixture of experts, all gated.
   *
   * @param used of those present, by a token
   * @param shared further experts that every token uses
   * @param inner inner width of an expert
   * @param dense how many layers come first that have a feed-forward of their own instead
   */
  public record Experts(int present, int used, int shared, int inner, int dense) {
    static final Experts NONE = new Experts(0, 0, 0, 0, 0);
  }

  /**
   * Multi-head latent attention (DeepSeek-V2, arXiv 2405.04434): a position keeps one vector of
   * {@code rank + rotary} values.
   *
   * @param queryRank what queries are projected through, 0 for a full matrix
   * @param rank what keys and values are projected through
   * @param plain values of a head's key without positions
   * @param rotary those with
   * @param value values of a head's value
   */
  public record Latent(int queryRank, int rank, int plain, int rotary, int value) {}

  /**
   * Layers that look back at the last positions only, counting themselves.
   *
   * @param positions how many; 0 where all layers look at everything
   * @param every each so-manieth layer looks at everything; 0 where none does
   */
  public record Window(int positions, int every) {
    static final Window NONE = new Window(0, 0);
  }

  /** What else a model may have. */
  public enum Feature {
    /** The embedding is the output too. */
    TIED,
    /** Feed-forward layers of two matrices rather than three. */
    UNGATED,
    /** A table of learned positions, as long as the context. */
    POSITIONS,
    /** Queries, keys and values by one matrix. */
    FUSED_QKV,
    /** Gate and up by one matrix. */
    FUSED_GATE,
    /** Biases of queries, keys and values. */
    QKV_BIASES,
    /** Biases of every matrix but the output. */
    BIASES,
    /** Norms with a bias: layer norms. */
    NORM_BIASES,
    /** Norms of the heads of queries and keys. */
    HEAD_NORMS,
    /** Norms behind attention and feed-forward, beside those before them. */
    POST_NORMS,
    /** No norm before the output. */
    NO_FINAL_NORM,
    /** A learned value a head that attention may spend itself on. */
    SINKS
  }

  /**
   * @throws InvalidRequestException where the shape contradicts itself
   */
  public Blueprint {
    features = Collections.unmodifiableSet(copy(features));
    within("layers", layers, 1, MOST_LAYERS);
    within("width", width, 1, LARGEST);
    within("vocab", vocabulary, 1, LARGEST * 16);
    within("context", context, 0, Integer.MAX_VALUE);
    within("heads", heads.query, 1, LARGEST);
    within("kv-heads", heads.keyValue, 1, LARGEST);
    within("head-size", heads.size, 1, LARGEST);
    within("experts", experts.present, 0, LARGEST);
    within("experts-used", experts.used, experts.present == 0 ? 0 : 1, experts.present);
    within("feed-forward", experts.present == 0 ? feedForward : experts.inner, 1, LARGEST);
    if (heads.query % heads.keyValue != 0) {
      throw new InvalidRequestException(
          "kv-heads = %s: expected a divisor of the %s heads"
              .formatted(heads.keyValue, heads.query));
    }
  }

  private static EnumSet<Feature> copy(Set<Feature> features) {
    EnumSet<Feature> all = EnumSet.noneOf(Feature.class);
    all.addAll(features);
    return all;
  }

  private static void within(String name, int value, int least, int most) {
    if (value < least || value > most) {
      throw new InvalidRequestException(
          "%s = %s: expected %s to %s".formatted(name, value, least, most));
    }
  }

  /**
   * A decoder as Llama has it: rotary positions, RMS norms, three matrices in a feed-forward layer.
   *
   * @param heads of queries, and as many of keys and values
   * @throws InvalidRequestException where the heads do not divide the width
   */
  public static Blueprint gated(int layers, int width, int heads, int feedForward, int vocabulary) {
    within("heads", heads, 1, LARGEST);
    if (width % heads != 0) {
      throw new InvalidRequestException(
          "heads = %s: expected a divisor of the width %s, or a head size of their own"
              .formatted(heads, width));
    }
    return new Blueprint(
        layers,
        width,
        vocabulary,
        0,
        new Heads(heads, heads, width / heads),
        feedForward,
        Experts.NONE,
        null,
        Window.NONE,
        Set.of());
  }

  /** A decoder as GPT-2 has it; feed-forward layers are four times as wide as the rest. */
  static Blueprint gpt(int layers, int width, int heads, int vocabulary, int context) {
    return gated(layers, width, heads, 4 * width, vocabulary)
        .context(context)
        .with(
            Feature.TIED,
            Feature.UNGATED,
            Feature.POSITIONS,
            Feature.FUSED_QKV,
            Feature.BIASES,
            Feature.NORM_BIASES);
  }

  boolean has(Feature feature) {
    return features.contains(feature);
  }

  public Blueprint with(Feature first, Feature... more) {
    EnumSet<Feature> all = EnumSet.of(first, more);
    all.addAll(features);
    return new Blueprint(
        layers, width, vocabulary, context, heads, feedForward, experts, latent, window, all);
  }

  public Blueprint context(int positions) {
    return new Blueprint(
        layers,
        width,
        vocabulary,
        positions,
        heads,
        feedForward,
        experts,
        latent,
        window,
        features);
  }

  /** So many heads of keys and values, each shared by several of queries. */
  public Blueprint kvHeads(int count) {
    return heads(heads.query, count, heads.size);
  }

  public Blueprint headSize(int size) {
    return heads(heads.query, heads.keyValue, size);
  }

  /** Heads of any size, whatever the width. */
  public Blueprint heads(int query, int keyValue, int size) {
    Heads other = new Heads(query, keyValue, size);
    return new Blueprint(
        layers, width, vocabulary, context, other, feedForward, experts, latent, window, features);
  }

  /** Experts of that inner width in every layer. */
  public Blueprint experts(int present, int used, int inner) {
    return experts(new Experts(present, used, 0, inner, 0));
  }

  public Blueprint experts(Experts other) {
    return new Blueprint(
        layers, width, vocabulary, context, heads, feedForward, other, latent, window, features);
  }

  public Blueprint latent(int queryRank, int rank, int plain, int rotary, int value) {
    Latent other = new Latent(queryRank, rank, plain, rotary, value);
    return new Blueprint(
        layers, width, vocabulary, context, heads, feedForward, experts, other, window, features);
  }

  public Blueprint window(int positions, int every) {
    Window other = new Window(positions, every);
    return new Blueprint(
        layers, width, vocabulary, context, heads, feedForward, experts, latent, other, features);
  }

  ModelShape.Experts used() {
    return new ModelShape.Experts(experts.present, experts.used, experts.shared);
  }
}
