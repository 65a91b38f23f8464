package dev.myelin.model.block;

import dev.myelin.graph.GraphBuilder;
import dev.myelin.graph.Tensor;
import dev.myelin.model.block.ExpertFeedForward.ExpertLinear;

/**
 * The same mixture in a form that can be differentiated: every expert answers every token, and the
 * answers of those that the router did not choose count nothing. The cost is that of all experts.
 */
final class AllExperts {
  private AllExperts() {}

  /** [width, tokens] and the router's f32 [experts, tokens] to [width, tokens]. */
  static Tensor apply(GraphBuilder g, ExpertFeedForward mixture, Tensor x, Tensor probabilities) {
    long width = x.dim(0);
    long tokens = x.dim(1);
    int count = mixture.experts().count();
    Tensor each = g.repeat3d(g.reshape3d(x, width, tokens, 1), width, tokens, count);
    Tensor gate = matmul(g, mixture.gate(), each);
    Tensor up = matmul(g, mixture.up(), each);
    Tensor answers = matmul(g, mixture.down(), g.swiglu(gate, up));

    Tensor shares = shares(g, probabilities, mixture.experts().used());
    Tensor byExpert = g.contiguous(g.permute(shares, 1, 0, 2, 3));
    Tensor weighted = g.multiply(answers, g.reshape3d(byExpert, 1, tokens, count));
    Tensor last = g.contiguous(g.permute(weighted, 1, 2, 0, 3));
    return g.reshape2d(g.sumRows(last), width, tokens);
  }

  /** [in, tokens, experts] to [out, tokens, experts]. */
  private static Tensor matmul(GraphBuilder g, ExpertLinear linear, Tensor x) {
    Tensor y = g.matmul(linear.weight(), x);
    Tensor scale = linear.scale();
    return scale == null ? y : g.multiply(y, g.reshape3d(scale, 1, 1, scale.dim(0)));
  }

  /** The probabilities of the chosen experts, made to sum to one; 0 for the others. */
  private static Tensor shares(GraphBuilder g, Tensor probabilities, int used) {
    long count = probabilities.dim(0);
    long tokens = probabilities.dim(1);
    Tensor kept = probabilities;
    if (used < count) {
      Tensor best = g.topK(probabilities, used + 1);
      long offset = used * best.stride(0);
      Tensor next = g.view2d(best, 1, tokens, best.stride(1), offset);
      Tensor bar = g.rows(g.reshape3d(probabilities, 1, count, tokens), next);
      Tensor chosen = g.step(g.subtract(probabilities, g.reshape2d(bar, 1, tokens)));
      kept = g.multiply(probabilities, chosen);
    }
    return g.divide(kept, g.sumRows(kept));
  }
}
