package dev.myelin.model.layer;

import dev.myelin.adapter.LowRankUpdate;
import dev.myelin.graph.GraphBuilder;
import dev.myelin.graph.Tensor;
import dev.myelin.model.build.WeightSource;
import java.util.List;

/**
 * An embedding table: one vector per token.
 *
 * @param weight [width, vocabulary]
 * @param adapters low-rank updates of the rows, which add up
 */
public record Embedding(Tensor weight, List<LowRankUpdate> adapters) {
  /** Takes {@code NAME.weight}. */
  public static Embedding of(WeightSource w, String name, long width, long vocabulary) {
    String weight = name + ".weight";
    return new Embedding(
        w.matrix(weight, width, vocabulary), w.rowAdapters(weight, width, vocabulary));
  }

  /** i32 [n] to [width, n]. */
  public Tensor apply(GraphBuilder g, Tensor ids) {
    Tensor y = g.getRows(weight, ids);
    for (LowRankUpdate adapter : adapters) {
      y = adapter.addToRows(g, y, ids);
    }
    return y;
  }
}
