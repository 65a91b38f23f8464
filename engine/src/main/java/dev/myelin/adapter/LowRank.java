package dev.myelin.adapter;

import dev.myelin.graph.GraphBuilder;
import dev.myelin.graph.Tensor;

/**
 * A change of low rank to a matrix W (LoRA, Hu et al. 2021): {@code W x} becomes {@code W x + scale
 * * B (A x)}, in the order of operations of the reference implementation.
 *
 * @param a [in, rank], of experts [in, rank, experts]; of an embedding [rank, vocabulary], a row
 *     for each token
 * @param b [rank, out], of experts [rank, out, experts]
 * @param scale what the product is multiplied by: the caller's times alpha / rank
 */
public record LowRank(Tensor a, Tensor b, float scale) {
  /** How many operations each of the methods below adds to a graph. */
  public static final int NODES = 4;

  /** Adds the change to {@code y = W x}: x [in, n], y [out, n]. */
  public Tensor addTo(GraphBuilder g, Tensor y, Tensor x) {
    return g.add(y, g.scale(g.matmul(b, g.matmul(a, x)), scale));
  }

  /** Likewise for chosen experts: x [in, 1 or used, n], y [out, used, n], chosen i32 [used, n]. */
  public Tensor addTo(GraphBuilder g, Tensor y, Tensor x, Tensor chosen) {
    Tensor inner = g.matmulExperts(a, x, chosen);
    return g.add(y, g.scale(g.matmulExperts(b, inner, chosen), scale));
  }

  /** Likewise for rows that were looked up: ids i32 [n], y [width, n]. */
  public Tensor addToRows(GraphBuilder g, Tensor y, Tensor ids) {
    return g.add(y, g.scale(g.matmul(b, g.getRows(a, ids)), scale));
  }
}
