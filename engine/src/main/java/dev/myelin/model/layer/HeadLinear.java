package dev.myelin.model.layer;

import dev.myelin.graph.GraphBuilder;
import dev.myelin.graph.Tensor;
import dev.myelin.model.weights.Weights;
import dev.myelin.pass.Pass;

/**
 * A linear layer with one matrix per attention head.
 *
 * @param weight [in, out, heads]
 */
public record HeadLinear(Tensor weight) {
  /** Takes {@code NAME.weight}. */
  public static HeadLinear of(Weights w, String name, long in, long out, long heads) {
    return new HeadLinear(w.matrix(name + ".weight", in, out, heads));
  }

  /**
   * [in, heads, tokens] to [out, heads, tokens]. The heads are experts that every token uses, so
   * that the same kernels serve.
   */
  public Tensor of(Pass pass, Tensor x) {
    GraphBuilder g = x.graph();
    if (g.isDifferentiable()) {
      Tensor byHead = g.contiguous(g.transpose12(x));
      return g.contiguous(g.transpose12(g.matmul(weight, byHead)));
    }
    return g.matmulExperts(weight, x, pass.heads((int) weight.dim(2)));
  }
}
