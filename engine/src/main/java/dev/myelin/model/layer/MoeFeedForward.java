package dev.myelin.model.layer;

import dev.myelin.adapter.LowRankUpdate;
import dev.myelin.graph.GraphBuilder;
import dev.myelin.graph.Tensor;
import dev.myelin.model.build.WeightSource;
import dev.myelin.model.config.Hyperparameters.Experts;
import java.util.List;

/**
 * A sparse mixture of experts (Shazeer et al. 2017; Jiang et al. 2024). A router selects the top-k
 * experts of each token and weights their outputs by its softmax, normalised to sum to 1.
 *
 * @param router [width, experts]
 * @param gate expert matrices [width, ffnWidth, experts]
 * @param up expert matrices [width, ffnWidth, experts]
 * @param down expert matrices [ffnWidth, width, experts]
 */
public record MoeFeedForward(
    Linear router, ExpertLinear gate, ExpertLinear up, ExpertLinear down, Experts experts)
    implements FeedForward {

  /** The smallest normal f16: keeps the division by the sum of weights finite. */
  private static final float MIN_WEIGHT_SUM = 6.103515625e-5f;

  /**
   * A linear layer with one matrix per expert.
   *
   * @param weight [in, out, experts]
   * @param scale [experts], or null
   * @param adapters low-rank updates of the matrices, which add up
   */
  public record ExpertLinear(Tensor weight, Tensor scale, List<LowRankUpdate> adapters) {
    static ExpertLinear of(WeightSource w, String name, long in, long out, long experts) {
      return new ExpertLinear(
          w.matrix(name + ".weight", in, out, experts),
          w.optionalVector(name + ".scale", experts).orElse(null),
          w.expertAdapters(name + ".weight", in, out, experts));
    }

    /** [in, 1 or used, tokens] to [out, used, tokens]. */
    Tensor apply(GraphBuilder g, Tensor x, Tensor expertIds) {
      Tensor y = g.matmulExperts(weight, x, expertIds);
      if (scale != null) {
        long tokens = x.dim(2);
        long count = scale.dim(0);
        Tensor scales = g.repeat3d(g.reshape3d(scale, 1, count, 1), 1, count, tokens);
        y = g.multiply(y, g.getRows(scales, expertIds));
      }
      for (LowRankUpdate adapter : adapters) {
        y = adapter.addTo(g, y, x, expertIds);
      }
      return y;
    }
  }

  public static MoeFeedForward of(
      WeightSource w, String layer, long width, long ffnWidth, Experts experts) {
    int n = experts.count();
    return new MoeFeedForward(
        Linear.of(w, layer + "ffn_gate_inp", width, n, Linear.Epilogue.NONE),
        ExpertLinear.of(w, layer + "ffn_gate_exps", width, ffnWidth, n),
        ExpertLinear.of(w, layer + "ffn_up_exps", width, ffnWidth, n),
        ExpertLinear.of(w, layer + "ffn_down_exps", ffnWidth, width, n),
        experts);
  }

  @Override
  public Tensor apply(GraphBuilder g, Tensor x) {
    if (g.isDifferentiable()) {
      return DenseExperts.apply(g, this, x);
    }
    long width = x.dim(0);
    long tokens = x.dim(1);
    Tensor probabilities = g.softmax(router.apply(g, x));
    Tensor expertIds = g.topK(probabilities, experts.used());
    Tensor routerWeights = routerWeights(g, probabilities, expertIds, tokens);

    Tensor rows = g.reshape3d(x, width, 1, tokens);
    Tensor hidden = g.swiglu(gate.apply(g, rows, expertIds), up.apply(g, rows, expertIds));
    Tensor expertOutputs = g.multiply(down.apply(g, hidden, expertIds), routerWeights);
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
