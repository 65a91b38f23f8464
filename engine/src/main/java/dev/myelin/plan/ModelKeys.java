package dev.myelin.plan;

import dev.myelin.error.InvalidRequestException;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/**
 * What determines the tensors and states of a model without a file: an architecture, metadata keys,
 * and which optional tensors it has. Immutable and thread-safe.
 *
 * @param architecture value of {@code general.architecture}
 * @param keys metadata keys without the architecture's prefix: Integer, Float, Boolean, String or
 *     an array of int, float, boolean or String
 * @param optionalTensors names of optional tensors that the model has; one that begins with a dot
 *     is of every layer, such as {@code .attn_q.bias}
 */
public record ModelKeys(
    String architecture, Map<String, Object> keys, Set<String> optionalTensors) {
  /** Required of a file, but no size depends on it. */
  private static final float EPSILON = 1e-5f;

  /**
   * @throws InvalidRequestException if a number is negative
   */
  public ModelKeys {
    keys.forEach(
        (key, value) -> {
          if (value instanceof Integer number && number < 0) {
            throw new InvalidRequestException(key + " = " + number + ": expected 0 or more");
          }
        });
    keys = Collections.unmodifiableMap(new LinkedHashMap<>(keys));
    optionalTensors = Collections.unmodifiableSet(new LinkedHashSet<>(optionalTensors));
  }

  /**
   * A decoder whose output is the embedding.
   *
   * @param width width of the residual stream
   * @param heads number of query heads, and of key and value heads
   * @param feedForward width of the feed-forward networks
   * @param context context length of training
   */
  public static ModelKeys decoder(
      String architecture,
      int layers,
      int width,
      int heads,
      int feedForward,
      int vocabulary,
      int context) {
    return new ModelKeys(architecture, Map.of(), Set.of())
        .with("block_count", layers)
        .with("embedding_length", width)
        .with("attention.head_count", heads)
        .with("feed_forward_length", feedForward)
        .with("vocab_size", vocabulary)
        .with("context_length", context)
        .with("attention.layer_norm_epsilon", EPSILON)
        .with("attention.layer_norm_rms_epsilon", EPSILON);
  }

  /** With another value of a key. */
  public ModelKeys with(String key, Object value) {
    Map<String, Object> all = new LinkedHashMap<>(keys);
    all.put(key, value);
    return new ModelKeys(architecture, all, optionalTensors);
  }

  /** With optional tensors. */
  public ModelKeys withTensors(String... names) {
    Set<String> all = new LinkedHashSet<>(optionalTensors);
    all.addAll(Set.of(names));
    return new ModelKeys(architecture, keys, all);
  }

  /** With an output matrix of its own. */
  public ModelKeys untied() {
    return withTensors("output.weight");
  }

  /** With another context length of training. */
  public ModelKeys context(int length) {
    return with("context_length", length);
  }

  /** With another number of key and value heads. */
  public ModelKeys kvHeads(int count) {
    return with("attention.head_count_kv", count);
  }

  /** With a head size other than the width divided by the heads. */
  public ModelKeys headSize(int size) {
    return with("attention.key_length", size).with("attention.value_length", size);
  }

  /**
   * With a sliding window.
   *
   * @param size number of visible positions, the current one included
   */
  public ModelKeys window(int size) {
    return with("attention.sliding_window", size);
  }

  /**
   * With a mixture of experts.
   *
   * @param used experts per token
   */
  public ModelKeys experts(int count, int used) {
    return with("expert_count", count).with("expert_used_count", used);
  }

  /** With the width of an expert's hidden layer. */
  public ModelKeys expertWidth(int ffnWidth) {
    return with("expert_feed_forward_length", ffnWidth);
  }
}
