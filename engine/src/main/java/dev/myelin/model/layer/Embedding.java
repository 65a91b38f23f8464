package dev.myelin.model.layer;

import dev.myelin.adapter.LowRankUpdate;
import dev.myelin.graph.GraphBuilder;
import dev.myelin.graph.Tensor;
import dev.myelin.model.weights.Weights;
import java.util.List;

/**
 * A table of vectors: one per token, or one per position.
 *
 * @param weight [width, rows]
 * @param adapters low-rank updates of the rows, which add up
 */
public record Embedding(Tensor weight, List<LowRankUpdate> adapters) {
  /** Takes {@code NAME.weight}. */
  public static Embedding of(Weights w, String name, long width, long rows) {
    String weight = name + ".weight";
    return new Embedding(w.matrix(weight, width, rows), w.rowAdapters(weight, width, rows));
  }

  /** i32 [n] to [width, n]. */
  public Tensor of(Tensor ids) {
    GraphBuilder g = ids.graph();
    Tensor y = g.getRows(weight, ids);
    for (LowRankUpdate adapter : adapters) {
      y = adapter.addToRows(g, y, ids);
    }
    return y;
  }
}
