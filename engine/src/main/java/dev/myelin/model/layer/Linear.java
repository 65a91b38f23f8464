package dev.myelin.model.layer;

import dev.myelin.adapter.LowRank;
import dev.myelin.graph.GraphBuilder;
import dev.myelin.graph.NativeKernels;
import dev.myelin.graph.Tensor;
import dev.myelin.model.build.WeightSource;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * {@code y = W x}, with a bias and a scale where the file has them. The one place that decides
 * which kernel multiplies a weight.
 *
 * @param weight [in, out]
 * @param bias [out], or null
 * @param scale [1], or null
 * @param adapters changes of the matrix, which add up
 */
public record Linear(
    Tensor weight, Tensor bias, Tensor scale, Extras extras, List<LowRank> adapters) {
  /**
   * What a layer may have beside its matrix, and in which order it is applied: as the reference
   * implementation does for that layer. A scale that it ignores is ignored here. Adapters are added
   * after a scale that comes first, and before all else.
   */
  public enum Extras {
    NONE,
    SCALE,
    SCALE_LAST,
    BIAS,
    SCALE_THEN_BIAS,
    BIAS_THEN_SCALE;

    boolean bias() {
      return this == BIAS || this == SCALE_THEN_BIAS || this == BIAS_THEN_SCALE;
    }

    boolean scale() {
      return this != NONE && this != BIAS;
    }

    boolean scaleLast() {
      return this == SCALE_LAST || this == BIAS_THEN_SCALE;
    }
  }

  /** Takes {@code NAME.weight} and, where present and allowed, its bias and scale. */
  public static Linear of(WeightSource w, String name, long in, long out, Extras extras) {
    Tensor weight = w.matrix(name + ".weight", in, out);
    Tensor bias = extras.bias() ? w.optionalVector(name + ".bias", out).orElse(null) : null;
    List<LowRank> adapters = w.adapters(name + ".weight", in, out);
    return new Linear(weight, bias, scale(w, name, extras), extras, adapters);
  }

  /**
   * A layer whose matrix is another layer's: an output tied to the embedding. Adapters of the
   * embedding are not its own: training adds them to the lookup alone.
   */
  public static Linear tied(WeightSource w, Tensor weight, String name, Extras extras) {
    Tensor bias =
        extras.bias() ? w.optionalVector(name + ".bias", weight.dim(1)).orElse(null) : null;
    return new Linear(weight, bias, scale(w, name, extras), extras, List.of());
  }

  private static Tensor scale(WeightSource w, String name, Extras extras) {
    if (!extras.scale()) {
      w.ignore(name + ".scale");
      return null;
    }
    return w.optionalVector(name + ".scale", 1).orElse(null);
  }

  /** [in, n] to [out, n]. */
  public Tensor apply(GraphBuilder g, Tensor x) {
    // own products have no derivative
    boolean own = !g.isDifferentiable() && NativeKernels.supportsMatmul(weight, x);
    return finish(g, own ? g.matmulNative(weight, x) : g.matmul(weight, x), x);
  }

  /** What each of some layers makes of the same input, in one operation where that can be. */
  public static List<Tensor> applyAll(GraphBuilder g, Tensor x, Linear... layers) {
    List<Tensor> weights = Arrays.stream(layers).map(Linear::weight).toList();
    if (g.isDifferentiable() || !NativeKernels.supportsGroupedMatmul(weights, x)) {
      return Arrays.stream(layers).map(layer -> layer.apply(g, x)).toList();
    }
    List<Tensor> products = g.groupedMatmul(weights, x);
    return IntStream.range(0, layers.length)
        .mapToObj(i -> layers[i].finish(g, products.get(i), x))
        .toList();
  }

  /** Adds to the product of the matrix what else there is. */
  private Tensor finish(GraphBuilder g, Tensor product, Tensor x) {
    Tensor y = product;
    if (scale != null && !extras.scaleLast()) {
      y = g.multiply(y, scale);
    }
    for (LowRank adapter : adapters) {
      y = adapter.addTo(g, y, x);
    }
    if (bias != null) {
      y = g.add(y, bias);
    }
    if (scale != null && extras.scaleLast()) {
      y = g.multiply(y, scale);
    }
    return y;
  }
}
