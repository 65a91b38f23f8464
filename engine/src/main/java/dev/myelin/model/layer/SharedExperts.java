package dev.myelin.model.layer;

import dev.myelin.graph.GraphBuilder;
import dev.myelin.graph.Tensor;
import dev.myelin.model.weights.Weights;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The experts that every token uses, as one feed-forward network.
 *
 * @param gate [width, ffnWidth], or null without a gate
 * @param up [width, ffnWidth]
 * @param down [ffnWidth, width]
 * @param outputGate [width, 1], whose sigmoid is a factor of a token's output, or null
 */
public record SharedExperts(
    @Nullable Linear gate,
    Linear up,
    Linear down,
    @Nullable Linear outputGate,
    Activation activation)
    implements FeedForward {
  /** Takes {@code ffn_gate_shexp}, {@code ffn_up_shexp} and {@code ffn_down_shexp}. */
  public static SharedExperts of(
      Weights w, long width, long ffnWidth, Activation activation, Linear.Part... parts) {
    Linear gate = Linear.of(w, "ffn_gate_shexp", width, ffnWidth, parts);
    return ungated(w, width, ffnWidth, activation, parts).withGate(gate);
  }

  /** Takes {@code ffn_up_shexp} and {@code ffn_down_shexp}. */
  public static SharedExperts ungated(
      Weights w, long width, long ffnWidth, Activation activation, Linear.Part... parts) {
    return new SharedExperts(
        null,
        Linear.of(w, "ffn_up_shexp", width, ffnWidth, parts),
        Linear.of(w, "ffn_down_shexp", ffnWidth, width, parts),
        null,
        activation);
  }

  private SharedExperts withGate(Linear matrix) {
    return new SharedExperts(matrix, up, down, outputGate, activation);
  }

  /** Also takes {@code ffn_gate_inp_shexp}. */
  public SharedExperts withOutputGate(Weights w, long width) {
    Linear matrix = Linear.of(w, "ffn_gate_inp_shexp", width, 1, Linear.Part.NO_SCALE);
    return new SharedExperts(gate, up, down, matrix, activation);
  }

  @Override
  public Tensor of(Tensor x) {
    GraphBuilder g = x.graph();
    Tensor hidden;
    if (gate == null) {
      hidden = activation.of(g, null, up.of(x));
    } else {
      List<Tensor> gateUp = Linear.ofAll(x, gate, up);
      hidden = activation.of(g, gateUp.get(0), gateUp.get(1));
    }
    Tensor y = down.of(hidden);
    return outputGate == null ? y : g.multiply(y, g.sigmoid(outputGate.of(x)));
  }
}
