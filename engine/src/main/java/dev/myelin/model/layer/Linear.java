package dev.myelin.model.layer;

import dev.myelin.adapter.LowRankUpdate;
import dev.myelin.graph.GraphBuilder;
import dev.myelin.graph.Tensor;
import dev.myelin.model.weights.Weights;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * A linear layer: {@code y = W x}, with a bias and a scale if the file has them.
 *
 * @param weight [in, out]
 * @param bias [out], or null
 * @param scale [1], or null
 * @param scaleLast whether the scale follows the bias
 * @param adapters low-rank updates of the matrix, which add up
 */
public record Linear(
    Tensor weight, Tensor bias, Tensor scale, boolean scaleLast, List<LowRankUpdate> adapters) {
  /**
   * What a layer has besides its matrix. As in the reference implementation, which differs between
   * layers: a scale that it ignores is ignored here. By default a layer has no bias, and a scale
   * where the file has one.
   */
  public enum Part {
    /** A bias where the file has one. */
    OPTIONAL_BIAS,
    /** A bias, without which the file is rejected. */
    BIAS,
    /** The scale, if any, is ignored. */
    NO_SCALE,
    /** The scale, if any, follows bias and adapters; else it comes first. */
    SCALE_LAST
  }

  /** Takes {@code NAME.weight} and its bias and scale. */
  public static Linear of(Weights w, String name, long in, long out, Part... parts) {
    Tensor weight = w.matrix(name + ".weight", in, out);
    return of(w, name, weight, w.adapters(name + ".weight", in, out), parts);
  }

  /**
   * A layer that shares another layer's matrix: an output tied to the embedding. Adapters of the
   * embedding do not apply to it, as in training: they only change the lookup.
   */
  public static Linear tied(Weights w, Tensor weight, String name, Part... parts) {
    return of(w, name, weight, List.of(), parts);
  }

  private static Linear of(
      Weights w, String name, Tensor weight, List<LowRankUpdate> adapters, Part... parts) {
    Set<Part> set = EnumSet.noneOf(Part.class);
    set.addAll(Arrays.asList(parts));
    Tensor bias = bias(w, name, weight.dim(1), parts);
    Tensor scale = null;
    if (set.contains(Part.NO_SCALE)) {
      w.ignore(name + ".scale", "a scale that the architecture does not apply");
    } else {
      scale = w.optionalVector(name + ".scale", 1);
    }
    return new Linear(weight, bias, scale, set.contains(Part.SCALE_LAST), adapters);
  }

  /** Takes {@code NAME.bias} as the parts say; null without one. */
  static Tensor bias(Weights w, String name, long length, Part... parts) {
    for (Part part : parts) {
      if (part == Part.BIAS) {
        return w.vector(name + ".bias", length);
      }
      if (part == Part.OPTIONAL_BIAS) {
        return w.optionalVector(name + ".bias", length);
      }
    }
    return null;
  }

  /** [in, n] to [out, n]. */
  public Tensor of(Tensor x) {
    return finish(x.graph().kernels().matmul(weight, x), x);
  }

  /** Applies several layers to the same input, with one grouped matmul if possible. */
  public static List<Tensor> ofAll(Tensor x, Linear... layers) {
    return finish(x.graph().kernels().matmuls(weights(layers), x), x, layers);
  }

  /**
   * The same for an input with outliers: {@link dev.myelin.graph.KernelSelector#matmuls(List,
   * Tensor, Tensor)}.
   *
   * @param exact one of the layers, in which rounding the input to 8 bits costs most
   */
  static List<Tensor> ofAllWithExact(Tensor x, Linear exact, Linear... layers) {
    return finish(x.graph().kernels().matmuls(weights(layers), x, exact.weight), x, layers);
  }

  private static List<Tensor> weights(Linear... layers) {
    List<Tensor> weights = new ArrayList<>();
    for (Linear layer : layers) {
      weights.add(layer.weight);
    }
    return weights;
  }

  private static List<Tensor> finish(List<Tensor> matmuls, Tensor x, Linear... layers) {
    List<Tensor> outputs = new ArrayList<>();
    for (int i = 0; i < layers.length; i++) {
      outputs.add(layers[i].finish(matmuls.get(i), x));
    }
    return outputs;
  }

  /** Applies adapters, bias and scale to the result of the matmul. */
  private Tensor finish(Tensor matmul, Tensor x) {
    GraphBuilder g = x.graph();
    Tensor y = matmul;
    if (scale != null && !scaleLast) {
      y = g.multiply(y, scale);
    }
    for (LowRankUpdate adapter : adapters) {
      y = adapter.addTo(g, y, x);
    }
    if (bias != null) {
      y = g.add(y, bias);
    }
    if (scale != null && scaleLast) {
      y = g.multiply(y, scale);
    }
    return y;
  }
}
