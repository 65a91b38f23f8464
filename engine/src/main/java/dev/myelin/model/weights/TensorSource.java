package dev.myelin.model.weights;

import dev.myelin.adapter.LowRankUpdate;
import dev.myelin.graph.Tensor;
import java.util.List;

/** Where an architecture's tensors come from: {@link WeightSource} or {@link DescribedWeights}. */
public interface TensorSource {
  boolean has(String name);

  /**
   * A tensor of this shape, in ggml's order: a matrix [k, n] maps vectors of k to vectors of n.
   *
   * @throws dev.myelin.error.ModelFileException if it is missing, has another shape, or a type that
   *     the use does not allow
   */
  Tensor take(String name, TensorUse use, long... dims);

  /**
   * Marks a tensor as deliberately unused, if it is there.
   *
   * @param why for display
   */
  void ignore(String name, String why);

  /** Marks all tensors whose names begin so as deliberately unused. */
  void ignoreAll(String prefix);

  /** The low-rank updates of a matrix [in, out]. */
  default List<LowRankUpdate> adapters(String name, long in, long out) {
    return List.of();
  }

  /** The low-rank updates of expert matrices [in, out, experts]. */
  default List<LowRankUpdate> expertAdapters(String name, long in, long out, long experts) {
    return List.of();
  }

  /** The low-rank updates of an embedding [width, rows]. */
  default List<LowRankUpdate> rowAdapters(String name, long width, long rows) {
    return List.of();
  }
}
