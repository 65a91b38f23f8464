package dev.myelin.model.build;

import dev.myelin.graph.Tensor;
import dev.myelin.pass.ForwardPass;

/** A model's layers and weights. Adds its forward pass to a graph. */
public interface Network {
  /** Logits of the requested positions: f32 [vocabulary, outputs]. */
  Tensor logits(ForwardPass pass);
}
