package dev.myelin.model.layer;

import dev.myelin.graph.GraphBuilder;
import dev.myelin.graph.Tensor;
import dev.myelin.model.build.WeightSource;
import java.util.List;

/** The feed-forward network of a layer, applied to each position independently. */
public interface FeedForward {
  /** [width, tokens] to the same shape. */
  Tensor apply(GraphBuilder g, Tensor x);

  /** {@code down(silu(gate x) * up x)}. */
  record Gated(Linear gate, Linear up, Linear down) implements FeedForward {
    @Override
    public Tensor apply(GraphBuilder g, Tensor x) {
      List<Tensor> gateUp = Linear.applyAll(g, x, gate, up);
      return down.apply(g, g.swiglu(gateUp.get(0), gateUp.get(1)));
    }

    public static Gated of(
        WeightSource w, String layer, long width, long ffnWidth, Linear.Epilogue epilogue) {
      return new Gated(
          Linear.of(w, layer + "ffn_gate", width, ffnWidth, epilogue),
          Linear.of(w, layer + "ffn_up", width, ffnWidth, epilogue),
          Linear.of(w, layer + "ffn_down", ffnWidth, width, epilogue));
    }
  }

  /** {@code down(gelu(up x))}. */
  record Gelu(Linear up, Linear down) implements FeedForward {
    @Override
    public Tensor apply(GraphBuilder g, Tensor x) {
      return down.apply(g, g.gelu(up.apply(g, x)));
    }

    public static Gelu of(WeightSource w, String layer, long width, long ffnWidth) {
      return new Gelu(
          Linear.of(w, layer + "ffn_up", width, ffnWidth, Linear.Epilogue.BIAS),
          Linear.of(w, layer + "ffn_down", ffnWidth, width, Linear.Epilogue.BIAS));
    }
  }
}
