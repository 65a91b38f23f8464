package dev.myelin.sampling;

import java.util.Optional;

/** Nucleus sampling: the fewest of the likeliest tokens whose probabilities reach p. */
final class TopP implements SamplerStage {
  private final float p;
  private final RadixCut cut = new RadixCut();

  private TopP(float p) {
    this.p = p;
  }

  static Optional<SamplerStage> of(SamplingOptions options, TokenHistory history) {
    return options.topP() < 1 ? Optional.of(new TopP(options.topP())) : Optional.empty();
  }

  @Override
  public void apply(Candidates candidates) {
    double sum = candidates.weigh();
    cut.keepHighest(candidates, candidates.logits, candidates.weights, p * sum);
  }

  @Override
  public boolean keepsBest() {
    return true;
  }
}
