package dev.myelin.inspect;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;

/**
 * A group of tensors with a common key. Immutable and thread-safe.
 *
 * @param key the common property
 * @param tensors number of tensors
 */
public record Group<K>(K key, int tensors, long parameters, long bytes) {

  /** Average bits per parameter, scales included. */
  public double bitsPerWeight() {
    return parameters == 0 ? 0 : 8.0 * bytes / parameters;
  }

  private Group<K> plus(InspectedTensor tensor) {
    return new Group<>(
        key, tensors + 1, parameters + tensor.parameters(), bytes + tensor.info().bytes());
  }

  /** Makes one group of all tensors. */
  static <K> Group<K> total(K key, List<InspectedTensor> all) {
    Group<K> group = new Group<>(key, 0, 0, 0);
    for (InspectedTensor tensor : all) {
      group = group.plus(tensor);
    }
    return group;
  }

  /** Groups tensors by key, sorted by key. */
  static <K extends Comparable<K>> List<Group<K>> groupBy(
      Function<InspectedTensor, K> key, List<InspectedTensor> all) {
    Map<K, Group<K>> groups = new TreeMap<>();
    for (InspectedTensor tensor : all) {
      K k = key.apply(tensor);
      groups.put(k, groups.getOrDefault(k, new Group<>(k, 0, 0, 0)).plus(tensor));
    }
    return new ArrayList<>(groups.values());
  }
}
