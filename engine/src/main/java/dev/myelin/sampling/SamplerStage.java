package dev.myelin.sampling;

/**
 * One step between the model's logits and the draw: changes logits or removes candidates, and
 * leaves at least one. A new stage is one file and one line in {@link SamplerChain}.
 */
public interface SamplerStage {
  void apply(Candidates candidates);

  /**
   * Whether the likeliest candidate is always the same afterwards, so that greedy sampling, which
   * asks for nothing else, may skip this stage.
   */
  default boolean keepsBest() {
    return false;
  }
}
