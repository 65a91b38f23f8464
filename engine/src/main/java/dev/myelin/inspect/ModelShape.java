package dev.myelin.inspect;

import java.util.Optional;
import java.util.OptionalInt;

/**
 * What the metadata say about a model's shape. Whatever they do not say is empty.
 *
 * @param width length of the residual stream
 * @param feedForward inner width of a feed-forward layer; where layers differ, the largest
 * @param contextLength positions it was trained for
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

  /** More layers than any model has; keeps sums over them within a long. */
  private static final int MOST_LAYERS = 1 << 16;

  /**
   * Attention heads; where layers differ, the most and the largest.
   *
   * @param keyValue heads of keys and values, each shared by several query heads
   * @param size values of a head
   */
  public record Heads(OptionalInt query, OptionalInt keyValue, OptionalInt size) {
    /** How many query heads share a head of keys and values. */
    public OptionalInt sharing() {
      int kv = keyValue.orElse(0);
      return kv > 0 && query.isPresent()
          ? OptionalInt.of(query.getAsInt() / kv)
          : OptionalInt.empty();
    }
  }

  /**
   * A mixture of experts; 0 of 0 for a dense model.
   *
   * @param present experts of a layer that the router chooses from
   * @param used how many it chooses for a token
   * @param shared further experts that every token uses
   */
  public record Experts(int present, int used, int shared) {
    /** The part of so many parameters that belongs to the experts used. */
    long share(long parameters) {
      if (present == 0 || used >= present) {
        return parameters;
      }
      return parameters / present * used + parameters % present * used / present;
    }
  }

  static ModelShape of(Keys keys) {
    OptionalInt width = keys.dimension("embedding_length");
    OptionalInt query = keys.largest("attention.head_count");
    OptionalInt size = keys.dimension("attention.key_length");
    if (size.isEmpty() && width.isPresent() && query.orElse(0) > 0) {
      size = OptionalInt.of(width.getAsInt() / query.getAsInt());
    }
    OptionalInt keyValue = keys.largest("attention.head_count_kv");
    OptionalInt layers = keys.dimension("block_count");
    int present = keys.dimension("expert_count").orElse(0);
    return new ModelShape(
        keys.text("general.architecture"),
        keys.text("general.name"),
        layers.orElse(0) > MOST_LAYERS ? OptionalInt.empty() : layers,
        width,
        keys.largest("feed_forward_length"),
        keys.number("context_length"),
        new Heads(query, keyValue.isPresent() ? keyValue : query, size),
        new Experts(
            present,
            keys.largest("expert_used_count").orElse(present),
            keys.dimension("expert_shared_count").orElse(0)));
  }
}
