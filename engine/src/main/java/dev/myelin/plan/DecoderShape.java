package dev.myelin.plan;

import dev.myelin.error.InvalidRequestException;
import dev.myelin.inspect.ModelShape;
import java.util.Collections;
import java.util.EnumSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The shape of a decoder, which determines its tensors. Immutable and thread-safe.
 *
 * @param width width of the residual stream (n_embd)
 * @param context context length of training; 0 if not known
 * @param experts {@code NONE} for a dense model
 * @param mla multi-head latent attention; null for ordinary heads
 * @param window sliding-window attention
 */
public record DecoderShape(
    int layers,
    int width,
    int vocabulary,
    int context,
    Heads heads,
    int feedForward,
    Experts experts,
    @Nullable Mla mla,
    SlidingWindow window,
    Set<Feature> features) {

  /** Larger than in any model; the number of elements of a tensor fits into a long. */
  private static final int MAX_DIM = 1 << 20;

  private static final int MAX_LAYERS = 10_000;

  /**
   * @param query number of query heads
   * @param keyValue number of key and value heads, a divisor of {@code query}
   * @param size values per head
   */
  public record Heads(int query, int keyValue, int size) {}

  /**
   * A mixture of gated experts.
   *
   * @param count experts per layer
   * @param used experts per token
   * @param shared additional experts that every token uses
   * @param ffnWidth width of an expert's hidden layer
   * @param denseLayers number of leading layers with a dense feed-forward network
   */
  public record Experts(int count, int used, int shared, int ffnWidth, int denseLayers) {
    static final Experts NONE = new Experts(0, 0, 0, 0, 0);
  }

  /**
   * Multi-head latent attention (DeepSeek-V2, arXiv 2405.04434). The cache stores one vector of
   * {@code kvRank + ropeDim} values per position.
   *
   * @param queryRank rank of the query projection, 0 for a full matrix
   * @param kvRank rank of the key and value projection
   * @param nopeDim dimensions of a key head without RoPE
   * @param ropeDim dimensions of a key head with RoPE
   * @param valueDim dimensions of a value head
   */
  public record Mla(int queryRank, int kvRank, int nopeDim, int ropeDim, int valueDim) {}

  /**
   * Sliding-window attention.
   *
   * @param size number of visible positions, the current one included; 0 for full attention in all
   *     layers
   * @param globalEvery every n-th layer has full attention; 0 for none
   */
  public record SlidingWindow(int size, int globalEvery) {
    static final SlidingWindow NONE = new SlidingWindow(0, 0);
  }

  /** Optional features of a model. */
  public enum Feature {
    /** The output matrix is the embedding. */
    TIED,
    /** Feed-forward layers of two matrices rather than three. */
    UNGATED,
    /** A table of learned positions, one row per position of the context. */
    LEARNED_POSITIONS,
    /** One matrix for queries, keys and values. */
    FUSED_QKV,
    /** One matrix for gate and up. */
    FUSED_GATE_UP,
    /** Biases on queries, keys and values. */
    QKV_BIASES,
    /** Biases on every matrix except the output. */
    BIASES,
    /** Norms with a bias: layer norms. */
    NORM_BIASES,
    /** Norms on query and key heads. */
    QK_NORMS,
    /** Norms after attention and feed-forward, in addition to the pre-norms. */
    POST_NORMS,
    /** No norm before the output. */
    NO_FINAL_NORM,
    /** Attention sinks: a learned logit per head. */
    SINKS
  }

  /**
   * @throws InvalidRequestException if the shape is inconsistent
   */
  public DecoderShape {
    features = Collections.unmodifiableSet(copy(features));
    requireRange("layers", layers, 1, MAX_LAYERS);
    requireRange("width", width, 1, MAX_DIM);
    requireRange("vocab", vocabulary, 1, MAX_DIM * 16);
    requireRange("context", context, 0, Integer.MAX_VALUE);
    requireRange("heads", heads.query, 1, MAX_DIM);
    requireRange("kv-heads", heads.keyValue, 1, MAX_DIM);
    requireRange("head-size", heads.size, 1, MAX_DIM);
    requireRange("experts", experts.count, 0, MAX_DIM);
    requireRange("experts-used", experts.used, experts.count == 0 ? 0 : 1, experts.count);
    requireRange("feed-forward", experts.count == 0 ? feedForward : experts.ffnWidth, 1, MAX_DIM);
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

  private static void requireRange(String name, int value, int min, int max) {
    if (value < min || value > max) {
      throw new InvalidRequestException(
          "%s = %s: expected %s to %s".formatted(name, value, min, max));
    }
  }

  /**
   * A Llama-like decoder: RoPE, RMS norms, three matrices per feed-forward network.
   *
   * @param heads number of query heads, and of key and value heads
   * @throws InvalidRequestException if the width is not a multiple of the heads
   */
  public static DecoderShape llamaLike(
      int layers, int width, int heads, int feedForward, int vocabulary) {
    requireRange("heads", heads, 1, MAX_DIM);
    if (width % heads != 0) {
      throw new InvalidRequestException(
          "heads = %s: expected a divisor of the width %s, or an explicit head size"
              .formatted(heads, width));
    }
    return new DecoderShape(
        layers,
        width,
        vocabulary,
        0,
        new Heads(heads, heads, width / heads),
        feedForward,
        Experts.NONE,
        null,
        SlidingWindow.NONE,
        Set.of());
  }

  /** A GPT-2-like decoder, with feed-forward networks four times as wide as the residual stream. */
  static DecoderShape gpt2Like(int layers, int width, int heads, int vocabulary, int context) {
    return llamaLike(layers, width, heads, 4 * width, vocabulary)
        .context(context)
        .with(
            Feature.TIED,
            Feature.UNGATED,
            Feature.LEARNED_POSITIONS,
            Feature.FUSED_QKV,
            Feature.BIASES,
            Feature.NORM_BIASES);
  }

  boolean has(Feature feature) {
    return features.contains(feature);
  }

  public DecoderShape with(Feature first, Feature... more) {
    EnumSet<Feature> all = EnumSet.of(first, more);
    all.addAll(features);
    return new DecoderShape(
        layers, width, vocabulary, context, heads, feedForward, experts, mla, window, all);
  }

  public DecoderShape context(int positions) {
    return new DecoderShape(
        layers, width, vocabulary, positions, heads, feedForward, experts, mla, window, features);
  }

  /** Sets the number of key and value heads (grouped-query attention). */
  public DecoderShape kvHeads(int count) {
    return heads(heads.query, count, heads.size);
  }

  public DecoderShape headSize(int size) {
    return heads(heads.query, heads.keyValue, size);
  }

  /** Sets heads independently of the width. */
  public DecoderShape heads(int query, int keyValue, int size) {
    Heads other = new Heads(query, keyValue, size);
    return new DecoderShape(
        layers, width, vocabulary, context, other, feedForward, experts, mla, window, features);
  }

  /** Sets a mixture of experts in every layer. */
  public DecoderShape experts(int count, int used, int ffnWidth) {
    return experts(new Experts(count, used, 0, ffnWidth, 0));
  }

  public DecoderShape experts(Experts other) {
    return new DecoderShape(
        layers, width, vocabulary, context, heads, feedForward, other, mla, window, features);
  }

  public DecoderShape mla(int queryRank, int kvRank, int nopeDim, int ropeDim, int valueDim) {
    Mla other = new Mla(queryRank, kvRank, nopeDim, ropeDim, valueDim);
    return new DecoderShape(
        layers, width, vocabulary, context, heads, feedForward, experts, other, window, features);
  }

  public DecoderShape window(int size, int globalEvery) {
    SlidingWindow other = new SlidingWindow(size, globalEvery);
    return new DecoderShape(
        layers, width, vocabulary, context, heads, feedForward, experts, mla, other, features);
  }

  ModelShape.Experts expertCounts() {
    return new ModelShape.Experts(experts.count, experts.used, experts.shared);
  }
}
