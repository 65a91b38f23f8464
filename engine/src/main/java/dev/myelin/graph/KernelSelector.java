package dev.myelin.graph;

import java.util.List;

/**
 * Chooses between native kernels and ggml for the operations of one graph. Native kernels have no
 * derivative, so a graph that is differentiated uses ggml's operations only.
 */
public final class KernelSelector {
  private final GraphBuilder graph;

  KernelSelector(GraphBuilder graph) {
    this.graph = graph;
  }

  /** A weight W [k, n] times X [k, m], giving [n, m]. */
  public Tensor matmul(Tensor w, Tensor x) {
    return isNative() && NativeKernels.supportsMatmul(w, x)
        ? graph.matmulNative(w, x)
        : graph.matmul(w, x);
  }

  /** Several weights times the same X, as one operation if a native kernel supports them all. */
  public List<Tensor> matmuls(List<Tensor> weights, Tensor x) {
    return isNative() && NativeKernels.supportsGroupedMatmul(weights, x)
        ? graph.groupedMatmul(weights, x)
        : weights.stream().map(w -> matmul(w, x)).toList();
  }

  /** Whether a native kernel computes the matmul of experts: W [k, n, experts], X [k, used, m]. */
  boolean usesNativeExperts(Tensor w, Tensor x, Tensor ids) {
    return NativeKernels.supportsOperands(w, x) && (x.dim(1) == 1 || x.dim(1) == ids.dim(0));
  }

  /**
   * Whether the fast kernel computes attention of Q over the cells K and V, not the general one.
   */
  boolean usesFastAttention(Tensor q, Tensor k, Tensor v, AttentionParameters p) {
    return p.isPlain() && NativeKernels.supportsAttention(q, k, v);
  }

  private boolean isNative() {
    return !graph.isDifferentiable();
  }
}
