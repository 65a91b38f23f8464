package dev.myelin.model.layer;

import dev.myelin.adapter.LowRank;
import dev.myelin.graph.GraphBuilder;
import dev.myelin.graph.Tensor;
import dev.myelin.model.layer.ExpertFeedForward.ExpertLinear;

/**
 * The same mixture in a form that can be differentiated: every expert answers every token, and the
 * answers of those that the router did not choose count nothing. The cost is that of all experts.
 */
final class AllExperts {
  /** Added to the score of an expert that is not chosen: its share becomes 0. */
  private static final float NEVER = -1e9f;

  private AllExperts() {}

  /** [width, tokens] to the same shape. */
  static Tensor apply(GraphBuilder g, ExpertFeedForward mixture, Tensor x) {
    long width = x.dim(0);
    long tokens = x.dim(1);
    int count = mixture.experts().count();
    Tensor each = g.repeat3d(g.reshape3d(x, width, tokens, 1), width, tokens, count);
    Tensor gate = matmul(g, mixture.gate(), each);
    Tensor up = matmul(g, mixture.up(), each);
    Tensor answers = matmul(g, mixture.down(), g.swiglu(gate, up));

    Tensor shares = shares(g, mixture.router().apply(g, x), mixture.experts().used());
    Tensor byExpert = g.contiguous(g.permute(shares, 1, 0, 2, 3));
    Tensor weighted = g.multiply(answers, g.reshape3d(byExpert, 1, tokens, count));
    Tensor last = g.contiguous(g.permute(weighted, 1, 2, 0, 3));
    return g.reshape2d(g.sumRows(last), width, tokens);
  }

  /** [in, tokens, experts] to [out, tokens, experts]. */
  private static Tensor matmul(GraphBuilder g, ExpertLinear linear, Tensor x) {
    Tensor y = g.matmul(linear.weight(), x);
    Tensor scale = linear.scale();
    if (scale != null) {
      y = g.multiply(y, g.reshape3d(scale, 1, 1, scale.dim(0)));
    }
    for (LowRank adapter : linear.adapters()) {
      y = adapter.addTo(g, y, x);
    }
    return y;
  }

  /** Softmax over the chosen experts; 0 for the others. */
  private static Tensor shares(GraphBuilder g, Tensor scores, int used) {
    long count = scores.dim(0);
    long tokens = scores.dim(1);
    if (used == count) {
      return g.softmax(scores);
    }
    Tensor best = g.topK(scores, used);
    Tensor last = g.view2d(best, 1, tokens, best.stride(1), (used - 1) * best.stride(0));
    Tensor bar = g.getRows(g.reshape3d(scores, 1, count, tokens), last);
    Tensor above = g.subtract(scores, g.reshape2d(bar, 1, tokens));
    Tensor left = g.step(g.scale(above, -1f));
    return g.softmax(g.add(scores, g.scale(left, NEVER)));
  }
}
