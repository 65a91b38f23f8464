package dev.myelin.model.layer;

import dev.myelin.graph.GraphBuilder;
import dev.myelin.graph.Tensor;
import dev.myelin.model.layer.Router.Selection;
import dev.myelin.model.weights.Weights;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The feed-forward networks of a mixture of experts.
 *
 * @param gateUp gate and up of each expert as one matrix [width, 2 * ffnWidth, experts], or null
 * @param gate [width, ffnWidth, experts], null if fused or without a gate
 * @param up [width, ffnWidth, experts], null if fused
 * @param down [ffnWidth, width, experts]
 * @param isInputWeighted whether the router's weights apply to the experts' inputs, not to their
 *     outputs
 */
public record Experts(
    @Nullable ExpertLinear gateUp,
    @Nullable ExpertLinear gate,
    @Nullable ExpertLinear up,
    ExpertLinear down,
    Activation activation,
    boolean isInputWeighted) {

  /**
   * Takes {@code ffn_gate_up_exps} if the file has it, else {@code ffn_gate_exps} and {@code
   * ffn_up_exps}; and {@code ffn_down_exps}.
   */
  public static Experts of(
      Weights w,
      long width,
      long ffnWidth,
      int count,
      Activation activation,
      Linear.Part... parts) {
    if (!w.has("ffn_gate_up_exps.weight")) {
      return split(w, width, ffnWidth, count, activation, parts);
    }
    ExpertLinear fused =
        ExpertLinear.of(w, "ffn_gate_up_exps", width, 2 * ffnWidth, count, withoutScale(parts));
    ExpertLinear down = ExpertLinear.of(w, "ffn_down_exps", ffnWidth, width, count, parts);
    return new Experts(fused, null, null, down, activation, false);
  }

  /** The reference implementation takes no scale of the fused matrices. */
  private static Linear.Part[] withoutScale(Linear.Part... parts) {
    Linear.Part[] all = Arrays.copyOf(parts, parts.length + 1);
    all[parts.length] = Linear.Part.NO_SCALE;
    return all;
  }

  /** Takes {@code ffn_gate_exps}, {@code ffn_up_exps} and {@code ffn_down_exps}. */
  public static Experts split(
      Weights w,
      long width,
      long ffnWidth,
      int count,
      Activation activation,
      Linear.Part... parts) {
    return new Experts(
        null,
        ExpertLinear.of(w, "ffn_gate_exps", width, ffnWidth, count, parts),
        ExpertLinear.of(w, "ffn_up_exps", width, ffnWidth, count, parts),
        ExpertLinear.of(w, "ffn_down_exps", ffnWidth, width, count, parts),
        activation,
        false);
  }

  /** Takes {@code ffn_up_exps} and {@code ffn_down_exps}. */
  public static Experts ungated(
      Weights w,
      long width,
      long ffnWidth,
      int count,
      Activation activation,
      Linear.Part... parts) {
    return new Experts(
        null,
        null,
        ExpertLinear.of(w, "ffn_up_exps", width, ffnWidth, count, parts),
        ExpertLinear.of(w, "ffn_down_exps", ffnWidth, width, count, parts),
        activation,
        false);
  }

  /** These experts with weighted inputs. */
  public Experts withWeightedInput() {
    return new Experts(gateUp, gate, up, down, activation, true);
  }

  /** The sum of the selected experts' outputs for x [width, tokens], of the same shape. */
  public Tensor of(Tensor x, Selection selection) {
    GraphBuilder g = x.graph();
    Tensor ids = selection.ids();
    long used = ids.dim(0);
    Tensor rows = g.reshape3d(x, x.dim(0), 1, x.dim(1));
    if (isInputWeighted) {
      rows = g.multiply(g.repeat3d(rows, x.dim(0), used, x.dim(1)), selection.weights());
    }
    Tensor outputs = down.of(hidden(g, rows, ids), ids);
    if (!isInputWeighted) {
      outputs = g.multiply(outputs, selection.weights());
    }
    return sum(g, outputs, used);
  }

  /** [width, 1 or used, tokens] to [ffnWidth, used, tokens]. */
  private Tensor hidden(GraphBuilder g, Tensor rows, Tensor ids) {
    if (gateUp == null) {
      Tensor gates = gate == null ? null : gate.of(rows, ids);
      return activation.of(g, gates, up.of(rows, ids));
    }
    Tensor both = gateUp.of(rows, ids);
    long ffnWidth = both.dim(0) / 2;
    return activation.of(g, half(g, both, 0), half(g, both, ffnWidth * Float.BYTES));
  }

  private static Tensor half(GraphBuilder g, Tensor t, long offset) {
    return g.view3d(t, t.dim(0) / 2, t.dim(1), t.dim(2), t.stride(1), t.stride(2), offset);
  }

  /** Adds up the experts' outputs: [width, used, tokens] to [width, tokens]. */
  private static Tensor sum(GraphBuilder g, Tensor outputs, long used) {
    Tensor sum = slice(g, outputs, 0);
    for (int i = 1; i < used; i++) {
      sum = g.add(sum, slice(g, outputs, i));
    }
    return used == 1 ? g.contiguous(sum) : sum;
  }

  private static Tensor slice(GraphBuilder g, Tensor outputs, int expert) {
    long offset = expert * outputs.stride(1);
    return g.view2d(outputs, outputs.dim(0), outputs.dim(2), outputs.stride(2), offset);
  }
}
