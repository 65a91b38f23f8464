package dev.myelin.model.build;

import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/**
 * A small model of an architecture: its hyperparameters, and which optional tensors it has. Tests
 * make random models of it, and tools ask it what tensors an architecture takes. Immutable and
 * thread-safe.
 *
 * @param name of the variant, such as "tied"
 * @param keys hyperparameters without the architecture's prefix, and keys of the tokenizer with
 *     theirs: Integer, Float, Boolean, String or an array of int, float, boolean or String
 * @param optional names of optional tensors that the model has; one that begins with a dot is of
 *     every layer, such as {@code .attn_q.bias}
 * @param values distributions of tensors whose values the architecture restricts
 */
public record Sample(
    String name, Map<String, Object> keys, Set<String> optional, Map<String, Values> values) {

  /** A normal distribution. */
  public record Values(float mean, float deviation) {}

  /** A key as it is in a file: with the architecture's prefix, unless it is the tokenizer's. */
  public static String fullName(String architecture, String key) {
    return key.startsWith("tokenizer.") ? key : architecture + "." + key;
  }

  /** A sample without keys. */
  public static Sample of(String name) {
    return new Sample(name, Map.of(), Set.of(), Map.of());
  }

  /** This sample under another name. */
  public Sample named(String other) {
    return new Sample(other, keys, optional, values);
  }

  /** With another hyperparameter. */
  public Sample with(String key, Object value) {
    Map<String, Object> all = new LinkedHashMap<>(keys);
    all.put(key, value);
    return new Sample(name, all, optional, values);
  }

  /** Without a hyperparameter. */
  public Sample without(String key) {
    Map<String, Object> all = new LinkedHashMap<>(keys);
    all.remove(key);
    return new Sample(name, all, optional, values);
  }

  /** With optional tensors. */
  public Sample withTensors(String... names) {
    Set<String> all = new LinkedHashSet<>(optional);
    all.addAll(Set.of(names));
    return new Sample(name, keys, all, values);
  }

  /**
   * With the distribution of a tensor's values.
   *
   * @param tensor a name, or the end of one
   */
  public Sample withValues(String tensor, float mean, float deviation) {
    Map<String, Values> all = new LinkedHashMap<>(values);
    all.put(tensor, new Values(mean, deviation));
    return new Sample(name, keys, optional, all);
  }

  /** Whether the model has an optional tensor. */
  public boolean has(String tensor) {
    if (optional.contains(tensor)) {
      return true;
    }
    for (String end : optional) {
      if (end.startsWith(".") && tensor.endsWith(end)) {
        return true;
      }
    }
    return false;
  }

  /**
   * A small decoder: 3 layers of 8 heads of 32 on 2 key and value heads, 512 positions, 320 tokens.
   */
  public static Sample decoder(String name) {
    return of(name)
        .with("block_count", 3)
        .with("embedding_length", 256)
        .with("context_length", 512)
        .with("feed_forward_length", 512)
        .with("attention.head_count", 8)
        .with("attention.head_count_kv", 2)
        .with("attention.layer_norm_rms_epsilon", 1e-5f)
        .with("rope.dimension_count", 32)
        .with("vocab_size", 320);
  }

  @Override
  public String toString() {
    return name;
  }
}
