package dev.myelin.model.layer;

import dev.myelin.graph.Tensor;
import dev.myelin.pass.Pass;

/** The end of a decoder: the last norm, and the matrix that gives the logits. */
public record Output(Norm norm, Linear matrix) {
  /** [width, outputs] to logits [vocabulary, outputs]. */
  public Tensor of(Pass pass, Tensor x) {
    Tensor logits = matrix.of(pass.applyLossMask(norm.of(x)));
    return matrix.bias() == null ? logits : pass.applyLossMask(logits);
  }
}
