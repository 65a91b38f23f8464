package dev.myelin.model.layer;

import dev.myelin.graph.Tensor;
import dev.myelin.model.weights.Weights;

/** {@code down(relu(up x))}. */
public record ReluFeedForward(Linear up, Linear down) implements FeedForward {
  /** Takes {@code ffn_up} and {@code ffn_down}. */
  public static ReluFeedForward of(Weights w, long width, long ffnWidth, Linear.Part... parts) {
    return new ReluFeedForward(
        Linear.of(w, "ffn_up", width, ffnWidth, parts),
        Linear.of(w, "ffn_down", ffnWidth, width, parts));
  }

  @Override
  public Tensor of(Tensor x) {
    return down.of(x.graph().relu(up.of(x)));
  }
}
