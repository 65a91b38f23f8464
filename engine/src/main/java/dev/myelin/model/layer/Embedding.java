package dev.myelin.model.layer;

import dev.myelin.adapter.LowRank;
import dev.myelin.graph.GraphBuilder;
import dev.myelin.graph.Tensor;
import dev.myelin.model.build.WeightSource;
import java.util.List;

/**
 * A vector for each token, looked up.
 *
 * @param weight [width, vocabulary]
 * @param adapters changes of the rows, which add up
 */
public record Embedding(Tensor weight, List<LowRank> adapters) {
  /** Takes {@code NAME.weight}. */
  public static Embedding of(WeightSource w, String name, long width, long vocabulary) {
    String weight = name + ".weight";
    return new Embedding(
        w.matrix(weight, width, vocabulary), w.rowAdapters(weight, width, vocabulary));
  }

  /** i32 [n] to [width, n]. */
  public Tensor apply(GraphBuilder g, Tensor ids) {
    Tensor y = g.getRows(weight, ids);
    for (LowRank adapter : adapters) {
      y = adapter.addToRows(g, y, ids);
    }
    return y;
  }
}
