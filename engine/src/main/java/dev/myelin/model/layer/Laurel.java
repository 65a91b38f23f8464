package dev.myelin.model.layer;

import dev.myelin.graph.Tensor;
import dev.myelin.model.weights.Weights;

/**
 * A learned augmented residual layer of low rank (Menghani et al. 2024): {@code x + norm(right
 * (left x))}.
 */
public record Laurel(Linear left, Linear right, Norm norm) {
  /** Takes {@code laurel_l}, {@code laurel_r} and {@code laurel_post_norm}. */
  public static Laurel of(Weights w, int width, int rank, float epsilon) {
    return new Laurel(
        Linear.of(w, "laurel_l", width, rank, Linear.Part.NO_SCALE),
        Linear.of(w, "laurel_r", rank, width, Linear.Part.NO_SCALE),
        Norm.rms(w, "laurel_post_norm", width, epsilon));
  }

  /** [width, tokens] to the same shape. */
  public Tensor of(Tensor x) {
    return x.graph().add(norm.of(right.of(left.of(x))), x);
  }
}
