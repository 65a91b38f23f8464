package dev.myelin.model.layer;

import dev.myelin.graph.GraphBuilder;
import dev.myelin.graph.Tensor;
import dev.myelin.model.config.ExpertConfig;
import dev.myelin.model.weights.Weights;

/**
 * A sparse mixture of experts (Shazeer et al. 2017; Jiang et al. 2024). A router selects the top-k
 * experts of each token and weights their outputs by its softmax, normalised to sum to 1.
 *
 * @param router [width, experts]
 * @param gate expert matrices [width, ffnWidth, experts]
 * @param up expert matrices [width, ffnWidth, experts]
 * @param down expert matrices [ffnWidth, width, experts]
 */
public record MixtureOfExperts(
    Linear router, ExpertLinear gate, ExpertLinear up, ExpertLinear down, ExpertConfig experts)
    implements FeedForward {

  /** The smallest normal f16: keeps the division by the sum of weights finite. */
  private static final float MIN_WEIGHT_SUM = 6.103515625e-5f;

  /**
   * Takes {@code ffn_gate_inp}, {@code ffn_gate_exps}, {@code ffn_up_exps}, {@code ffn_down_exps}.
   */
  public static MixtureOfExperts of(Weights w, long width, long ffnWidth, ExpertConfig experts) {
    int n = experts.count();
    return new MixtureOfExperts(
        Linear.of(w, "ffn_gate_inp", width, n, Linear.Part.NO_SCALE),
        ExpertLinear.of(w, "ffn_gate_exps", width, ffnWidth, n),
        ExpertLinear.of(w, "ffn_up_exps", width, ffnWidth, n),
        ExpertLinear.of(w, "ffn_down_exps", ffnWidth, width, n),
        experts);
  }

  @Override
  public Tensor of(Tensor x) {
    GraphBuilder g = x.graph();
    if (g.isDifferentiable()) {
      return DenseExperts.of(this, x);
    }
    long width = x.dim(0);
    long tokens = x.dim(1);
    Tensor probabilities = g.softmax(router.of(x));
    Tensor expertIds = g.topK(probabilities, experts.used());
    Tensor routerWeights = routerWeights(g, probabilities, expertIds, tokens);

    Tensor rows = g.reshape3d(x, width, 1, tokens);
    Tensor hidden = g.swiglu(gate.of(rows, expertIds), up.of(rows, expertIds));
    Tensor expertOutputs = g.multiply(down.of(hidden, expertIds), routerWeights);
    return sum(g, expertOutputs);
  }

  /** Router weight of each selected expert, f32 [1, used, tokens]. */
  private Tensor routerWeights(
      GraphBuilder g, Tensor probabilities, Tensor expertIds, long tokens) {
    Tensor columns = g.reshape3d(probabilities, 1, experts.count(), tokens);
    Tensor selected = g.reshape2d(g.getRows(columns, expertIds), experts.used(), tokens);
    Tensor sum = g.clamp(g.sumRows(selected), MIN_WEIGHT_SUM, Float.POSITIVE_INFINITY);
    Tensor weights = g.reshape3d(g.divide(selected, sum), 1, experts.used(), tokens);
    g.expand(weights);
    return weights;
  }

  /** Adds up the experts' outputs: [width, used, tokens] to [width, tokens]. */
  private Tensor sum(GraphBuilder g, Tensor expertOutputs) {
    Tensor sum = slice(g, expertOutputs, 0);
    for (int i = 1; i < experts.used(); i++) {
      sum = g.add(sum, slice(g, expertOutputs, i));
    }
    return experts.used() == 1 ? g.contiguous(sum) : sum;
  }

  private static Tensor slice(GraphBuilder g, Tensor expertOutputs, int expert) {
    long offset = expert * expertOutputs.stride(1);
    return g.view2d(
        expertOutputs, expertOutputs.dim(0), expertOutputs.dim(2), expertOutputs.stride(2), offset);
  }
}
