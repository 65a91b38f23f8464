package dev.myelin.model.layer;

import dev.myelin.adapter.LowRank;
import dev.myelin.graph.GraphBuilder;
import dev.myelin.graph.Tensor;
import dev.myelin.model.build.WeightSource;
import dev.myelin.model.config.Hyperparameters.Experts;
import java.util.List;

/**
 * A sparse mixture (Shazeer et al. 2017; Jiang et al. 2024): a router sends each token to a few
 * experts and weights their answers by its softmax over those, made to sum to one.
 *
 * @param router [width, experts]
 * @param gate expert matrices [width, inner, experts]; up likewise, down [inner, width, experts]
 */
public record ExpertFeedForward(
    Linear router, ExpertLinear gate, ExpertLinear up, ExpertLinear down, Experts experts)
    implements FeedForward {

  /** The smallest positive f16: keeps a division by the sum of weights finite. */
  private static final float SMALLEST_SUM = 6.103515625e-5f;

  /**
   * One matrix an expert.
   *
   * @param weight [in, out, experts]
   * @param scale [experts], or null
   * @param adapters changes of the matrices, which add up
   */
  public record ExpertLinear(Tensor weight, Tensor scale, List<LowRank> adapters) {
    static ExpertLinear of(WeightSource w, String name, long in, long out, long experts) {
      return new ExpertLinear(
          w.matrix(name + ".weight", in, out, experts),
          w.optionalVector(name + ".scale", experts).orElse(null),
          w.expertAdapters(name + ".weight", in, out, experts));
    }

    /** [in, 1 or used, tokens] to [out, used, tokens]. */
    Tensor apply(GraphBuilder g, Tensor x, Tensor chosen) {
      Tensor y = g.matmulExperts(weight, x, chosen);
      if (scale != null) {
        long tokens = x.dim(2);
        long count = scale.dim(0);
        Tensor all = g.repeat3d(g.reshape3d(scale, 1, count, 1), 1, count, tokens);
        y = g.multiply(y, g.getRows(all, chosen));
      }
      for (LowRank adapter : adapters) {
        y = adapter.addTo(g, y, x, chosen);
      }
      return y;
    }
  }

  public static ExpertFeedForward of(
      WeightSource w, String layer, long width, long inner, Experts experts) {
    int n = experts.count();
    return new ExpertFeedForward(
        Linear.of(w, layer + "ffn_gate_inp", width, n, Linear.Extras.NONE),
        ExpertLinear.of(w, layer + "ffn_gate_exps", width, inner, n),
        ExpertLinear.of(w, layer + "ffn_up_exps", width, inner, n),
        ExpertLinear.of(w, layer + "ffn_down_exps", inner, width, n),
        experts);
  }

  @Override
  public Tensor apply(GraphBuilder g, Tensor x) {
    if (g.isDifferentiable()) {
      return AllExperts.apply(g, this, x);
    }
    long width = x.dim(0);
    long tokens = x.dim(1);
    Tensor probabilities = g.softmax(router.apply(g, x));
    Tensor chosen = g.topK(probabilities, experts.used());
    Tensor shares = shares(g, probabilities, chosen, tokens);

    Tensor rows = g.reshape3d(x, width, 1, tokens);
    Tensor inner = g.swiglu(gate.apply(g, rows, chosen), up.apply(g, rows, chosen));
    Tensor answers = g.multiply(down.apply(g, inner, chosen), shares);
    return sum(g, answers);
  }

  /** The weight of each chosen expert, f32 [1, used, tokens]. */
  private Tensor shares(GraphBuilder g, Tensor probabilities, Tensor chosen, long tokens) {
    Tensor each = g.reshape3d(probabilities, 1, experts.count(), tokens);
    Tensor picked = g.reshape2d(g.getRows(each, chosen), experts.used(), tokens);
    Tensor sum = g.clamp(g.sumRows(picked), SMALLEST_SUM, Float.POSITIVE_INFINITY);
    Tensor shares = g.reshape3d(g.divide(picked, sum), 1, experts.used(), tokens);
    g.expand(shares);
    return shares;
  }

  /** Adds up the experts' answers: [width, used, tokens] to [width, tokens]. */
  private Tensor sum(GraphBuilder g, Tensor answers) {
    Tensor sum = slice(g, answers, 0);
    for (int i = 1; i < experts.used(); i++) {
      sum = g.add(sum, slice(g, answers, i));
    }
    return experts.used() == 1 ? g.contiguous(sum) : sum;
  }

  private static Tensor slice(GraphBuilder g, Tensor answers, int expert) {
    long offset = expert * answers.stride(1);
    return g.view2d(answers, answers.dim(0), answers.dim(2), answers.stride(2), offset);
  }
}
