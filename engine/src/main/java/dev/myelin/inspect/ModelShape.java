package dev.myelin.inspect;

import java.util.Optional;
import java.util.OptionalInt;

/**
 * The shape of a model according to its metadata. Missing values are empty. Immutable and
 * thread-safe.
 *
 * @param width embedding length
 * @param feedForward feed-forward length; if layers differ, the largest
 * @param contextLength context length of the training
 */
public record ModelShape(
    Optional<String> architecture,
    Optional<String> name,
    OptionalInt layers,
    OptionalInt width,
    OptionalInt feedForward,
    OptionalInt contextLength,
    Heads heads,
    Experts experts) {

  /** Upper limit for the number of layers, so that sums over layers fit in a long. */
  private static final int MAX_LAYERS = 1 << 16;

  /**
   * Attention heads; if layers differ, the maximum.
   *
   * @param keyValue KV heads
   * @param size head size
   */
  public record Heads(OptionalInt query, OptionalInt keyValue, OptionalInt size) {
    /** Number of query heads per KV head. */
    public OptionalInt queryHeadsPerKvHead() {
      int kv = keyValue.orElse(0);
      return kv > 0 && query.isPresent()
          ? OptionalInt.of(query.getAsInt() / kv)
          : OptionalInt.empty();
    }
  }

  /**
   * A mixture of experts; all 0 for a dense model.
   *
   * @param count routed experts per layer
   * @param used experts used per token
   * @param shared shared experts, used by every token
   */
  public record Experts(int count, int used, int shared) {
    /** The share of a number of parameters that belongs to the experts used. */
    long share(long parameters) {
      if (count == 0 || used >= count) {
        return parameters;
      }
      return parameters / count * used + parameters % count * used / count;
    }
  }

  static ModelShape of(LenientMetadata keys) {
    OptionalInt width = keys.dimension("embedding_length");
    OptionalInt query = keys.maxDimension("attention.head_count");
    OptionalInt size = keys.dimension("attention.key_length");
    if (size.isEmpty() && width.isPresent() && query.orElse(0) > 0) {
      size = OptionalInt.of(width.getAsInt() / query.getAsInt());
    }
    OptionalInt keyValue = keys.maxDimension("attention.head_count_kv");
    OptionalInt layers = keys.dimension("block_count");
    int expertCount = keys.dimension("expert_count").orElse(0);
    return new ModelShape(
        keys.string("general.architecture"),
        keys.string("general.name"),
        layers.orElse(0) > MAX_LAYERS ? OptionalInt.empty() : layers,
        width,
        keys.maxDimension("feed_forward_length"),
        keys.number("context_length"),
        new Heads(query, keyValue.isPresent() ? keyValue : query, size),
        new Experts(
            expertCount,
            keys.maxDimension("expert_used_count").orElse(expertCount),
            keys.dimension("expert_shared_count").orElse(0)));
  }
}
