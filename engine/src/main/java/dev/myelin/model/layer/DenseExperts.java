package dev.myelin.model.layer;

import dev.myelin.adapter.LowRankUpdate;
import dev.myelin.error.MyelinException;
import dev.myelin.graph.GraphBuilder;
import dev.myelin.graph.Tensor;
import dev.myelin.model.config.Gating;
import dev.myelin.model.config.Routing;

/**
 * A differentiable mixture of experts, for training: computes every expert for every token, with
 * router weight 0 for the experts that the router did not select. Costs as much as all experts.
 */
final class DenseExperts {
  /** Added to the router logit of an expert that is not selected: its weight becomes 0. */
  private static final float MASKED_LOGIT = -1e9f;

  private DenseExperts() {}

  /** [width, tokens] to the same shape. */
  static Tensor of(MixtureOfExperts moe, Tensor routed, Tensor x) {
    GraphBuilder g = x.graph();
    Router router = moe.router();
    Experts experts = moe.experts();
    if (!isSupported(router, experts)) {
      throw new MyelinException("training: no derivative of this mixture of experts");
    }
    long width = x.dim(0);
    long tokens = x.dim(1);
    int count = router.routing().experts();
    Tensor repeated = g.repeat3d(g.reshape3d(x, width, tokens, 1), width, tokens, count);
    Tensor gate = matmul(g, experts.gate(), repeated);
    Tensor up = matmul(g, experts.up(), repeated);
    Tensor expertOutputs = matmul(g, experts.down(), g.swiglu(gate, up));

    Tensor routerWeights = routerWeights(g, router.matrix().of(routed), router.routing().used());
    Tensor weightsByExpert = g.contiguous(g.permute(routerWeights, 1, 0, 2, 3));
    Tensor weighted = g.multiply(expertOutputs, g.reshape3d(weightsByExpert, 1, tokens, count));
    Tensor transposed = g.contiguous(g.permute(weighted, 1, 2, 0, 3));
    return g.reshape2d(g.sumRows(transposed), width, tokens);
  }

  /** Whether the weights are a softmax of the selected logits, and the experts SwiGLU. */
  private static boolean isSupported(Router router, Experts experts) {
    Routing routing = router.routing();
    boolean isSoftmax =
        routing.gating() == Gating.SOFTMAX_OF_SELECTED
            || (routing.gating() == Gating.SOFTMAX && routing.isNormalized());
    return isSoftmax
        && router.selectionBias() == null
        && routing.groups() == 1
        && routing.scale() == 1f
        && experts.gate() != null
        && experts.gate().bias() == null
        && experts.up().bias() == null
        && experts.down().bias() == null
        && experts.activation().equals(Activation.SILU)
        && !experts.isInputWeighted();
  }

  /** [in, tokens, experts] to [out, tokens, experts]. */
  private static Tensor matmul(GraphBuilder g, ExpertLinear linear, Tensor x) {
    Tensor y = g.matmul(linear.weight(), x);
    Tensor scale = linear.scale();
    if (scale != null) {
      y = g.multiply(y, g.reshape3d(scale, 1, 1, scale.dim(0)));
    }
    for (LowRankUpdate adapter : linear.adapters()) {
      y = adapter.addTo(g, y, x);
    }
    return y;
  }

  /** Softmax over the selected experts; 0 for the others. */
  private static Tensor routerWeights(GraphBuilder g, Tensor logits, int used) {
    long count = logits.dim(0);
    long tokens = logits.dim(1);
    if (used == count) {
      return g.softmax(logits);
    }
    Tensor topK = g.topK(logits, used);
    Tensor kthId = g.view2d(topK, 1, tokens, topK.stride(1), (used - 1) * topK.stride(0));
    Tensor threshold = g.getRows(g.reshape3d(logits, 1, count, tokens), kthId);
    Tensor margin = g.subtract(logits, g.reshape2d(threshold, 1, tokens));
    Tensor isBelow = g.step(g.scale(margin, -1f));
    return g.softmax(g.add(logits, g.scale(isBelow, MASKED_LOGIT)));
  }
}
