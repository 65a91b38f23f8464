package dev.myelin.model.layer;

import dev.myelin.graph.Tensor;

/** The projections of the input of a {@link GatedDeltaNet}, which differ between models. */
public interface DeltaNetInput {
  /**
   * The projections.
   *
   * @param qkv [channels, tokens]: the key heads of q, those of k, and the heads of v
   * @param z the gate of the output, [heads * size, tokens]
   * @param beta before the sigmoid, [heads, tokens]
   * @param alpha the step, [heads, tokens]
   */
  record Projections(Tensor qkv, Tensor z, Tensor beta, Tensor alpha) {}

  /** Projects x [width, tokens]. */
  Projections of(Tensor x);

  /**
   * Whether the heads of a key head are adjacent: head h then uses key head h / (heads / keyHeads),
   * else key head h modulo keyHeads.
   */
  boolean isGroupedByKey();
}
