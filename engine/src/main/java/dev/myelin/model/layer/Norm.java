package dev.myelin.model.layer;

import dev.myelin.graph.GraphBuilder;
import dev.myelin.graph.Tensor;
import dev.myelin.model.weights.Weights;

/**
 * A norm of each row, times a weight, plus an optional bias.
 *
 * @param weight [width]
 * @param bias [width] for a layer norm, null for an RMS norm
 */
public record Norm(Tensor weight, Tensor bias, float epsilon) {
  /** Takes {@code NAME.weight}. */
  public static Norm rms(Weights w, String name, long width, float epsilon) {
    return new Norm(w.vector(name + ".weight", width), null, epsilon);
  }

  /** Takes {@code NAME.weight} and {@code NAME.bias}. */
  public static Norm layer(Weights w, String name, long width, float epsilon) {
    return new Norm(w.vector(name + ".weight", width), w.vector(name + ".bias", width), epsilon);
  }

  /** [width, ...] to the same shape. */
  public Tensor of(Tensor x) {
    GraphBuilder g = x.graph();
    if (bias == null) {
      return g.multiply(g.rmsNorm(x, epsilon), weight);
    }
    return g.add(g.multiply(g.layerNorm(x, epsilon), weight), bias);
  }
}
