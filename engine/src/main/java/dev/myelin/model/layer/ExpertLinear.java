package dev.myelin.model.layer;

import dev.myelin.adapter.LowRankUpdate;
import dev.myelin.graph.GraphBuilder;
import dev.myelin.graph.Tensor;
import dev.myelin.model.weights.Weights;
import java.util.List;

/**
 * A linear layer with one matrix per expert.
 *
 * @param weight [in, out, experts]
 * @param scale [experts], or null
 * @param adapters low-rank updates of the matrices, which add up
 */
public record ExpertLinear(Tensor weight, Tensor scale, List<LowRankUpdate> adapters) {
  /** Takes {@code NAME.weight} and, where the file has it, {@code NAME.scale}. */
  public static ExpertLinear of(Weights w, String name, long in, long out, long experts) {
    return new ExpertLinear(
        w.matrix(name + ".weight", in, out, experts),
        w.optionalVector(name + ".scale", experts),
        w.expertAdapters(name + ".weight", in, out, experts));
  }

  /** [in, 1 or used, tokens] to [out, used, tokens], by the experts i32 [used, tokens]. */
  Tensor of(Tensor x, Tensor expertIds) {
    GraphBuilder g = x.graph();
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
