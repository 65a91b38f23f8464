package dev.myelin.model.layer;

import dev.myelin.graph.Tensor;
import dev.myelin.pass.Output;
import dev.myelin.pass.Pass;

/** The end of a decoder: the last norm, and the matrix that gives the logits. */
public record Head(Norm norm, Linear matrix) {
  /** Emits the hidden state and the logits of x [width, outputs]. */
  public void emit(Pass pass, Tensor x) {
    Tensor hidden = norm.of(x);
    pass.emit(Output.HIDDEN, hidden);
    if (pass.wants(Output.LOGITS)) {
      pass.emit(Output.LOGITS, logits(pass, hidden));
    }
  }

  /** [width, outputs] after the norm to logits [vocabulary, outputs]. */
  public Tensor logits(Pass pass, Tensor hidden) {
    Tensor logits = matrix.of(pass.applyLossMask(hidden));
    return matrix.bias() == null ? logits : pass.applyLossMask(logits);
  }
}
