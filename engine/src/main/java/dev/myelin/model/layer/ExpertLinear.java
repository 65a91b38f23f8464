package dev.myelin.model.layer;

import dev.myelin.adapter.LowRankUpdate;
import dev.myelin.graph.GraphBuilder;
import dev.myelin.graph.Tensor;
import dev.myelin.model.layer.Linear.Part;
import dev.myelin.model.weights.Weights;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A linear layer with one matrix per expert.
 *
 * @param weight [in, out, experts]
 * @param bias [out, experts], or null
 * @param scale [experts], or null
 * @param adapters low-rank updates of the matrices, which add up
 */
public record ExpertLinear(
    Tensor weight, @Nullable Tensor bias, @Nullable Tensor scale, List<LowRankUpdate> adapters) {
  /**
   * Takes {@code NAME.weight}, its bias if the parts say so, and its scale where the file has one.
   */
  public static ExpertLinear of(
      Weights w, String name, long in, long out, long experts, Part... parts) {
    List<Part> set = List.of(parts);
    Tensor weight = w.matrix(name + ".weight", in, out, experts);
    Tensor bias = null;
    if (set.contains(Part.BIAS)) {
      bias = w.vector(name + ".bias", out, experts);
    } else if (set.contains(Part.OPTIONAL_BIAS)) {
      bias = w.optionalVector(name + ".bias", out, experts);
    }
    Tensor scale = null;
    if (set.contains(Part.NO_SCALE)) {
      w.ignore(name + ".scale", "a scale that the architecture does not apply");
    } else {
      scale = w.optionalVector(name + ".scale", experts);
    }
    return new ExpertLinear(
        weight, bias, scale, w.expertAdapters(name + ".weight", in, out, experts));
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
    return bias == null ? y : g.addExpertBias(y, bias, expertIds);
  }
}
