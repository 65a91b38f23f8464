package dev.myelin.inspect;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;

/**
 * Tensors that have something in common.
 *
 * @param key what they have in common
 * @param tensors how many there are
 */
public record Group<K>(K key, int tensors, long parameters, long bytes) {

  /** Bits that a parameter takes on average, scales included. */
  public double bitsPerWeight() {
    return parameters == 0 ? 0 : 8.0 * bytes / parameters;
  }

  private Group<K> plus(InspectedTensor tensor) {
    return new Group<>(
        key, tensors + 1, parameters + tensor.parameters(), bytes + tensor.info().bytes());
  }

  /** All of them as one group. */
  static <K> Group<K> total(K key, List<InspectedTensor> all) {
    Group<K> group = new Group<>(key, 0, 0, 0);
    for (InspectedTensor tensor : all) {
      group = group.plus(tensor);
    }
    return group;
  }

  /** Groups by key, in the keys' order. */
  static <K extends Comparable<K>> List<Group<K>> by(
      Function<InspectedTensor, K> key, List<InspectedTensor> all) {
    Map<K, Group<K>> groups = new TreeMap<>();
    for (InspectedTensor tensor : all) {
      K k = key.apply(tensor);
      groups.put(k, groups.getOrDefault(k, new Group<>(k, 0, 0, 0)).plus(tensor));
    }
    return new ArrayList<>(groups.values());
  }
}
