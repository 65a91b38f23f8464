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
    /** The scale in a graph; without the update it is 0. */
    float in(GraphBuilder g) {
      float scale = g.adapterScale(adapter, usual);
      return alpha == 0 ? scale : scale * alpha / rank;
    }
  }

  /** Adds the update to {@code y = W x}: x [in, n], y [out, n]. */
  public Tensor addTo(GraphBuilder g, Tensor y, Tensor x) {
    float factor = scale.in(g);
    if (factor == 0) {
      return y;
    }
    KernelSelector kernels = g.kernels();
    return g.add(y, g.scale(kernels.matmul(b, kernels.matmul(a, x)), factor));
  }

  /**
   * Adds the updates of experts: x [in, 1 or used, n], y [out, used, n], expertIds i32 [used, n].
   */
  public Tensor addTo(GraphBuilder g, Tensor y, Tensor x, Tensor expertIds) {
    float factor = scale.in(g);
    if (factor == 0) {
      return y;
    }
    Tensor ax = g.matmulExperts(a, x, expertIds);
    return g.add(y, g.scale(g.matmulExperts(b, ax, expertIds), factor));
  }

  /** Adds the update of embedding rows: ids i32 [n], y [width, n]. */
  public Tensor addToRows(GraphBuilder g, Tensor y, Tensor ids) {
    float factor = scale.in(g);
    if (factor == 0) {
      return y;
    }
    return g.add(y, g.scale(g.kernels().matmul(b, g.getRows(a, ids)), factor));
  }
}
