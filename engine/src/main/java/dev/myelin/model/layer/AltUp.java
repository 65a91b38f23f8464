package dev.myelin.model.layer;

import dev.myelin.graph.GraphBuilder;
import dev.myelin.graph.Tensor;
import dev.myelin.model.weights.Weights;

/**
 * Alternating updates (Baykal et al. 2023): the residual stream has several parts [width, tokens,
 * parts]. A layer computes on the first one only; the others are predicted from all parts, and
 * corrected by what the layer has changed.
 *
 * @param router [width, parts]
 * @param predict [parts, parts * parts]
 * @param correct [parts, parts]
 * @param correctScale [width]
 */
public record AltUp(
    Norm routerNorm, Linear router, Linear predict, Linear correct, Tensor correctScale) {
  /** Takes {@code altup_router}, {@code altup_predict_coef} and the others. */
  public static AltUp of(Weights w, int width, int parts, float epsilon) {
    return new AltUp(
        Norm.rms(w, "altup_router_norm", width, epsilon),
        Linear.of(w, "altup_router", width, parts, Linear.Part.NO_SCALE),
        Linear.of(w, "altup_predict_coef", parts, (long) parts * parts, Linear.Part.NO_SCALE),
        Linear.of(w, "altup_correct_coef", parts, parts, Linear.Part.NO_SCALE),
        w.vector("altup_correct_scale.weight", width));
  }

  /** The first part of x [width, tokens, parts]. */
  public static Tensor active(Tensor x) {
    return part(x, 0);
  }

  /** A part of x [width, tokens, parts]: [width, tokens]. */
  public static Tensor part(Tensor x, int i) {
    return x.graph().view2d(x, x.dim(0), x.dim(1), x.stride(1), i * x.stride(2));
  }

  /** All parts but the first. */
  public static Tensor rest(Tensor x) {
    GraphBuilder g = x.graph();
    return g.view3d(x, x.dim(0), x.dim(1), x.dim(2) - 1, x.stride(1), x.stride(2), x.stride(2));
  }

  /** [width, tokens] to [parts, tokens]. */
  private Tensor modalities(Tensor x) {
    GraphBuilder g = x.graph();
    Tensor normed = g.scale(routerNorm.of(x), 1f / x.dim(0));
    return g.tanh(router.of(normed));
  }

  /** Predicts all parts from all parts: x [width, tokens, parts] to the same shape. */
  public Tensor predict(Tensor x) {
    GraphBuilder g = x.graph();
    long parts = x.dim(2);
    long tokens = x.dim(1);
    Tensor coefficients = predict.of(modalities(active(x)));
    coefficients = g.reshape3d(coefficients, parts, parts, tokens); // [from, to, tokens]
    coefficients = g.contiguous(g.permute(coefficients, 2, 1, 0, 3)); // [tokens, to, from]
    Tensor sum = x;
    // one product after the other: a matmul of activations would depend on the batch
    for (int from = 0; from < parts; from++) {
      Tensor part = g.reshape3d(g.contiguous(part(x, from)), x.dim(0), tokens, 1);
      Tensor weights = g.reshape3d(part(coefficients, from), 1, tokens, parts);
      Tensor repeated = g.repeat3d(part, x.dim(0), tokens, parts);
      sum = g.add(sum, g.multiply(repeated, weights));
    }
    return sum;
  }

  /**
   * Corrects the predictions [width, tokens, parts] by what the layer has made of the first one.
   *
   * @param activated [width, tokens]
   */
  public Tensor correct(Tensor predictions, Tensor activated) {
    GraphBuilder g = activated.graph();
    long width = predictions.dim(0);
    long tokens = predictions.dim(1);
    long parts = predictions.dim(2);
    Tensor innovation = g.subtract(activated, active(predictions));
    Tensor coefficients = g.scaleBias(correct.of(modalities(activated)), 1, 1);
    Tensor byPart = g.contiguous(g.permute(coefficients, 1, 0, 2, 3)); // [tokens, parts]
    Tensor repeated = g.repeat3d(g.reshape3d(innovation, width, tokens, 1), width, tokens, parts);
    return g.add(g.multiply(repeated, g.reshape3d(byPart, 1, tokens, parts)), predictions);
  }
}
