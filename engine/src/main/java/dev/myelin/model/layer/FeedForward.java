package dev.myelin.model.layer;

import dev.myelin.graph.Tensor;

/** The feed-forward network of a layer, applied to each position independently. */
public interface FeedForward {
  /** [width, tokens] to the same shape. */
  Tensor of(Tensor x);
}
