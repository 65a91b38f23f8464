package dev.myelin.model.layer;

import dev.myelin.graph.GraphBuilder;
import dev.myelin.graph.Tensor;
import dev.myelin.model.build.WeightSource;

/**
 * A norm over each row, times a weight, plus a bias if there is one.
 *
 * @param weight [row]
 * @param bias [row] for a layer norm, null for an RMS norm
 */
public record Norm(Tensor weight, Tensor bias, float epsilon) {
  public static Norm rms(WeightSource w, String name, long row, float epsilon) {
    return new Norm(w.vector(name + ".weight", row), null, epsilon);
  }

  public static Norm layer(WeightSource w, String name, long row, float epsilon) {
    return new Norm(w.vector(name + ".weight", row), w.vector(name + ".bias", row), epsilon);
  }

  /** [row, ...] to the same shape. */
  public Tensor apply(GraphBuilder g, Tensor x) {
    if (bias == null) {
      return g.multiply(g.rmsNorm(x, epsilon), weight);
    }
    return g.add(g.multiply(g.layerNorm(x, epsilon), weight), bias);
  }
}
