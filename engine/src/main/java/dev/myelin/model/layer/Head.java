package dev.myelin.model.layer;

import dev.myelin.graph.GraphBuilder;
import dev.myelin.graph.Tensor;
import dev.myelin.pass.Output;
import dev.myelin.pass.Pass;

/**
 * The end of a decoder: the last norm, and the matrix that gives the logits.
 *
 * @param softCap logits become softCap * tanh(logit / softCap); 0 for none
 */
public record Head(Norm norm, Linear matrix, float softCap) {
  public Head(Norm norm, Linear matrix) {
    this(norm, matrix, 0);
  }

  /** Emits the hidden state and the logits of x [width, outputs]. */
  public void emit(Pass pass, Tensor x) {
    Tensor hidden = norm.of(x);
    pass.emit(Output.HIDDEN, hidden);
    if (pass.wants(Output.LOGITS)) {
      pass.emit(Output.LOGITS, capped(logits(pass, hidden)));
    }
  }

  /** [width, outputs] after the norm to logits [vocabulary, outputs]. */
  private Tensor logits(Pass pass, Tensor hidden) {
    Tensor logits = matrix.of(pass.applyLossMask(hidden));
    return matrix.bias() == null ? logits : pass.applyLossMask(logits);
  }

  private Tensor capped(Tensor logits) {
    if (softCap == 0) {
      return logits;
    }
    GraphBuilder g = logits.graph();
    return g.scale(g.tanh(g.scale(logits, 1 / softCap)), softCap);
  }
}
