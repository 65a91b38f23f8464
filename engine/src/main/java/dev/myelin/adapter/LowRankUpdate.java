package dev.myelin.adapter;

import dev.myelin.graph.GraphBuilder;
import dev.myelin.graph.KernelSelector;
import dev.myelin.graph.Tensor;

/**
 * A low-rank update of a matrix W (LoRA, Hu et al. 2021): {@code W x} becomes {@code W x + scale *
 * B (A x)}, in the reference implementation's order of operations. Immutable; adding to a graph is
 * confined to the thread that builds it.
 *
 * @param a [in, rank]; for experts [in, rank, experts]; for an embedding [rank, vocabulary], one
 *     row per token
 * @param b [rank, out]; for experts [rank, out, experts]
 * @param scale the adapter's scale times alpha / rank
 */
public record LowRankUpdate(Tensor a, Tensor b, float scale) {
  /** Adds the update to {@code y = W x}: x [in, n], y [out, n]. */
  public Tensor addTo(GraphBuilder g, Tensor y, Tensor x) {
    KernelSelector kernels = g.kernels();
    return g.add(y, g.scale(kernels.matmul(b, kernels.matmul(a, x)), scale));
  }

  /**
   * Adds the updates of experts: x [in, 1 or used, n], y [out, used, n], expertIds i32 [used, n].
   */
  public Tensor addTo(GraphBuilder g, Tensor y, Tensor x, Tensor expertIds) {
    Tensor ax = g.matmulExperts(a, x, expertIds);
    return g.add(y, g.scale(g.matmulExperts(b, ax, expertIds), scale));
  }

  /** Adds the update of embedding rows: ids i32 [n], y [width, n]. */
  public Tensor addToRows(GraphBuilder g, Tensor y, Tensor ids) {
    return g.add(y, g.scale(g.kernels().matmul(b, g.getRows(a, ids)), scale));
  }
}
