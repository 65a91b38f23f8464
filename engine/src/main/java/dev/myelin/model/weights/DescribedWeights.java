package dev.myelin.model.weights;

import dev.myelin.gguf.GgmlType;
import dev.myelin.graph.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/**
 * Records which tensors an architecture takes, without a file: they have names and shapes, but no
 * memory. Confined to one thread at a time.
 */
public final class DescribedWeights implements TensorSource {
  /**
   * A tensor that an architecture takes. Immutable and thread-safe.
   *
   * @param shape in ggml's order
   */
  public record Description(String name, TensorUse use, List<Long> shape) {
    public long elements() {
      long elements = 1;
      for (long dim : shape) {
        elements = Math.multiplyExact(elements, dim);
      }
      return elements;
    }
  }

  private final Predicate<String> optional;
  private final Map<String, Description> descriptions = new LinkedHashMap<>();
  private final Map<String, Tensor> tensors = new HashMap<>();
  private final Map<String, String> ignored = new HashMap<>();

  /**
   * @param optional whether the model has an optional tensor
   */
  public DescribedWeights(Predicate<String> optional) {
    this.optional = optional;
  }

  @Override
  public boolean has(String name) {
    return optional.test(name);
  }

  @Override
  public Tensor take(String name, TensorUse use, long... dims) {
    return tensors.computeIfAbsent(name, n -> describe(n, use, dims));
  }

  private Tensor describe(String name, TensorUse use, long... dims) {
    List<Long> shape = new ArrayList<>();
    for (long dim : dims) {
      shape.add(dim);
    }
    descriptions.put(name, new Description(name, use, List.copyOf(shape)));
    return Tensor.described(name, GgmlType.F32, dims);
  }

  @Override
  public void ignore(String name, String why) {
    ignored.put(name, why);
  }

  /** Why the architecture skips a tensor, by name. */
  public Map<String, String> ignored() {
    return Map.copyOf(ignored);
  }

  @Override
  public void ignoreAll(String prefix) {
    // nothing is left over
  }

  /** The tensors in the order in which the architecture takes them. */
  public List<Description> descriptions() {
    return List.copyOf(descriptions.values());
  }
}
