package dev.myelin.model.build;

import dev.myelin.graph.Tensor;
import dev.myelin.pass.ForwardPass;

/** The weights of a model, wired: it adds a forward pass to a graph. */
public interface Network {
  /** Logits of the positions asked for: f32 [vocabulary, outputs]. */
  Tensor logits(ForwardPass pass);
}
