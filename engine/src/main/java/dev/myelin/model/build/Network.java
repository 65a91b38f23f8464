package dev.myelin.model.build;

import dev.myelin.pass.Pass;

/** A model's forward pass over its weights and states. */
public interface Network {
  /** Adds the forward pass to a graph: from {@code pass.tokens()} to {@code pass.emitLogits}. */
  void forward(Pass pass);
}
