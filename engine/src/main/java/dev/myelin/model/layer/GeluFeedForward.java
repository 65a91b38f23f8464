package dev.myelin.model.layer;

import dev.myelin.graph.Tensor;
import dev.myelin.model.weights.Weights;

/** {@code down(gelu(up x))} (Hendrycks and Gimpel 2016). */
public record GeluFeedForward(Linear up, Linear down) implements FeedForward {
  /** Takes {@code ffn_up} and {@code ffn_down}. */
  public static GeluFeedForward of(Weights w, long width, long ffnWidth, Linear.Part... parts) {
    return new GeluFeedForward(
        Linear.of(w, "ffn_up", width, ffnWidth, parts),
        Linear.of(w, "ffn_down", ffnWidth, width, parts));
  }

  @Override
  public Tensor of(Tensor x) {
    return down.of(x.graph().gelu(up.of(x)));
  }
}
