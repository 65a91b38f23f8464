package dev.myelin.model.layer;

import dev.myelin.graph.GraphBuilder;
import dev.myelin.graph.Tensor;
import dev.myelin.model.build.WeightSource;
import java.util.List;

/** The second half of a layer: works on each position by itself. */
public interface FeedForward {
  /** [width, tokens] to the same shape. */
  Tensor apply(GraphBuilder g, Tensor x);

  /** {@code down(silu(gate x) * up x)}. */
  record Gated(Linear gate, Linear up, Linear down) implements FeedForward {
    @Override
    public Tensor apply(GraphBuilder g, Tensor x) {
      List<Tensor> both = Linear.applyAll(g, x, gate, up);
      return down.apply(g, g.swiglu(both.get(0), both.get(1)));
    }

    public static Gated of(
        WeightSource w, String layer, long width, long inner, Linear.Extras extras) {
      return new Gated(
          Linear.of(w, layer + "ffn_gate", width, inner, extras),
          Linear.of(w, layer + "ffn_up", width, inner, extras),
          Linear.of(w, layer + "ffn_down", inner, width, extras));
    }
  }

  /** {@code down(gelu(up x))}. */
  record Gelu(Linear up, Linear down) implements FeedForward {
    @Override
    public Tensor apply(GraphBuilder g, Tensor x) {
      return down.apply(g, g.gelu(up.apply(g, x)));
    }

    public static Gelu of(WeightSource w, String layer, long width, long inner) {
      return new Gelu(
          Linear.of(w, layer + "ffn_up", width, inner, Linear.Extras.BIAS),
          Linear.of(w, layer + "ffn_down", inner, width, Linear.Extras.BIAS));
    }
  }
}
