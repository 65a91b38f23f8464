package dev.myelin.sampling;

import java.util.Optional;

/** Nucleus sampling: keeps the fewest most likely tokens whose probabilities sum to p or more. */
final class TopP implements SamplerStage {
  private final float p;
  private final RadixSelect select = new RadixSelect();

  private TopP(float p) {
    this.p = p;
  }

  static Optional<SamplerStage> of(SamplingOptions options, TokenHistory history) {
    return options.topP() < 1 ? Optional.of(new TopP(options.topP())) : Optional.empty();
  }

  @Override
  public void apply(Candidates candidates) {
    double sum = candidates.computeWeights();
    select.keepTop(candidates, candidates.logits, candidates.weights, p * sum);
  }

  @Override
  public boolean isArgmaxInvariant() {
    return true;
  }
}
