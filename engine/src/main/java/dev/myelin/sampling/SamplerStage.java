package dev.myelin.sampling;

/**
 * One stage of the sampler chain: changes logits or removes candidates, and leaves at least one. A
 * new stage is one file and one line in {@link SamplerChain}. Confined to one thread at a time.
 */
public interface SamplerStage {
  void apply(Candidates candidates);

  /**
   * Whether this stage never changes which candidate is the most likely. Greedy sampling skips such
   * stages.
   */
  default boolean isArgmaxInvariant() {
    return false;
  }
}
