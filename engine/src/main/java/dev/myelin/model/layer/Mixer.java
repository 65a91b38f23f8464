package dev.myelin.model.layer;

import dev.myelin.graph.Tensor;
import dev.myelin.pass.Pass;

/** The part of a layer that mixes positions: attention, or a recurrence. */
public interface Mixer {
  /** [width, tokens] to the same shape. */
  Tensor of(Pass pass, Tensor x);
}
