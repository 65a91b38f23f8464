package dev.myelin.model.layer;

import dev.myelin.graph.Tensor;
import dev.myelin.model.weights.Weights;
import java.util.List;

/** {@code down(gelu(gate x) * up x)}, tanh approximation (GEGLU, Shazeer 2020). */
public record GeGlu(Linear gate, Linear up, Linear down) implements FeedForward {
  /** Takes {@code ffn_gate}, {@code ffn_up} and {@code ffn_down}. */
  public static GeGlu of(Weights w, long width, long ffnWidth, Linear.Part... parts) {
    return new GeGlu(
        Linear.of(w, "ffn_gate", width, ffnWidth, parts),
        Linear.of(w, "ffn_up", width, ffnWidth, parts),
        Linear.of(w, "ffn_down", ffnWidth, width, parts));
  }

  @Override
  public Tensor of(Tensor x) {
    List<Tensor> gateUp = Linear.ofAll(x, gate, up);
    return down.of(x.graph().geglu(gateUp.get(0), gateUp.get(1)));
  }
}
