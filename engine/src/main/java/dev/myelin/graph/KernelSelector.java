package dev.myelin.graph;

import dev.myelin.gguf.GgmlType;
import java.util.ArrayList;
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

  /**
   * As above for X with outliers. Kernels round X to 8 bits, with one scale for 32 values: beside
   * an outlier that is coarse, and where the weights have 8 bits too, it is the largest error. So X
   * is the sum of two for one of the weights, its rounded values and the rest.
   *
   * @param exact this one
   */
  public List<Tensor> matmuls(List<Tensor> weights, Tensor x, Tensor exact) {
    if (exact.type() != GgmlType.Q8_0 || !isNative() || !ViewOps.canRoundToQ8(x)) {
      return matmuls(weights, x);
    }
    Tensor rounded = graph.roundToQ8(x);
    List<Tensor> outputs = new ArrayList<>(matmuls(weights, rounded));
    Tensor rest = matmul(exact, graph.subtract(x, rounded));
    int index = weights.indexOf(exact);
    outputs.set(index, graph.add(outputs.get(index), rest));
    return outputs;
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
