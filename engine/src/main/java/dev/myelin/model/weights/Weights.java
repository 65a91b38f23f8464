package dev.myelin.model.weights;

import dev.myelin.adapter.LowRankUpdate;
import dev.myelin.graph.Tensor;
import java.util.List;

/**
 * The tensors of a {@link TensorSource} whose names begin with a prefix, such as {@code blk.0.};
 * names are relative to it. Dims are in ggml's order.
 */
public record Weights(TensorSource source, String prefix) {
  /** The tensors below another prefix. */
  public Weights in(String part) {
    return new Weights(source, prefix.concat(part));
  }

  public boolean has(String name) {
    return source.has(prefix.concat(name));
  }

  /**
   * A matrix or a stack of matrices: [k, n] maps vectors of k to vectors of n.
   *
   * @throws dev.myelin.error.ModelFileException if it is missing, has another shape, or a type that
   *     no kernel multiplies
   */
  public Tensor matrix(String name, long... dims) {
    return source.take(prefix.concat(name), TensorUse.MATRIX, dims);
  }

  /** An f32 vector, or one for each expert: the weight of a norm, a bias, a scale. */
  public Tensor vector(String name, long... dims) {
    return source.take(prefix.concat(name), TensorUse.VECTOR, dims);
  }

  /** An f32 vector, or null if the file has none. */
  public Tensor optionalVector(String name, long... dims) {
    return has(name) ? vector(name, dims) : null;
  }

  /** F32 values that are read one by one, such as a convolution. */
  public Tensor floats(String name, long... dims) {
    return source.take(prefix.concat(name), TensorUse.FLOATS, dims);
  }

  /** A tensor that the file must have, though nothing reads it. */
  public void unread(String name, long... dims) {
    source.take(prefix.concat(name), dims.length == 1 ? TensorUse.VECTOR : TensorUse.MATRIX, dims);
  }

  /**
   * Marks a tensor as deliberately unused, if it is there: the reference implementation skips it
   * too.
   *
   * @param why for display
   */
  public void ignore(String name, String why) {
    source.ignore(prefix.concat(name), why);
  }

  /** The low-rank updates of a matrix [in, out]. */
  public List<LowRankUpdate> adapters(String name, long in, long out) {
    return source.adapters(prefix.concat(name), in, out);
  }

  /** The low-rank updates of expert matrices [in, out, experts]. */
  public List<LowRankUpdate> expertAdapters(String name, long in, long out, long experts) {
    return source.expertAdapters(prefix.concat(name), in, out, experts);
  }

  /** The low-rank updates of an embedding [width, rows]. */
  public List<LowRankUpdate> rowAdapters(String name, long width, long rows) {
    return source.rowAdapters(prefix.concat(name), width, rows);
  }
}
