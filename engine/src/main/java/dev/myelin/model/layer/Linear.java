package dev.myelin.model.layer;

import dev.myelin.adapter.LowRankUpdate;
import dev.myelin.graph.GraphBuilder;
import dev.myelin.graph.NativeKernels;
import dev.myelin.graph.Tensor;
import dev.myelin.model.build.WeightSource;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A linear layer: {@code y = W x}, with a bias and a scale if the file has them. Chooses between
 * native kernels and ggml for its matmul.
 *
 * @param weight [in, out]
 * @param bias [out], or null
 * @param scale [1], or null
 * @param adapters low-rank updates of the matrix, which add up
 */
public record Linear(
    Tensor weight, Tensor bias, Tensor scale, Epilogue epilogue, List<LowRankUpdate> adapters) {
  /**
   * The operations after the matmul and their order, as in the reference implementation for that
   * layer. A scale that the reference ignores is ignored here. Adapters are added after a scale
   * that comes first, and before everything else.
   */
  public enum Epilogue {
    NONE,
    SCALE,
    SCALE_LAST,
    BIAS,
    SCALE_THEN_BIAS,
    BIAS_THEN_SCALE;

    boolean hasBias() {
      return this == BIAS || this == SCALE_THEN_BIAS || this == BIAS_THEN_SCALE;
    }

    boolean hasScale() {
      return this != NONE && this != BIAS;
    }

    boolean isScaleLast() {
      return this == SCALE_LAST || this == BIAS_THEN_SCALE;
    }
  }

  /** Takes {@code NAME.weight} and, if present and part of the epilogue, its bias and scale. */
  public static Linear of(WeightSource w, String name, long in, long out, Epilogue epilogue) {
    Tensor weight = w.matrix(name + ".weight", in, out);
    Tensor bias = epilogue.hasBias() ? w.optionalVector(name + ".bias", out).orElse(null) : null;
    List<LowRankUpdate> adapters = w.adapters(name + ".weight", in, out);
    return new Linear(weight, bias, scale(w, name, epilogue), epilogue, adapters);
  }

  /**
   * A layer that shares another layer's matrix: an output tied to the embedding. Adapters of the
   * embedding do not apply to it, as in training: they only change the lookup.
   */
  public static Linear tied(WeightSource w, Tensor weight, String name, Epilogue epilogue) {
    Tensor bias =
        epilogue.hasBias() ? w.optionalVector(name + ".bias", weight.dim(1)).orElse(null) : null;
    return new Linear(weight, bias, scale(w, name, epilogue), epilogue, List.of());
  }

  private static Tensor scale(WeightSource w, String name, Epilogue epilogue) {
    if (!epilogue.hasScale()) {
      w.ignore(name + ".scale");
      return null;
    }
    return w.optionalVector(name + ".scale", 1).orElse(null);
  }

  /** [in, n] to [out, n]. */
  public Tensor apply(GraphBuilder g, Tensor x) {
    // native kernels have no derivative
    boolean useNative = !g.isDifferentiable() && NativeKernels.supportsMatmul(weight, x);
    return applyEpilogue(g, useNative ? g.matmulNative(weight, x) : g.matmul(weight, x), x);
  }

  /** Applies several layers to the same input, with one grouped matmul if possible. */
  public static List<Tensor> applyAll(GraphBuilder g, Tensor x, Linear... layers) {
    List<Tensor> weights = Arrays.stream(layers).map(Linear::weight).toList();
    if (g.isDifferentiable() || !NativeKernels.supportsGroupedMatmul(weights, x)) {
      return Arrays.stream(layers).map(layer -> layer.apply(g, x)).toList();
    }
    List<Tensor> outputs = g.groupedMatmul(weights, x);
    return IntStream.range(0, layers.length)
        .mapToObj(i -> layers[i].applyEpilogue(g, outputs.get(i), x))
        .toList();
  }

  /** Applies adapters, bias and scale to the result of the matmul. */
  private Tensor applyEpilogue(GraphBuilder g, Tensor matmul, Tensor x) {
    Tensor y = matmul;
    if (scale != null && !epilogue.isScaleLast()) {
      y = g.multiply(y, scale);
    }
    for (LowRankUpdate adapter : adapters) {
      y = adapter.addTo(g, y, x);
    }
    if (bias != null) {
      y = g.add(y, bias);
    }
    if (scale != null && epilogue.isScaleLast()) {
      y = g.multiply(y, scale);
    }
    return y;
  }
}
