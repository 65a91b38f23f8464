package dev.myelin.adapter;

import dev.myelin.graph.AdapterRanges.Rows;
import dev.myelin.graph.GraphBuilder;
import dev.myelin.graph.KernelSelector;
import dev.myelin.graph.Tensor;
import java.util.List;

/**
 * A low-rank update of a matrix W (LoRA, Hu et al. 2021): {@code W x} becomes {@code W x + scale *
 * B (A x)}, in the reference implementation's order of operations, for the tokens that have the
 * adapter. Immutable; adding to a graph is confined to the thread that builds it.
 *
 * @param a [in, rank]; for experts [in, rank, experts]; for an embedding [rank, vocabulary], one
 *     row per token
 * @param b [rank, out]; for experts [rank, out, experts]
 * @param scale what the update is multiplied by
 */
public record LowRankUpdate(Tensor a, Tensor b, Scale scale) {
  /**
   * The scale of an update: the adapter's, as the graph says, times alpha / rank.
   *
   * @param adapter number of the adapter in its model, from 0
   * @param usual the adapter's scale in graphs that do not say
   * @param alpha 0 to use the adapter's scale alone
   * @param rank number of rows of A
   */
  public record Scale(int adapter, float usual, float alpha, long rank) {
    private float of(Rows rows) {
      return alpha == 0 ? rows.scale() : rows.scale() * alpha / rank;
    }
  }

  /** Adds the update to {@code y = W x}: x [in, n], y [out, n]. */
  public Tensor addTo(GraphBuilder g, Tensor y, Tensor x) {
    KernelSelector kernels = g.kernels();
    Tensor sum = y;
    for (Rows rows : rows(g, y.dim(1))) {
      Tensor part = g.slice(x, 1, rows.from(), rows.count());
      Tensor update = kernels.matmul(b, kernels.matmul(a, part));
      sum = g.addSlice(sum, g.scale(update, scale.of(rows)), 1, rows.from());
    }
    return sum;
  }

  /**
   * Adds the updates of experts: x [in, 1 or used, n], y [out, used, n], expertIds i32 [used, n].
   */
  public Tensor addTo(GraphBuilder g, Tensor y, Tensor x, Tensor expertIds) {
    Tensor sum = y;
    for (Rows rows : rows(g, y.dim(2))) {
      Tensor part = g.slice(x, 2, rows.from(), rows.count());
      Tensor ids = g.slice(expertIds, 1, rows.from(), rows.count());
      Tensor update = g.matmulExperts(b, g.matmulExperts(a, part, ids), ids);
      sum = g.addSlice(sum, g.scale(update, scale.of(rows)), 2, rows.from());
    }
    return sum;
  }

  /** Adds the update of embedding rows: ids i32 [n], y [width, n]. */
  public Tensor addToRows(GraphBuilder g, Tensor y, Tensor ids) {
    Tensor sum = y;
    for (Rows rows : rows(g, y.dim(1))) {
      Tensor part = g.slice(ids, 0, rows.from(), rows.count());
      Tensor update = g.kernels().matmul(b, g.getRows(a, part));
      sum = g.addSlice(sum, g.scale(update, scale.of(rows)), 1, rows.from());
    }
    return sum;
  }

  private List<Rows> rows(GraphBuilder g, long rows) {
    return g.adapters().rows(scale.adapter(), scale.usual(), rows);
  }
}
